/* lpmx init: makes the store and prints the line that puts lpmx and the commands it exposes on PATH (standard output, so that
 * `eval "$(lpmx init)"` works). No start-up file is touched.
 */
import { installCommands } from "../../engine/install.ts";
import { commandFolders } from "../../host/mod.ts";
import { print, tell } from "../output.ts";
import { ownStore } from "../settings.ts";

const quoted = (path: string) => `'${path.replaceAll("'", "'\\''")}'`;

export function run(): number {
  const store = ownStore();
  const folder = installCommands(store);
  tell(`The store is ${store.home}`);
  const onPath = commandFolders().includes(folder);
  tell(
    onPath
      ? "Its commands are on PATH already"
      : "To call lpmx by its name, run this line, or add it to your shell's start-up file:",
  );
  print(`export PATH=${quoted(folder)}:"$PATH"`);
  return 0;
}
