/* lpmx compose pull
 */
import { getImages } from "../../engine/compose/images.ts";
import { chosenServices } from "../../engine/compose/project.ts";
import { type Call } from "../command.ts";
import { projectOf } from "../compose_call.ts";
import { tell } from "../output.ts";
import { allStores } from "../settings.ts";

export async function run({ flags, args }: Call): Promise<number> {
  const loaded = await projectOf(flags);
  const stores = allStores();
  stores[0]!.prepare();
  await getImages(stores, chosenServices(loaded, args), {
    lock: loaded.lock,
    policy: "always",
    tell: flags.on("quiet") ? () => {} : tell,
  });
  return 0;
}
