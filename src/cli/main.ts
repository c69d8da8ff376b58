/* Words in, exit code out.
 */
import { machinePlatform, storePlace } from "../host/mod.ts";
import { Store } from "../store/mod.ts";
import { loadArchive } from "../engine/load.ts";
import { selfTest } from "../engine/self_test.ts";
import deno from "../../deno.json" with { type: "json" };

export async function main(args: string[]): Promise<number> {
  if (args[0] === "__selftest") {
    console.log(JSON.stringify({ lpmx: deno.version, failed: selfTest() }));
    return 0;
  }
  const store = new Store(storePlace().path);
  await loadArchive(store, args[1]!, {
    platform: { ...machinePlatform(), variant: undefined },
    progress: { layer: (d, s) => console.error(d, s), bytes() {} },
    loaded: (i) => console.log("Loaded image:", i.names[0], i.id),
  });
  return 0;
}
