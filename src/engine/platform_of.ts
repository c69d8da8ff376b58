/* Which platform an image of the store is for.
 */
import { parseConfig, type Platform, platformFits } from "../image/mod.ts";
import { readConfigText, type Store } from "../store/mod.ts";

/** Whether an image serves a platform. */
export function imageFits(store: Store, id: string, platform: Platform): boolean {
  return platformFits(parseConfig(readConfigText(store, id), `config of ${id}`), platform);
}
