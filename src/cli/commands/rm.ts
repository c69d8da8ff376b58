/* lpmx rm: removes all that can be removed; the status is 1 when something could not.
 */
import { removeContainer } from "../../engine/containers.ts";
import { findContainer } from "../../store/mod.ts";
import { type Call } from "../command.ts";
import { forEach } from "../each.ts";
import { print } from "../output.ts";
import { ownStore } from "../settings.ts";

export function run({ args, flags, words }: Call): Promise<number> {
  const store = ownStore();
  const force = flags.on("force");
  return forEach(args, async (word) => {
    await removeContainer(store, findContainer(store, word), force);
    print(words === "destroy" ? "container is destroyed" : word);
  }, force ? "container-not-found" : undefined);
}
