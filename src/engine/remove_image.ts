/* rmi: takes a name away; with its last name an image goes, and with it the layers and indexes that nothing else uses.
 *
 * What is used is derived from the records of images and the plans of containers, never counted on disk. All under the store's
 * lock, so that nobody publishes an image on top of a layer that is being removed.
 */
import { LpmxError } from "../base/mod.ts";
import { listFolder, removeTree } from "../host/mod.ts";
import { familiarName } from "../image/mod.ts";
import {
  type Container,
  imageIds,
  isRunning,
  readContainers,
  readImageMeta,
  Store,
} from "../store/mod.ts";
import { findImage } from "./find_image.ts";
import { readRefs, writeRefs } from "./import_image.ts";

/** What happened, in docker's words. */
export type Removal = { untagged: string } | { deleted: string };

/** Removes a name or an image. Throws LpmxError("image-in-use" | "image-not-found"). */
export function removeImage(store: Store, word: string, force: boolean): Promise<Removal[]> {
  return store.locked(() => {
    const { id, name } = findImage(store, word);
    const table = readRefs(store);
    const names = [...table.refs].filter(([, target]) => target === id).map(([name]) => name)
      .sort();
    if (name === undefined && names.length > 1 && !force) {
      throw new LpmxError(
        "image-in-use",
        `Cannot remove image ${id.slice(0, 12)}: it has ${names.length} names`,
        {
          hint: "remove the names, or use --force",
        },
      );
    }
    const going = name === undefined ? names : [name];
    const user = readContainers(store).find(({ meta }) => meta.imageId === id);
    const nameless = going.length >= names.length;
    if (user && nameless && !(force && name !== undefined)) throw inUse(word, user);
    const last = nameless && !user;
    for (const name of going) table.refs.delete(name);
    if (last) table.ids.delete(id);
    writeRefs(store, table);
    const untagged = going.map((name) => ({ untagged: familiarName(name) }));
    return last ? [...untagged, ...removeFiles(store, id)] : untagged;
  });
}

function inUse(word: string, user: Container): LpmxError {
  const shown = user.meta.name || user.meta.id.slice(0, 12);
  const how = isRunning(user) ? "runs in" : "is made of";
  return new LpmxError(
    "image-in-use",
    `Cannot remove image "${word}": container ${shown} ${how} it`,
    {
      hint: `remove the container first: lpmx rm ${shown}`,
    },
  );
}

function removeFiles(store: Store, id: string): Removal[] {
  const { layers, chainId } = readImageMeta(store, id);
  for (const suffix of ["rec", "json", "config"] as const) removeTree(store.image(id, suffix));
  const used = usedParts(store);
  const index = Store.index(chainId);
  if (!used.has(index)) removeTree(store.at(index));
  const gone = layers.filter(({ diffId }) => !used.has(Store.layer(diffId)));
  for (const { diffId } of gone) store.discard(Store.layer(diffId));
  return [{ deleted: `sha256:${id}` }, ...gone.map(({ diffId }) => ({ deleted: diffId }))];
}

/** Relative paths of all layers and indexes that an image or a container needs. */
export function usedParts(
  store: Store,
  containers: readonly Container[] = readContainers(store),
): Set<string> {
  const used = new Set<string>();
  const needed = new Set([...imageIds(store), ...containers.map(({ meta }) => meta.imageId ?? "")]);
  for (const id of needed) {
    if (!imageIds(store).includes(id)) continue;
    const { layers, chainId } = readImageMeta(store, id);
    used.add(Store.index(chainId));
    for (const { diffId } of layers) used.add(Store.layer(diffId));
  }
  return used;
}

/** Removes images without a name (with `all` those with names, too) that no container is made of, then unused layers. */
export async function pruneImages(store: Store, all: boolean): Promise<Removal[]> {
  const used = new Set(readContainers(store).map(({ meta }) => meta.imageId));
  const named = new Set(readRefs(store).refs.values());
  const going = imageIds(store).filter((id) => !used.has(id) && (all || !named.has(id)));
  const removals: Removal[] = [];
  for (const id of going) removals.push(...await removeImage(store, id, true));
  const layers = await store.locked(() => removeUnused(store));
  return [
    ...removals,
    ...layers.map((path) => ({ deleted: path.replace(/^layers\/sha256\//, "sha256:") })),
  ];
}

/** Removes layers and indexes that nothing needs (an import that was broken off leaves such). To be called under the lock. */
export function removeUnused(store: Store): string[] {
  const used = usedParts(store);
  const layers = listFolder(store.at("layers/sha256")).map((hex) => Store.layer(hex));
  const indexes = listFolder(store.at("indexes")).map((name) => `indexes/${name}`);
  const unused = [...layers, ...indexes].filter((path) => !used.has(path));
  for (const path of unused) store.discard(path);
  return unused;
}
