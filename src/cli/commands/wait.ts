/* lpmx wait: prints the exit status of each.
 */
import { waitForContainer } from "../../engine/container_life.ts";
import { findContainer } from "../../store/mod.ts";
import { type Call } from "../command.ts";
import { forEach } from "../each.ts";
import { print } from "../output.ts";
import { ownStore } from "../settings.ts";

export function run({ args }: Call): Promise<number> {
  const store = ownStore();
  return forEach(
    args,
    async (word) => print(String(await waitForContainer(store, findContainer(store, word)))),
  );
}
