/* A layer of the store as a tar archive again. Its own archive is not kept, so this is another one with the same content: members in
 * the same order, with the same attributes, but in the form of tar_writer.ts. The same layer always gives the same bytes.
 */
import { type ByteText, LpmxError, showByteText, toByteText } from "../base/mod.ts";
import { AT_FDCWD, closeFd, lookAt, O_DIRECTORY, O_RDONLY, openAt, sha256 } from "../host/mod.ts";
import { type LayerEntry } from "../image/mod.ts";
import { liveEntries } from "../layer/mod.ts";
import { type UpperChange } from "../runtime/mod.ts";
import { Store } from "../store/mod.ts";
import { readEntries } from "./import_layer.ts";
import { tarOf } from "./store_layer.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A layer's archive, not yet written. */
export interface StoredLayer {
  /** sha256:… of the archive: the diff-id that the layer has from now on. */
  digest: string;
  size: number;
  /** The archive. Throws LpmxError("store-busy") where it is not what was measured, SysError. */
  pieces(): Generator<Bytes>;
}

/** Reads a layer once to know its digest and size. Throws LpmxError("bad-record"), SysError. */
export function storedLayer(store: Store, diffId: string): StoredLayer {
  const live = liveEntries(readEntries(store, diffId));
  const folder = store.at(`${Store.layer(diffId)}/fs`);
  const hash = sha256();
  let size = 0;
  for (const piece of archiveOf(folder, live)) {
    hash.update(piece);
    size += piece.length;
  }
  const digest = `sha256:${hash.hex()}`;
  return { digest, size, pieces: () => checked(archiveOf(folder, live), digest, diffId) };
}

/** A layer's archive, once and not checked. Throws LpmxError("bad-record"), SysError. */
export function storedTar(store: Store, diffId: string): Generator<Bytes> {
  const live = liveEntries(readEntries(store, diffId));
  return archiveOf(store.at(`${Store.layer(diffId)}/fs`), live);
}

function* checked(pieces: Iterable<Bytes>, digest: string, diffId: string): Generator<Bytes> {
  const hash = sha256();
  for (const piece of pieces) {
    hash.update(piece);
    yield piece;
  }
  if (`sha256:${hash.hex()}` === digest) return;
  throw new LpmxError("store-busy", `Layer ${diffId} changed while it was read`, {
    hint: "try again",
  });
}

function* archiveOf(path: string, live: readonly LayerEntry[]): Generator<Bytes> {
  const folder = openAt(AT_FDCWD, toByteText(path), O_RDONLY | O_DIRECTORY);
  try {
    yield* tarOf(changes(folder, live));
  } finally {
    closeFd(folder);
  }
}

function* changes(folder: number, live: readonly LayerEntry[]): Generator<UpperChange> {
  for (const entry of live) {
    const name = entry.path === "" ? "." as ByteText : entry.path;
    yield { entry, folder, name, stored: entry.type === "file" ? storedSize(folder, entry) : 0 };
  }
}

function storedSize(folder: number, { path, size }: LayerEntry): number {
  const look = lookAt(folder, path);
  if (look?.size === size) return look.stored;
  throw new LpmxError(
    "bad-record",
    `The store's file "${showByteText(path)}" is not what its layer says`,
    { hint: "remove the image and load it again" },
  );
}
