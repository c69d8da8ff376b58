/* lpmx rm: removes all that can be removed; the status is 1 when something could not.
 */
import { LpmxError } from "../../base/mod.ts";
import { removeContainer } from "../../engine/containers.ts";
import { findContainer } from "../../store/mod.ts";
import { type Call } from "../command.ts";
import { print } from "../output.ts";
import { report } from "../report.ts";
import { ownStore } from "../settings.ts";

export async function run({ args, flags, words }: Call): Promise<number> {
  const store = ownStore();
  const force = flags.on("force");
  let status = 0;
  for (const word of args) {
    try {
      await removeContainer(store, findContainer(store, word), force);
      print(words === "destroy" ? "container is destroyed" : word);
    } catch (error) {
      if (!(error instanceof LpmxError)) throw error;
      if (!(force && error.code === "container-not-found")) status = report(error);
    }
  }
  return status;
}
