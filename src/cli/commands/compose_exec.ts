/* lpmx compose exec
 */
import { execIn } from "../../engine/compose/run.ts";
import { type Call } from "../command.ts";
import { programWords, projectOf } from "../compose_call.ts";
import { ownStore } from "../settings.ts";

export async function run({ flags, args }: Call): Promise<number> {
  const [name = "", ...command] = args;
  const words = [...programWords(flags), ...(flags.on("detach") ? ["--detach"] : [])];
  return await execIn(ownStore(), await projectOf(flags, true), name, words, command);
}
