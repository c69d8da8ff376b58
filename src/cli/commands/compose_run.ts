/* lpmx compose run
 */
import { runOnce } from "../../engine/compose/run.ts";
import { type Call } from "../command.ts";
import { programWords, projectOf } from "../compose_call.ts";
import { tell } from "../output.ts";
import { allStores } from "../settings.ts";

export async function run({ flags, args }: Call): Promise<number> {
  const [name = "", ...command] = args;
  return await runOnce(allStores(), await projectOf(flags), {
    name,
    command,
    words: programWords(flags),
    dependencies: !flags.on("no-deps"),
    tell: (line) => /: (up to date|has ended well before)$/.test(line) || tell(line),
  });
}
