/* Brings one layer into the store: stream, verify, decompress, unpack, publish. Nothing of a damaged layer stays.
 */
import { type ByteText, LpmxError, toByteText } from "../base/mod.ts";
import {
  asIoError,
  AT_FDCWD,
  AutoInflater,
  closeFd,
  exists,
  makeFolder,
  O_DIRECTORY,
  O_RDONLY,
  openAt,
  readFileIfAny,
  readNamedByBytes,
  removeQuietly,
  renameUnlessThere,
  type Sha256,
  sha256,
  syncFolder,
  usePlainUmask,
  writeFile,
} from "../host/mod.ts";
import { type LayerEntry, type SourceLayer, TarReader } from "../image/mod.ts";
import { decodeEntries, encodeEntries, type FindBelow, Unpacker } from "../layer/mod.ts";
import { Store } from "../store/mod.ts";
import { type ImportProgress } from "./import_image.ts";

/** A layer has a hard link into an earlier layer that is not there yet: import that first. */
export class LowerLayerMissing extends Error {
  override name = "LowerLayerMissing";
}

/** Makes sure that layer `at` of an image is in the store. Throws LpmxError or LowerLayerMissing. */
export async function importLayer(
  store: Store,
  layers: readonly SourceLayer[],
  at: number,
  progress: ImportProgress,
): Promise<void> {
  const layer = layers[at]!;
  const target = store.at(Store.layer(layer.diffId));
  if (exists(target)) return progress.layer(layer.diffId, "exists");
  progress.layer(layer.diffId, "start");
  const temp = store.newTemp();
  try {
    makeFolder(`${temp}/layer/fs`, 0o755);
    const below = () => layers.slice(0, at).map(({ diffId }) => diffId);
    const entries = await unpackInto(`${temp}/layer/fs`, layer, findBelow(store, below), progress);
    writeFile(`${temp}/layer/entries`, encodeEntries(layer.diffId, entries));
    syncFolder(temp);
    renameUnlessThere(`${temp}/layer`, target);
  } catch (error) {
    throw asIoError("Cannot unpack the image", error);
  } finally {
    removeQuietly(temp);
  }
  progress.layer(layer.diffId, "done");
}

/** The entries of a layer in the store. Throws LpmxError("bad-record"). */
export function readEntries(store: Store, diffId: string): LayerEntry[] {
  const path = store.at(`${Store.layer(diffId)}/entries`);
  const bytes = readFileIfAny(path);
  if (!bytes) throw new LpmxError("bad-record", `The store lacks layer ${diffId}`);
  return decodeEntries(bytes, `"${path}"`);
}

function findBelow(store: Store, diffIds: () => string[]): FindBelow {
  return (path) => {
    for (const diffId of diffIds().reverse()) {
      if (!exists(store.at(Store.layer(diffId)))) throw new LowerLayerMissing(diffId);
      const entry = readEntries(store, diffId).findLast((entry) => entry.path === path);
      if (entry?.type === "whiteout") return undefined;
      if (entry?.type === "symlink") return { entry, bytes: new Uint8Array(0) };
      if (entry?.type !== "file" && entry?.type !== "hardlink") continue;
      const bytes = readNamedByBytes(
        toByteText(`${store.at(Store.layer(diffId))}/fs/`) + path as ByteText,
      );
      return { entry: { ...entry, type: "file", size: bytes.length }, bytes };
    }
    return undefined;
  };
}

async function unpackInto(
  folder: string,
  layer: SourceLayer,
  findBelow: FindBelow,
  progress: ImportProgress,
): Promise<LayerEntry[]> {
  usePlainUmask();
  const root = openAt(AT_FDCWD, toByteText(folder), O_RDONLY | O_DIRECTORY);
  const unpacker = new Unpacker(root, findBelow);
  try {
    await stream(layer, unpacker, progress);
    unpacker.finish();
    return unpacker.entries;
  } finally {
    unpacker.abandon();
    closeFd(root);
  }
}

async function stream(
  layer: SourceLayer,
  unpacker: Unpacker,
  progress: ImportProgress,
): Promise<void> {
  const tar = new TarReader(unpacker);
  const inflater = new AutoInflater();
  const packed = layer.digest === undefined || layer.digest === layer.diffId ? undefined : sha256();
  const plain = sha256();
  let done = 0;
  try {
    for await (const chunk of layer.open()) {
      packed?.update(chunk);
      done += chunk.length;
      inflater.push(chunk, (bytes) => {
        plain.update(bytes);
        tar.push(bytes);
      });
      progress.bytes(layer.diffId, done, layer.size);
    }
    inflater.finish();
    tar.finish();
  } catch (error) {
    throw preferTruncation(error, done, layer);
  }
  check(packed, layer.digest, layer, done);
  check(plain, layer.diffId, layer, done);
}

/** What a cut-off stream makes of tar or gzip is less helpful than that it was cut off. */
function preferTruncation(error: unknown, done: number, layer: SourceLayer): unknown {
  const cut = layer.size !== undefined && done < layer.size;
  return cut && error instanceof LpmxError && error.code === "bad-archive"
    ? truncated(layer, done)
    : error;
}

function truncated(layer: SourceLayer, done: number): LpmxError {
  return new LpmxError(
    "bad-archive",
    `layer ${layer.digest ?? layer.diffId} is truncated: ${done} of ${layer.size} bytes`,
  );
}

function check(
  hash: Sha256 | undefined,
  wanted: string | undefined,
  layer: SourceLayer,
  done: number,
): void {
  const got = hash && `sha256:${hash.hex()}`;
  if (got === undefined || got === wanted) return;
  if (layer.size !== undefined && done < layer.size) throw truncated(layer, done);
  throw new LpmxError("digest-mismatch", `layer ${wanted} is damaged: its digest is ${got}`);
}
