/* lpmx tag
 */
import { tagImage } from "../../engine/tag_image.ts";
import { type Call } from "../command.ts";
import { ownStore } from "../settings.ts";

export async function run({ args }: Call): Promise<number> {
  const store = ownStore();
  store.prepare();
  await tagImage(store, args[0]!, args[1]!);
  return 0;
}
