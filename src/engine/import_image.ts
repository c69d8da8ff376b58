/* Brings one image of any source into the store: layers that are missing, index, record, name. The heart of load and pull.
 *
 * Layers are published one by one (complete and verified, or not at all); the image and its name appear last, under the
 * store's lock, after a check that nobody removed a layer meanwhile.
 */
import { LpmxError } from "../base/mod.ts";
import { digestOf, exists, readFileIfAny, syncNames, writeAtomically } from "../host/mod.ts";
import { type SourceImage, type SourceLayer } from "../image/mod.ts";
import { decodeEntriesHeader, Merger } from "../layer/mod.ts";
import {
  decodeRefs,
  encodeIndex,
  encodeRecord,
  encodeRefs,
  type RefsTable,
} from "../runtime/mod.ts";
import { type ImageMeta, readImageMeta, Store } from "../store/mod.ts";
import { importLayer, LowerLayerMissing, readEntries } from "./import_layer.ts";

/** Called as layers come: for progress. */
export interface ImportProgress {
  layer(diffId: string, state: "exists" | "start" | "done"): void;
  bytes(diffId: string, done: number, total: number | undefined): void;
}

/** What an import gives. */
export interface Imported {
  /** 64 hex digits. */
  id: string;
  names: string[];
  /** False when this image was there under these names already. */
  changed: boolean;
}

/** ChainID of OCI image spec, "Layer ChainID". */
export function chainIdOf(diffIds: readonly string[]): string {
  return diffIds.reduce(
    (chain, diffId) => chain === "" ? diffId : digestOf(`${chain} ${diffId}`),
    "",
  ) ||
    digestOf("");
}

const attempts = 3;
const atOnce = 3;

/** Imports an image under its names. Throws LpmxError. */
export async function importImage(
  store: Store,
  image: SourceImage,
  progress: ImportProgress,
): Promise<Imported> {
  const id = digestOf(image.configText).slice(7);
  for (let attempt = 0; attempt < attempts; attempt++) {
    await importLayers(store, image.layers, progress);
    const chainId = chainIdOf(image.config.diffIds);
    ensureIndex(store, image.config.diffIds, chainId);
    const changed = await store.locked(() => publish(store, image, id, chainId));
    if (changed !== undefined) return { id, names: image.names, changed };
  }
  throw new LpmxError(
    "store-busy",
    "Cannot store the image: its layers are being removed by another lpmx",
    {
      hint: "try again",
    },
  );
}

/** Several layers at a time, as docker does; one that needs a file of a layer below it waits for all others. */
async function importLayers(
  store: Store,
  layers: readonly SourceLayer[],
  progress: ImportProgress,
): Promise<void> {
  const todo = [...layers.keys()];
  const postponed: number[] = [];
  let failure: unknown;
  const worker = async () => {
    for (let at; failure === undefined && (at = todo.shift()) !== undefined;) {
      try {
        await importLayer(store, layers, at, progress);
      } catch (error) {
        if (error instanceof LowerLayerMissing) postponed.push(at);
        else failure ??= error;
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  if (failure !== undefined) throw failure;
  for (const at of postponed.sort((x, y) => x - y)) await importLayer(store, layers, at, progress);
}

/** Writes the index of a chain of layers when it is missing. */
export function ensureIndex(store: Store, diffIds: readonly string[], chainId: string): void {
  const path = store.at(Store.index(chainId));
  if (exists(path)) return;
  const merger = new Merger();
  for (const diffId of diffIds) merger.add(readEntries(store, diffId));
  writeAtomically(path, encodeIndex(merger.root, diffIds.length));
}

/** The table of names of a store; empty when there is none yet. */
export function readRefs(store: Store): RefsTable {
  const file = readFileIfAny(store.refs);
  return file ? decodeRefs(file, `"${store.refs}"`) : { refs: new Map(), ids: new Set() };
}

/** Replaces the table of names. To be called under the store's lock. */
export function writeRefs(store: Store, table: RefsTable): void {
  writeAtomically(store.refs, encodeRefs(table));
  syncNames(store.home);
}

function publish(
  store: Store,
  image: SourceImage,
  id: string,
  chainId: string,
): boolean | undefined {
  const layers = image.config.diffIds.map((diffId) => Store.layer(diffId));
  const whole = [...layers, Store.index(chainId)].every((path) => exists(store.at(path)));
  if (!whole) return undefined;
  const table = readRefs(store);
  const known = table.ids.has(id) && exists(store.image(id, "rec"));
  const meta = describe(store, image, id, chainId, known);
  if (!known) {
    writeAtomically(store.image(id, "config"), image.configText);
    writeAtomically(
      store.image(id, "rec"),
      encodeRecord({
        id,
        name: image.names[0] ?? "",
        index: Store.index(chainId),
        layers: layers.map((path) => `${path}/fs`),
        config: image.config,
      }),
    );
  }
  writeAtomically(store.image(id, "json"), JSON.stringify(meta) + "\n");
  const named = image.names.every((name) => table.refs.get(name) === id);
  if (known && named) return false;
  table.ids.add(id);
  for (const name of image.names) table.refs.set(name, id);
  writeRefs(store, table);
  return true;
}

function describe(
  store: Store,
  image: SourceImage,
  id: string,
  chainId: string,
  known: boolean,
): ImageMeta {
  const before = known ? readImageMeta(store, id) : { repoDigests: [], nameDigests: {} };
  const digests = image.manifestDigest
    ? image.names.map((name) => `${name.replace(/@.*$|:[^/:]*$/, "")}@${image.manifestDigest}`)
    : [];
  const layers = image.layers.map(({ diffId, digest }) => ({
    diffId,
    digest: digest ?? null,
    size: layerSize(store, diffId),
  }));
  return {
    version: 1,
    id,
    chainId,
    size: layers.reduce((sum, { size }) => sum + size, 0),
    loaded: new Date().toISOString(),
    layers,
    nameDigests: {
      ...before.nameDigests,
      ...image.manifestDigest
        ? Object.fromEntries(image.names.map((name) => [name, image.manifestDigest!]))
        : {},
    },
    repoDigests: [...new Set([...before.repoDigests, ...digests])].sort(),
  };
}

function layerSize(store: Store, diffId: string): number {
  const path = store.at(`${Store.layer(diffId)}/entries`);
  const bytes = readFileIfAny(path);
  const end = bytes?.indexOf(10) ?? 0;
  return decodeEntriesHeader(new TextDecoder().decode(bytes?.subarray(0, end)), `"${path}"`).size;
}
