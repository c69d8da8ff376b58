/* init and uninstall: the folders that belong to lpmx on this machine, and nothing else.
 */
import { LpmxError } from "../base/mod.ts";
import {
  cachePlace,
  exists,
  isOwnFolder,
  launcherPath,
  linkTo,
  listFolder,
  lstatIfAny,
  makeFolder,
  removeFolderIfEmpty,
  removeTree,
  setting,
  userId,
} from "../host/mod.ts";
import { isRunning, readContainers, type Store } from "../store/mod.ts";

/** Makes the store and its folder of commands, with lpmx itself in it. Returns that folder. */
export function installCommands(store: Store): string {
  store.prepare();
  const folder = store.at("bin");
  makeFolder(folder);
  const launcher = launcherPath();
  if (launcher) linkTo(launcher, `${folder}/lpmx`);
  return folder;
}

/** Names that lpmx makes at the top of a store. */
const ownNames = new Set([
  "bin",
  "containers",
  "images",
  "indexes",
  "layers",
  "lock",
  "lock.lease",
  "names",
  "refs.tab",
  "staging",
  "volumes",
  ".host-explained",
]);

/** All that uninstall would remove, as absolute paths. Throws LpmxError("container-running"). */
export function ownedPaths(store: Store): string[] {
  const running = readContainers(store).find(isRunning);
  if (running) {
    const { name, id } = running.meta;
    throw new LpmxError(
      "container-running",
      `Cannot uninstall: container ${name || id.slice(0, 12)} is running`,
      {
        hint: "end it first: lpmx rm --force NAME",
      },
    );
  }
  const inStore = listFolder(store.home).filter((name) => ownNames.has(name)).map((name) =>
    store.at(name)
  );
  return [...inStore, ...cacheFolders().flatMap(ownCaches), ...scratchFolders()];
}

function cacheFolders(): string[] {
  const own = (base: string) => `${base}/lpmx-${userId()}/cache`;
  const beside = launcherPath()?.replace(/[^/]*$/, ".lpmx-cache");
  const bases = [setting("TMPDIR"), "/var/tmp", "/tmp"].flatMap((base) => base ? [own(base)] : []);
  return [...new Set([cachePlace().path, ...beside ? [beside] : [], ...bases])];
}

/** Folders named by a payload's hash, and what a broken-off unpacking left. */
function ownCaches(folder: string): string[] {
  return listFolder(folder).filter((name) => /^([0-9a-f]{64}|\.tmp-.*|\.lock)$/.test(name)).map((
    name,
  ) => `${folder}/${name}`);
}

function scratchFolders(): string[] {
  const bases = [setting("LPMX_SCRATCH"), setting("TMPDIR"), "/tmp"];
  const folders = bases.flatMap((base) =>
    base?.startsWith("/") ? [`${base}/lpmx-${userId()}`] : []
  );
  return [...new Set(folders)].filter(isOwnFolder);
}

/** Removes these paths, then the folders that are empty by that. */
export function removeOwned(store: Store, paths: readonly string[]): void {
  for (const path of paths) if (lstatIfAny(path)) removeTree(path);
  const parents = [store.home, ...cacheFolders()];
  for (const folder of parents) if (exists(folder)) removeFolderIfEmpty(folder);
}
