/* What an unpacking has made so far, so that it can be taken back: by itself when it fails, by the next one when it was killed.
 *
 * unpacking/MARK in the store, where MARK says who unpacks: undo.json, written before each step; ids/, a file for each container, which
 * the launcher writes before the container exists. It goes away, by one rename, when all is there.
 */
import * as v from "valibot";
import { LpmxError, parseJson } from "../../base/mod.ts";
import {
  fateOf,
  listFolder,
  makeFolder,
  ownMark,
  randomHex,
  readLinkIfAny,
  readTextIfAny,
  removeFolderIfEmpty,
  removeQuietly,
  removeTree,
  renameUnlessThere,
  writeAtomically,
} from "../../host/mod.ts";
import { validate } from "../../image/mod.ts";
import { readContainer, type Store } from "../../store/mod.ts";
import { removeContainer } from "../containers.ts";
import { readRefs, writeRefs } from "../import_image.ts";
import { removeImage, usedParts } from "../remove_image.ts";
import { exposed } from "./settings.ts";

const schema = v.object({
  /** Names of containers, each noted before it is made. */
  containers: v.array(v.string()),
  /** Layers and indexes, relative to the store, that were not there. */
  parts: v.array(v.string()),
  /** Images that were not there. */
  images: v.array(v.string()),
  /** Folders of volumes, relative to the store, that were not there. */
  volumes: v.array(v.string()),
  /** What names are to mean, and meant before; null: nothing. */
  names: v.array(v.object({ name: v.string(), id: v.string(), before: v.nullable(v.string()) })),
});

type Made = v.InferOutput<typeof schema>;

const top = "unpacking";

/** One unpacking. */
export class Undo {
  readonly folder: string;
  #count = 0;
  #made: Made = { containers: [], parts: [], images: [], volumes: [], names: [] };

  constructor(readonly store: Store) {
    this.folder = store.at(`${top}/${ownMark()}+${randomHex(8)}`);
    makeFolder(`${this.folder}/ids`, 0o700);
  }

  /** Notes what is about to be made; what is there already is not noted. */
  note(kind: Exclude<keyof Made, "names">, path: string, there = false): void {
    if (there) return;
    this.#made[kind].push(path);
    this.#write();
  }

  noteNames(names: Made["names"]): void {
    this.#made.names = names;
    this.#write();
  }

  /** Whether this unpacking has made a volume. */
  made(volume: string): boolean {
    return this.#made.volumes.includes(volume);
  }

  /** A name for a folder that is to be moved to its place; what is left there goes with the rest. */
  newFolder(): string {
    return `${this.folder}/${this.#count++}`;
  }

  /** Where a container's id is to be written. */
  idFile(name: string): string {
    return `${this.folder}/ids/${name}`;
  }

  /** All is there. */
  keep(): void {
    const temp = this.store.newTemp();
    renameUnlessThere(this.folder, `${temp}/done`);
    removeQuietly(temp);
    removeFolderIfEmpty(this.store.at(top));
  }

  /** Takes everything back. */
  async undo(): Promise<void> {
    await undoFolder(this.store, this.folder);
    removeFolderIfEmpty(this.store.at(top));
  }

  #write(): void {
    writeAtomically(`${this.folder}/undo.json`, JSON.stringify(this.#made));
  }
}

/** Takes back what killed unpackings have left. */
export async function undoDead(store: Store): Promise<void> {
  for (const mark of listFolder(store.at(top))) {
    if (fateOf(mark) === "dead") await undoFolder(store, store.at(`${top}/${mark}`));
  }
  removeFolderIfEmpty(store.at(top));
}

async function undoFolder(store: Store, folder: string): Promise<void> {
  for (const file of listFolder(`${folder}/ids`)) {
    const id = readTextIfAny(`${folder}/ids/${file}`)?.trim();
    if (id) await undoContainer(store, id);
  }
  const text = readTextIfAny(`${folder}/undo.json`);
  if (text !== undefined) {
    const what = `"${folder}/undo.json"`;
    await undoRest(store, validate(schema, parseJson(text, what, "bad-record"), what));
  }
  removeTree(folder);
}

async function undoContainer(store: Store, id: string): Promise<void> {
  for (const { container, command } of exposed(store)) {
    if (container === id) removeTree(store.at(`bin/${command.name}`));
  }
  const container = readContainer(store, id);
  if (container) await removeContainer(store, container, true);
}

/** Of a launcher that was killed with us, before it had made a container of this name. */
function undoHalf(store: Store, name: string): void {
  const link = store.at(`names/${name}`);
  const id = readLinkIfAny(link)?.replace(/^.*\//, "");
  if (id === undefined || readContainer(store, id)) return;
  removeTree(link);
  store.discard(`containers/${id}`);
}

async function undoRest(
  store: Store,
  { containers, names, images, parts, volumes }: Made,
): Promise<void> {
  for (const name of containers) undoHalf(store, name);
  if (names.length > 0) await undoNames(store, names);
  const named = new Set(readRefs(store).refs.values());
  for (const id of images.filter((id) => !named.has(id))) await removeUnused(store, id);
  await store.locked(() => {
    const used = usedParts(store);
    for (const part of parts.filter((part) => !used.has(part))) store.discard(part);
  });
  for (const volume of volumes) removeTree(store.at(volume));
  removeFolderIfEmpty(store.at("volumes"));
}

function undoNames(store: Store, names: Made["names"]): Promise<void> {
  return store.locked(() => {
    const table = readRefs(store);
    for (const { name, id, before } of names) {
      if (table.refs.get(name) !== id) continue;
      if (before === null || !table.ids.has(before)) table.refs.delete(name);
      else table.refs.set(name, before);
    }
    writeRefs(store, table);
  });
}

/** Somebody else may use an image by now, or it was never finished. */
async function removeUnused(store: Store, id: string): Promise<void> {
  try {
    await removeImage(store, id, true);
  } catch (error) {
    if (!(error instanceof LpmxError)) throw error;
    if (error.code !== "image-in-use" && error.code !== "image-not-found") throw error;
  }
}
