/* A new layer out of what is on this machine: tar stream, digest, unpacked tree and entries in one pass. Used by
 * commit, save and for file system images.
 */
import {
  asIoError,
  AT_FDCWD,
  closeFd,
  dataOf,
  ifThere,
  makeFolder,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_RDONLY,
  openAt,
  readFd,
  removeQuietly,
  renameUnlessThere,
  seekTo,
  sha256,
  syncFolder,
  usePlainUmask,
  writeFile,
} from "../host/mod.ts";
import { type ByteText, LpmxError, toByteText } from "../base/mod.ts";
import {
  type Extent,
  type LayerEntry,
  type SourceLayer,
  tarEnd,
  tarHeader,
  tarPadding,
  TarReader,
} from "../image/mod.ts";
import { encodeEntries, Unpacker } from "../layer/mod.ts";
import { type UpperChange } from "../runtime/mod.ts";
import { Store } from "../store/mod.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Less than this in holes is not worth a form that some programs cannot read. */
const worthHoles = 1 << 16;
const piece = 1 << 20;

/** Members of an archive for changes, and its end. A file that is gone by now is left out; its other names are files then. */
export function* tarOf(changes: Iterable<UpperChange>): Generator<Bytes> {
  const gone = new Map<ByteText, LayerEntry>();
  for (const change of changes) {
    const { path, type, target } = change.entry;
    const origin = type === "hardlink" ? gone.get(target!) : change.entry;
    if (origin?.type !== "file") {
      yield tarHeader(change.entry);
      continue;
    }
    const entry = { ...origin, path };
    const fd = ifThere(() => openAt(change.folder, change.name, O_RDONLY | O_NOFOLLOW));
    if (fd === undefined) gone.set(path, entry);
    else yield* fileMember({ ...change, entry }, fd);
  }
  yield tarEnd();
}

function* fileMember({ entry, stored }: UpperChange, fd: number): Generator<Bytes> {
  try {
    const holes = stored + worthHoles < entry.size ? dataOf(fd, entry.size) : [];
    const kept = holes.reduce((sum, { length }) => sum + length, 0);
    const sparse = stored + worthHoles < entry.size && kept + worthHoles < entry.size;
    const extents = sparse ? holes : [{ offset: 0, length: entry.size }];
    yield tarHeader(entry, sparse ? extents : undefined);
    for (const extent of extents) yield* stretch(fd, extent);
    yield tarPadding(extents.reduce((sum, { length }) => sum + length, 0));
  } finally {
    closeFd(fd);
  }
}

/** What a file that shrinks meanwhile lacks is zeros: its header is out already. */
function* stretch(fd: number, { offset, length }: Extent): Generator<Bytes> {
  seekTo(fd, offset);
  for (let left = length; left > 0;) {
    const buffer = new Uint8Array(Math.min(left, piece));
    const got = readFd(fd, buffer);
    yield got > 0 ? buffer.subarray(0, got) : buffer;
    left -= got > 0 ? got : buffer.length;
  }
}

/** Stores an archive as a layer and gives its diff-id; undefined when it has no members. Throws LpmxError. */
export function storeLayer(store: Store, archive: Iterable<Bytes>): string | undefined {
  const temp = store.newTemp();
  const tree = `${temp}/layer`;
  try {
    makeFolder(`${tree}/fs`, 0o755);
    const { diffId, unpacker } = unpackNew(`${tree}/fs`, archive);
    if (unpacker.entries.length === 0) return undefined;
    writeFile(`${tree}/entries`, encodeEntries(diffId, unpacker.entries));
    syncFolder(temp);
    renameUnlessThere(tree, store.at(Store.layer(diffId)));
    return diffId;
  } catch (error) {
    throw asIoError("Cannot store the layer", error);
  } finally {
    removeQuietly(temp);
  }
}

/** A layer that the store has already; should a cleaner have been faster, the user tries again. */
export function layerInStore(diffId: string): SourceLayer {
  return {
    diffId,
    digest: undefined,
    size: undefined,
    mediaType: "application/vnd.oci.image.layer.v1.tar",
    open() {
      throw new LpmxError("store-busy", `Layer ${diffId} was removed meanwhile`, {
        hint: "try again",
      });
    },
  };
}

function unpackNew(
  folder: string,
  archive: Iterable<Bytes>,
): { diffId: string; unpacker: Unpacker } {
  usePlainUmask();
  const root = openAt(AT_FDCWD, toByteText(folder), O_RDONLY | O_DIRECTORY);
  const unpacker = new Unpacker(root, () => undefined);
  const tar = new TarReader(unpacker);
  const hash = sha256();
  try {
    for (const bytes of archive) {
      hash.update(bytes);
      tar.push(bytes);
    }
    tar.finish();
    unpacker.finish();
    return { diffId: `sha256:${hash.hex()}`, unpacker };
  } finally {
    unpacker.abandon();
    closeFd(root);
  }
}
