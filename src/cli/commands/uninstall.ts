/* lpmx uninstall: names what is ours, asks, and removes that.
 */
import { LpmxError } from "../../base/mod.ts";
import { ownedPaths, removeOwned } from "../../engine/install.ts";
import { isTerminal, launcherPath, readLine, writeErr } from "../../host/mod.ts";
import { type Call } from "../command.ts";
import { print, tell } from "../output.ts";
import { ownStore } from "../settings.ts";

export function run({ flags }: Call): number {
  const store = ownStore();
  const paths = ownedPaths(store);
  paths.forEach(flags.on("dry-run") ? print : tell);
  if (flags.on("dry-run")) return 0;
  if (paths.length === 0) {
    tell("There is nothing of lpmx to remove");
    return 0;
  }
  if (!flags.on("yes")) ask();
  removeOwned(store, paths);
  const launcher = launcherPath();
  tell(`Removed${launcher ? `; the program itself is ${launcher}` : ""}`);
  return 0;
}

/** Throws LpmxError("cancelled") unless the user says yes. */
function ask(): void {
  if (!isTerminal("stdin")) {
    throw new LpmxError("cancelled", "Nothing was removed: there is no terminal to ask on", {
      hint: "use --yes",
    });
  }
  writeErr("Remove all this, images and containers included? [y/N] ");
  if (!/^y(es)?$/i.test(readLine().trim())) throw new LpmxError("cancelled", "Nothing was removed");
}
