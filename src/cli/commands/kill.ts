/* lpmx kill
 */
import { killContainer } from "../../engine/container_life.ts";
import { signalNumber } from "../../image/mod.ts";
import { findContainer } from "../../store/mod.ts";
import { type Call } from "../command.ts";
import { forEach } from "../each.ts";
import { print } from "../output.ts";
import { ownStore } from "../settings.ts";

export function run({ args, flags }: Call): Promise<number> {
  const store = ownStore();
  const signal = signalNumber(flags.last("signal") ?? "KILL");
  return forEach(args, (word) => {
    killContainer(findContainer(store, word), signal);
    print(word);
  });
}
