/* lpmx image prune
 */
import { undoDead } from "../../engine/package/undo.ts";
import { pruneImages } from "../../engine/remove_image.ts";
import { type Call } from "../command.ts";
import { print } from "../output.ts";
import { ownStore } from "../settings.ts";

export async function run({ flags }: Call): Promise<number> {
  const store = ownStore();
  store.prepare();
  store.sweep();
  await undoDead(store);
  for (const removal of await pruneImages(store, flags.on("all"))) {
    print("untagged" in removal ? `Untagged: ${removal.untagged}` : `Deleted: ${removal.deleted}`);
  }
  return 0;
}
