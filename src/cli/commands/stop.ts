/* lpmx stop
 */
import { stopContainer } from "../../engine/container_life.ts";
import { signalNumber } from "../../image/mod.ts";
import { findContainer } from "../../store/mod.ts";
import { type Call } from "../command.ts";
import { forEach } from "../each.ts";
import { print } from "../output.ts";
import { usageError } from "../parse.ts";
import { ownStore } from "../settings.ts";

export function run({ args, flags, command, words }: Call): Promise<number> {
  const store = ownStore();
  const [time, name] = [flags.last("time"), flags.last("signal")];
  const seconds = time === undefined ? undefined : Number(time);
  if (seconds !== undefined && !(seconds >= 0)) {
    throw usageError(`invalid time "${time}"`, command, words);
  }
  const signal = name === undefined ? undefined : signalNumber(name);
  return forEach(args, async (word) => {
    await stopContainer(store, findContainer(store, word), { signal, seconds });
    print(word);
  });
}
