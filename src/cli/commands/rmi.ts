/* lpmx rmi: removes all that can be removed; the status is 1 when something could not.
 */
import { LpmxError } from "../../base/mod.ts";
import { removeImage } from "../../engine/remove_image.ts";
import { type Call } from "../command.ts";
import { print } from "../output.ts";
import { report } from "../report.ts";
import { ownStore } from "../settings.ts";

export async function run({ args, flags }: Call): Promise<number> {
  const store = ownStore();
  store.prepare();
  store.sweep();
  let status = 0;
  for (const word of args) {
    try {
      for (const removal of await removeImage(store, word, flags.on("force"))) {
        print(
          "untagged" in removal ? `Untagged: ${removal.untagged}` : `Deleted: ${removal.deleted}`,
        );
      }
    } catch (error) {
      if (!(error instanceof LpmxError)) throw error;
      if (!(flags.on("force") && error.code === "image-not-found")) status = report(error);
    }
  }
  return status;
}
