/* Inodes of a squashfs, all fourteen kinds: the plain ones and those with room for larger numbers and extended attributes.
 *
 * Source: Linux fs/squashfs/squashfs_fs.h (struct squashfs_*_inode) and inode.c.
 */
import { type ByteText } from "../../base/mod.ts";
import { type EntryType } from "../../image/mod.ts";
import { type Cursor } from "./metadata.ts";
import { damaged } from "./stretch.ts";
import { type InodePlace } from "./superblock.ts";

/** PATH_MAX of Linux, without the zero at the end. */
export const longestPath = 4095;
const none = 0xffffffff;

/** Where the bytes of a file are. */
export interface FilePlace {
  size: number;
  /** Its first block. */
  start: number;
  /** What is left after whole blocks is a part of a fragment. */
  fragment: { index: number; offset: number } | undefined;
  /** The sizes of its blocks begin here, right behind the inode. */
  sizes: Cursor;
}

/** An inode. */
export interface Inode {
  type: Exclude<EntryType, "hardlink" | "whiteout" | "opaque">;
  mode: number;
  /** Places in the table of ids. */
  uid: number;
  gid: number;
  mtime: number;
  number: number;
  links: number;
  /** Place in the table of extended attributes. */
  xattr: number | undefined;
  file?: FilePlace;
  listing?: InodePlace & { size: number };
  target?: ByteText;
  device?: { major: number; minor: number };
}

const types = ["dir", "file", "symlink", "block", "char", "fifo", "socket"] as const;

/** Reads the inode at a cursor. Throws LpmxError("bad-archive"). */
export function readInode(at: Cursor): Inode {
  const kind = at.u16() - 1;
  const type = types[kind % 7];
  if (!type || kind < 0 || kind > 13) throw damaged("an inode of no known kind");
  const inode: Inode = {
    type,
    mode: at.u16() & 0o7777,
    uid: at.u16(),
    gid: at.u16(),
    mtime: at.u32(),
    number: at.u32(),
    links: 1,
    xattr: undefined,
  };
  const large = kind > 6;
  if (type === "dir") readFolder(inode, at, large);
  else if (type === "file") readFile(inode, at, large);
  else readOther(inode, at, large);
  if (inode.xattr === none) inode.xattr = undefined;
  return inode;
}

function readFolder(inode: Inode, at: Cursor, large: boolean): void {
  let block: number, size: number, offset: number;
  if (large) {
    inode.links = at.u32();
    size = at.u32();
    block = at.u32();
    at.take(4 + 2); // the parent's number, the number of places in its index
    offset = at.u16();
    inode.xattr = at.u32();
  } else {
    block = at.u32();
    inode.links = at.u32();
    size = at.u16();
    offset = at.u16();
  }
  // "." and "..", which are not there, count three bytes.
  inode.listing = { block, offset, size: Math.max(0, size - 3) };
}

function readFile(inode: Inode, at: Cursor, large: boolean): void {
  const start = large ? at.u64() : at.u32();
  let size = 0;
  if (large) {
    size = at.u64();
    at.take(8); // how many bytes of it are holes
    inode.links = at.u32();
  }
  const [index, offset] = [at.u32(), at.u32()];
  if (large) inode.xattr = at.u32();
  else size = at.u32();
  if (!Number.isSafeInteger(size)) throw damaged("a file is too large");
  inode.file = { size, start, fragment: index === none ? undefined : { index, offset }, sizes: at };
}

function readOther(inode: Inode, at: Cursor, large: boolean): void {
  inode.links = at.u32();
  if (inode.type === "symlink") {
    const length = at.u32();
    if (length === 0 || length > longestPath) throw damaged("a symlink of a length that cannot be");
    inode.target = at.text(length);
    if (inode.target.includes("\0")) throw damaged("a symlink with a zero in its text");
  } else if (inode.type === "block" || inode.type === "char") {
    const device = at.u32();
    inode.device = {
      major: device >>> 8 & 0xfff,
      minor: device & 0xff | device >>> 12 & 0xfff00,
    };
  }
  if (large) inode.xattr = at.u32();
}
