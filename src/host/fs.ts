/* Files of this machine: reading, atomic writing, folders. The only place besides libc.ts that touches the file system.
 *
 * Whatever is published appears by write-to-temp + rename. Errors of the machine become LpmxError("io" | "no-space").
 */
import { type ByteText, concat, LpmxError, messageOf, toByteText } from "../base/mod.ts";
import {
  AT_FDCWD,
  closeFd,
  EDQUOT,
  ENOSPC,
  fsyncFd,
  O_RDONLY,
  openAt,
  readFd,
  syncFileSystem,
  SysError,
} from "./libc.ts";

const full = /no space left|disk quota exceeded|os error 28|os error 122/i;

/** Turns an error of the machine into one line for the user; passes LpmxError and bugs through. */
export function asIoError(action: string, thrown: unknown): unknown {
  if (thrown instanceof LpmxError) return thrown;
  const known = thrown instanceof SysError || (thrown instanceof Error && "code" in thrown) ||
    Object.values(Deno.errors).some((kind) => thrown instanceof kind);
  if (!known) return thrown;
  const noSpace = thrown instanceof SysError
    ? thrown.errno === ENOSPC || thrown.errno === EDQUOT
    : full.test(messageOf(thrown));
  return new LpmxError(
    noSpace ? "no-space" : "io",
    `${action}: ${plainReason(messageOf(thrown))}`,
    {
      cause: thrown,
      ...(noSpace
        ? { hint: "free some space, or set LPMX_HOME to a folder on a larger disk" }
        : {}),
    },
  );
}

function plainReason(text: string): string {
  return text.replace(/ \(os error \d+\)/, "").replace(/^(\w+) "[^"]*": /, "$1: ");
}

/** The whole file; undefined when there is none. */
export function readFileIfAny(path: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Deno.readFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return undefined;
    }
    throw asIoError(`Cannot read "${path}"`, error);
  }
}

/** The file as UTF-8 text; undefined when there is none. */
export function readTextIfAny(path: string): string | undefined {
  const bytes = readFileIfAny(path);
  return bytes && new TextDecoder().decode(bytes);
}

/** Whether something exists at a path (links are not followed). */
export function exists(path: string): boolean {
  return lstatIfAny(path) !== undefined;
}

/** lstat; undefined when there is nothing. */
export function lstatIfAny(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return undefined;
    }
    throw asIoError(`Cannot look at "${path}"`, error);
  }
}

/** stat, links followed; undefined when there is nothing. */
export function statIfAny(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return undefined;
    }
    throw asIoError(`Cannot look at "${path}"`, error);
  }
}

/** The text of a symlink; undefined when there is none. */
export function readLinkIfAny(path: string): string | undefined {
  return lstatIfAny(path)?.isSymlink ? Deno.readLinkSync(path) : undefined;
}

/** A path without links; itself where there is nothing. */
export function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    return path;
  }
}

/** Whether a path is a folder; links are followed. Throws LpmxError("io") when there is nothing. */
export function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch (error) {
    throw asIoError(`Cannot read "${path}"`, error);
  }
}

/** The whole of a file whose name may be any bytes. Throws SysError. */
export function readNamedByBytes(path: ByteText): Uint8Array<ArrayBuffer> {
  const fd = openAt(AT_FDCWD, path, O_RDONLY);
  try {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    for (let buffer = new Uint8Array(1 << 20);; buffer = new Uint8Array(1 << 20)) {
      const got = readFd(fd, buffer);
      if (got === 0) return concat(parts);
      parts.push(buffer.subarray(0, got));
    }
  } finally {
    closeFd(fd);
  }
}

/** The first bytes of a file, as many as there are. Throws LpmxError("io"). */
export function readStart(path: string, length: number): Uint8Array<ArrayBuffer> {
  const start = new Uint8Array(length);
  try {
    const fd = openAt(AT_FDCWD, toByteText(path), O_RDONLY);
    try {
      return start.subarray(0, readFd(fd, start));
    } finally {
      closeFd(fd);
    }
  } catch (error) {
    throw asIoError(`Cannot read "${path}"`, error);
  }
}

/** Names in a folder, sorted; none when there is no folder. */
export function listFolder(path: string): string[] {
  try {
    return [...Deno.readDirSync(path)].map(({ name }) => name).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw asIoError(`Cannot list "${path}"`, error);
  }
}

