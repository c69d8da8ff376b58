/* Looking at a tree whose names may be any bytes: stat, listing, symlinks, holes and extended attributes relative to a folder's
 * descriptor. The same rules as in libc.ts: synchronous, a failed call throws SysError.
 */
import { type ByteText, byteText } from "../base/mod.ts";
import {
  AT_SYMLINK_NOFOLLOW,
  closeFd,
  cPath,
  ENODATA,
  ENOENT,
  ENOTDIR,
  ENXIO,
  EOPNOTSUPP,
  fail,
  libc,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_RDONLY,
  openAt,
  SysError,
} from "./libc.ts";

const arm = Deno.build.arch === "aarch64";
/** Numbers of newfstatat(2) and getdents64(2). */
const SYS_NEWFSTATAT = arm ? 79n : 262n, SYS_GETDENTS64 = arm ? 61n : 217n;

/** What stat(2) says. */
export interface Look {
  /** Device and inode: the same for all hard links. */
  object: string;
  ino: bigint;
  links: number;
  /** Type and permissions. */
  mode: number;
  size: number;
  /** Bytes that it takes on disk. */
  stored: number;
  mtime: number;
  mtimeNs: number;
}

const statBytes = new Uint8Array(144);
const statView = new DataView(statBytes.buffer);

/** lstat(2) of a name in a folder; undefined when there is nothing. */
export function lookAt(dir: number, name: ByteText): Look | undefined {
  const into = Deno.UnsafePointer.value(Deno.UnsafePointer.of(statBytes));
  if (Number(libc().syscall(SYS_NEWFSTATAT, dir, cPath(name), into, AT_SYMLINK_NOFOLLOW)) < 0) {
    return unless(ENOENT, () => fail("stat", name));
  }
  const big = (at: number) => statView.getBigUint64(at, true);
  return {
    object: `${big(0)}:${big(8)}`,
    ino: big(8),
    links: arm ? statView.getUint32(20, true) : Number(big(16)),
    mode: statView.getUint32(arm ? 16 : 24, true),
    size: Number(big(48)),
    stored: Number(big(64)) * 512,
    mtime: Number(statView.getBigInt64(88, true)),
    mtimeNs: Number(big(96)),
  };
}

function unless(errno: number, work: () => never): undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof SysError && error.errno === errno) return undefined;
    throw error;
  }
}

const ELOOP = 40;

/** What the work gives; undefined when what it is about is gone, or something else by now. */
export function ifThere<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    const gone = error instanceof SysError && [ENOENT, ENOTDIR, ELOOP].includes(error.errno);
    if (gone) return undefined;
    throw error;
  }
}

/** All names in a folder but "." and "..", sorted bytewise. */
export function namesAt(dir: number, name: ByteText): ByteText[] {
  const fd = openAt(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  const buffer = new Uint8Array(1 << 16);
  const view = new DataView(buffer.buffer);
  const names: ByteText[] = [];
  try {
    for (;;) {
      const got = Number(libc().syscall(SYS_GETDENTS64, fd, buffer, BigInt(buffer.length), 0));
      if (got < 0) fail("list", name);
      if (got === 0) return names.sort();
      for (let at = 0; at < got; at += view.getUint16(at + 16, true)) {
        const found = byteText(buffer, at + 19, buffer.indexOf(0, at + 19));
        if (found !== "." && found !== "..") names.push(found);
      }
    }
  } finally {
    closeFd(fd);
  }
}

/** The text of a symlink in a folder; undefined when there is nothing or something else. */
export function linkTextAt(dir: number, name: ByteText): ByteText | undefined {
  const buffer = new Uint8Array(4096 + 16);
  const got = Number(
    libc().readlinkat(dir, cPath(name), buffer, BigInt(buffer.length)),
  );
  if (got >= 0) return byteText(buffer, 0, got);
  try {
    return fail("readlink", name);
  } catch (error) {
    if (error instanceof SysError && (error.errno === ENOENT || error.errno === 22)) {
      return undefined;
    }
    throw error;
  }
}

/** rename(2) between folders; false when there is nothing of that name (any more). */
export function renameAt(from: number, name: ByteText, to: number, other: ByteText): boolean {
  if (libc().renameat(from, cPath(name), to, cPath(other, 1)) === 0) return true;
  unless(ENOENT, () => fail("rename", name));
  return false;
}

/** The extended attributes of a name in a folder that the caller may read; none where the file system has none. */
export function attributesAt(dir: number, name: ByteText): Record<string, ByteText> {
  // There are no *at calls before Linux 6.13.
  const path = `/proc/self/fd/${dir}/${name}`;
  const list = attributeBytes((buffer) =>
    libc().llistxattr(cPath(path), buffer, BigInt(buffer.length))
  );
  const found: Record<string, ByteText> = {};
  for (const key of (list ?? "").split("\0").filter((key) => key !== "")) {
    const value = attributeBytes((buffer) =>
      libc().lgetxattr(cPath(path), cPath(key, 1), buffer, BigInt(buffer.length))
    );
    if (value !== undefined) found[key] = value;
  }
  return found;
}

let attributeBuffer = new Uint8Array(1 << 12);
const ERANGE = 34, EACCES = 13;

function attributeBytes(
  read: (buffer: Uint8Array<ArrayBuffer>) => bigint | number,
): ByteText | undefined {
  for (;;) {
    const got = Number(read(attributeBuffer));
    if (got >= 0) return byteText(attributeBuffer, 0, got);
    try {
      fail("xattr", "");
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      if ([EOPNOTSUPP, ENODATA, EACCES].includes(error.errno)) return undefined;
      if (error.errno !== ERANGE || attributeBuffer.length > 1 << 17) throw error;
      attributeBuffer = new Uint8Array(2 * attributeBuffer.length);
    }
  }
}

const SEEK_SET = 0, SEEK_DATA = 3, SEEK_HOLE = 4;

/** The stretches of a file that hold data, as far as the file system tells; one over all of it where it does not. */
export function dataOf(fd: number, size: number): { offset: number; length: number }[] {
  const extents: { offset: number; length: number }[] = [];
  for (let at = 0; at < size;) {
    const data = Number(libc().lseek(fd, BigInt(at), SEEK_DATA));
    if (data < 0) {
      const over = unless(ENXIO, () => fail("seek", `descriptor ${fd}`)) === undefined;
      if (over) break;
    }
    const hole = Number(libc().lseek(fd, BigInt(data), SEEK_HOLE));
    const end = hole < 0 ? size : Math.min(hole, size);
    if (data >= size) break;
    extents.push({ offset: data, length: end - data });
    at = end;
  }
  return extents;
}

/** Moves the place of reading. */
export function seekTo(fd: number, offset: number): void {
  if (Number(libc().lseek(fd, BigInt(offset), SEEK_SET)) < 0) fail("seek", `descriptor ${fd}`);
}
