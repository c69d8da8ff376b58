/* A squashfs as the tar archive of a layer. The same squashfs always gives the same bytes.
 */
import { type ByteText } from "../../base/mod.ts";
import { type LayerEntry, tarEnd, tarHeader, tarPadding } from "../../image/mod.ts";
import { type Inode } from "./inode.ts";
import { type Squashfs } from "./squashfs.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Less than this in holes is not worth a form that some programs cannot read; nor are so many stretches that their list is long. */
const worthHoles = 1 << 16;
const mostExtents = 1 << 16;

/** Called for what layers cannot hold: sockets, and names that would delete others there. */
export type Left = (path: ByteText, why: string) => void;

/** The archive, in pieces; each is valid until the next. Throws LpmxError. */
export function* archiveOf(tree: Squashfs, left: Left): Generator<Bytes> {
  /** The first name of what has several. */
  const first = new Map<number, ByteText>();
  for (const found of tree.walk()) {
    const { path, inode } = found;
    const why = reasonToLeave(path, inode);
    if (why !== undefined) {
      left(path, why);
      continue;
    }
    const entry = tree.entry(found);
    const before = inode.links > 1 && inode.type !== "dir" ? first.get(inode.number) : undefined;
    if (before !== undefined) yield tarHeader(linkTo(entry, before));
    else if (inode.file) yield* fileMember(tree, entry, inode);
    else yield tarHeader(entry);
    if (inode.links > 1 && before === undefined) first.set(inode.number, path);
  }
  yield tarEnd();
}

function reasonToLeave(path: ByteText, { type }: Inode): string | undefined {
  if (/(^|\/)\.wh\./.test(path)) return "names that begin with .wh. delete files in a layer";
  return type === "socket" ? "layers cannot hold sockets" : undefined;
}

function linkTo({ xattrs: _, ...entry }: LayerEntry, target: ByteText): LayerEntry {
  return { ...entry, type: "hardlink", size: 0, target };
}

function* fileMember(tree: Squashfs, entry: LayerEntry, { file }: Inode): Generator<Bytes> {
  const blocks = tree.blocks.list(file!);
  const extents = tree.blocks.extents(blocks);
  const kept = extents.reduce((sum, { length }) => sum + length, 0);
  const sparse = kept + worthHoles < entry.size && extents.length <= mostExtents;
  yield tarHeader(entry, sparse ? extents : undefined);
  yield* tree.blocks.read(blocks, !sparse);
  yield tarPadding(sparse ? kept : entry.size);
}
