/* lpmx compose lock
 */
import { writeLock } from "../../engine/compose/lock.ts";
import { type Call } from "../command.ts";
import { projectOf } from "../compose_call.ts";
import { tell } from "../output.ts";
import { allStores } from "../settings.ts";

export async function run({ flags }: Call): Promise<number> {
  const loaded = await projectOf(flags);
  const changed = await writeLock(allStores(), loaded, flags.on("update"), tell);
  for (const name of changed) tell(`locked ${name}`);
  if (changed.length === 0) tell("the lock is up to date");
  return 0;
}
