/* lpmx compose up
 */
import { up } from "../../engine/compose/up.ts";
import { type Call } from "../command.ts";
import { projectOf } from "../compose_call.ts";
import { tell } from "../output.ts";
import { usageError } from "../parse.ts";
import { allStores } from "../settings.ts";

export async function run({ flags, args, command, words }: Call): Promise<number> {
  const policy = flags.last("pull");
  if (
    policy !== undefined && policy !== "always" && policy !== "missing" && policy !== "never"
  ) {
    throw usageError(`invalid pull option: "${policy}"`, command, words);
  }
  await up(allStores(), await projectOf(flags), {
    names: args,
    recreate: flags.on("force-recreate"),
    start: !flags.on("no-start"),
    removeOrphans: flags.on("remove-orphans"),
    policy,
    tell: flags.on("quiet") ? () => {} : tell,
  });
  return 0;
}
