/* lpmx rmi: removes all that can be removed; the status is 1 when something could not.
 */
import { removeImage } from "../../engine/remove_image.ts";
import { type Call } from "../command.ts";
import { forEach } from "../each.ts";
import { print } from "../output.ts";
import { ownStore } from "../settings.ts";

export function run({ args, flags }: Call): Promise<number> {
  const store = ownStore();
  const force = flags.on("force");
  store.prepare();
  store.sweep();
  return forEach(args, async (word) => {
    for (const removal of await removeImage(store, word, force)) {
      print(
        "untagged" in removal ? `Untagged: ${removal.untagged}` : `Deleted: ${removal.deleted}`,
      );
    }
  }, force ? "image-not-found" : undefined);
}