/** Makes a folder with its parents. */
export function makeFolder(path: string, mode?: number): void {
  try {
    Deno.mkdirSync(path, { recursive: true, ...(mode === undefined ? {} : { mode }) });
  } catch (error) {
    throw asIoError(`Cannot create folder "${path}"`, error);
  }
}

let counter = 0;

/** Replaces or creates a file so that readers see the old or the new one; the bytes are on disk before it appears. */
export function writeAtomically(path: string, bytes: Uint8Array<ArrayBuffer> | string): void {
  const temp = `${path}.tmp.${Deno.pid}.${counter++}`;
  try {
    const file = Deno.openSync(temp, { write: true, createNew: true });
    try {
      const all = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
      for (let at = 0; at < all.length;) at += file.writeSync(all.subarray(at));
      file.syncSync();
    } finally {
      file.close();
    }
    Deno.renameSync(temp, path);
  } catch (error) {
    removeQuietly(temp);
    throw asIoError(`Cannot write "${path}"`, error);
  }
}

/** Writes a new file without further ado (inside folders that are not published yet). */
export function writeFile(path: string, bytes: Uint8Array<ArrayBuffer>): void {
  try {
    Deno.writeFileSync(path, bytes);
  } catch (error) {
    throw asIoError(`Cannot write "${path}"`, error);
  }
}

/** Renames; false when the target exists already as a folder with content. */
export function renameUnlessThere(from: string, to: string): boolean {
  try {
    Deno.renameSync(from, to);
    return true;
  } catch (error) {
    if (exists(to)) return false;
    throw asIoError(`Cannot move "${from}" to "${to}"`, error);
  }
}

/** Removes a tree, whatever it is; folders without rights are opened first. Nothing there is no error. */
export function removeTree(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
    return;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    if (!(error instanceof Deno.errors.PermissionDenied)) {
      throw asIoError(`Cannot remove "${path}"`, error);
    }
  }
  openFolders(path);
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    throw asIoError(`Cannot remove "${path}"`, error);
  }
}

function openFolders(path: string): void {
  if (!lstatIfAny(path)?.isDirectory) return;
  Deno.chmodSync(path, 0o700);
  for (const { name, isDirectory } of Deno.readDirSync(path)) {
    if (isDirectory) openFolders(`${path}/${name}`);
  }
}

/** For cleaning up on the way out of an error. */
export function removeQuietly(path: string): void {
  try {
    removeTree(path);
  } catch {
    // The error that led here matters more; the sweep tries again.
  }
}

/** Flushes the whole file system that holds a folder. */
export function syncFolder(path: string): void {
  const fd = openAt(AT_FDCWD, toByteText(path), O_RDONLY);
  try {
    syncFileSystem(fd, path);
  } finally {
    closeFd(fd);
  }
}

/** Flushes a folder's own entries (after a rename into it). */
export function syncNames(path: string): void {
  const fd = openAt(AT_FDCWD, toByteText(path), O_RDONLY);
  try {
    fsyncFd(fd, path);
  } finally {
    closeFd(fd);
  }
}

/** Removes a folder if nothing is in it. */
export function removeFolderIfEmpty(path: string): void {
  if (!lstatIfAny(path)?.isDirectory) return;
  try {
    Deno.removeSync(path); // by rmdir: somebody else may put something there just now
  } catch (error) {
    const kept = (error as { code?: string }).code === "ENOTEMPTY";
    if (!kept && exists(path)) throw asIoError(`Cannot remove "${path}"`, error);
  }
}

/** Whether a path is a real folder of this user. */
export function isOwnFolder(path: string): boolean {
  const info = lstatIfAny(path);
  return info?.isDirectory === true && info.uid === Deno.uid();
}

/** Makes or changes a symlink; a file that is none of ours is left and is an error. */
export function linkTo(target: string, path: string): void {
  const there = lstatIfAny(path);
  if (there && !there.isSymlink) {
    throw new LpmxError("io", `Cannot write "${path}": something else is there`);
  }
  try {
    if (there && Deno.readLinkSync(path) === target) return;
    const temp = `${path}.tmp.${Deno.pid}.${counter++}`;
    Deno.symlinkSync(target, temp);
    Deno.renameSync(temp, path);
  } catch (error) {
    throw asIoError(`Cannot write "${path}"`, error);
  }
}

/** Files made from now on get the permissions they are made with, but for writing by others, whatever the caller's umask. */
export function usePlainUmask(): void {
  Deno.umask(0o022);
}
