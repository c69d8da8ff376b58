/* Words in, exit code out.
 */
import { machinePlatform, storePlace } from "../host/mod.ts";
import { Store } from "../store/mod.ts";
import { loadArchive } from "../engine/load.ts";

export async function main(args: string[]): Promise<number> {
  const store = new Store(storePlace().path);
  await loadArchive(store, args[1]!, {
    platform: { ...machinePlatform(), variant: undefined },
    progress: { layer: (d, s) => console.error(d, s), bytes() {} },
    loaded: (i) => console.log("Loaded image:", i.names[0], i.id),
  });
  return 0;
}
