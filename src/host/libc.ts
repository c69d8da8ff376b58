/* System calls that Deno's own file functions cannot do: names that are not UTF-8, nanoseconds on symlinks, paths relative to a
 * directory descriptor, syncfs, flock with a result.
 *
 * Goes through the C library that the engine is linked to anyway. Only src/host calls it. Paths are ByteText; a failed call
 * throws SysError with errno. Calls are synchronous and short; the path buffer is shared, so nothing here may be async.
 */
import { type ByteText } from "../base/mod.ts";

/** A failed system call. `name` of the error code is in the message (ENOSPC, EACCES …). */
export class SysError extends Error {
  constructor(readonly call: string, readonly path: string, readonly errno: number) {
    super(`${call} "${path}": ${errnoName(errno)}`);
    this.name = "SysError";
  }
}

export const EPERM = 1, ENOENT = 2, ESRCH = 3, EACCES = 13, EEXIST = 17, ENOTDIR = 20, EISDIR = 21;
export const EAGAIN = 11, ENOSPC = 28, EROFS = 30, ENAMETOOLONG = 36, ENOLCK = 37, ENOSYS = 38;
export const ENOTEMPTY = 39, EINTR = 4, EINVAL = 22, EXDEV = 18, EMLINK = 31, EOPNOTSUPP = 95;
export const EDQUOT = 122, EIO = 5, ENODATA = 61, ENXIO = 6, EFAULT = 14;

const errnoNames: Record<number, string> = {
  [EPERM]: "operation not permitted",
  [ENOENT]: "no such file or directory",
  [EIO]: "input/output error",
  [EACCES]: "permission denied",
  [EEXIST]: "file exists",
  [EXDEV]: "on another file system",
  [ENOTDIR]: "not a directory",
  [EISDIR]: "is a directory",
  [EINVAL]: "invalid argument",
  [ENOSPC]: "no space left on device",
  [EROFS]: "read-only file system",
  [EMLINK]: "too many links",
  [ENAMETOOLONG]: "file name too long",
  [ENOLCK]: "no locks available",
  [ENOTEMPTY]: "directory not empty",
  [EOPNOTSUPP]: "operation not supported",
  [EDQUOT]: "disk quota exceeded",
};

/** The text of strerror for the errors that occur here. */
export function errnoName(errno: number): string {
  return errnoNames[errno] ?? `error ${errno}`;
}

/** Flags of open(2) on Linux x86_64 and aarch64 alike. */
export const O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_CREAT = 0o100, O_EXCL = 0o200;
export const O_TRUNC = 0o1000, O_CLOEXEC = 0o2000000;
export const AT_FDCWD = -100, AT_SYMLINK_NOFOLLOW = 0x100, AT_REMOVEDIR = 0x200;
/** Differs by architecture (fcntl.h of x86 and arm). */
export const O_DIRECTORY = Deno.build.arch === "aarch64" ? 0o40000 : 0o200000;
export const O_NOFOLLOW = Deno.build.arch === "aarch64" ? 0o100000 : 0o400000;

const int = "i32" as const, buffer = "buffer" as const;
const functions = {
  __errno_location: { parameters: [], result: "pointer" },
  openat: { parameters: [int, buffer, int, "u32"], result: int },
  close: { parameters: [int], result: int },
  read: { parameters: [int, buffer, "usize"], result: "isize" },
  write: { parameters: [int, buffer, "usize"], result: "isize" },
  lseek: { parameters: [int, "i64", int], result: "i64" },
  ftruncate: { parameters: [int, "i64"], result: int },
  mkdirat: { parameters: [int, buffer, "u32"], result: int },
  symlinkat: { parameters: [buffer, int, buffer], result: int },
  linkat: { parameters: [int, buffer, int, buffer, int], result: int },
  unlinkat: { parameters: [int, buffer, int], result: int },
  fchmodat: { parameters: [int, buffer, "u32", int], result: int },
  utimensat: { parameters: [int, buffer, buffer, int], result: int },
  futimens: { parameters: [int, buffer], result: int },
  fsync: { parameters: [int], result: int },
  syncfs: { parameters: [int], result: int },
  flock: { parameters: [int, int], result: int },
  kill: { parameters: [int, int], result: int },
  // Of look.ts. The wrappers of these are younger than the C libraries that we meet, so they go by number.
  syscall: { parameters: ["i64", int, buffer, "i64", int], result: "i64" },
  readlinkat: { parameters: [int, buffer, buffer, "usize"], result: "isize" },
  renameat: { parameters: [int, buffer, int, buffer], result: int },
  llistxattr: { parameters: [buffer, buffer, "usize"], result: "isize" },
  lgetxattr: { parameters: [buffer, buffer, buffer, "usize"], result: "isize" },
  prctl: { parameters: [int, "u64", "u64", "u64", "u64"], result: int },
} as const;

let library: Deno.DynamicLibrary<typeof functions> | undefined;

/** For src/host only. */
export function libc(): Deno.DynamicLibrary<typeof functions>["symbols"] {
  library ??= Deno.dlopen("libc.so.6", functions);
  return library.symbols;
}

/** Throws what errno says. For src/host only. */
export function fail(call: string, path: string): never {
  const at = libc().__errno_location();
  throw new SysError(call, path, at === null ? 0 : new Deno.UnsafePointerView(at).getInt32());
}

const pathBuffers = [new Uint8Array(4200), new Uint8Array(4200)] as const;

/** A path for a call, in one of two buffers. For src/host only. */
export function cPath(path: string, which: 0 | 1 = 0): Uint8Array<ArrayBuffer> {
  const buffer = pathBuffers[which];
  if (path.length > 4095) throw new SysError("open", path.slice(0, 60) + "…", ENAMETOOLONG);
  for (let at = 0; at < path.length; at++) buffer[at] = path.charCodeAt(at);
  buffer[path.length] = 0;
  return buffer;
}

/** openat(2); returns the descriptor, close-on-exec. */
export function openAt(dir: number, path: ByteText, flags: number, mode = 0): number {
  const fd = libc().openat(dir, cPath(path), flags | O_CLOEXEC, mode);
  return fd < 0 ? fail("open", path) : fd;
}

export function closeFd(fd: number): void {
  libc().close(fd);
}

/** Reads up to buffer.length bytes; 0 at the end. */
export function readFd(fd: number, into: Uint8Array<ArrayBuffer>): number {
  const got = Number(libc().read(fd, into, BigInt(into.length)));
  return got < 0 ? fail("read", `descriptor ${fd}`) : got;
}

/** Writes all bytes. */
export function writeFd(fd: number, bytes: Uint8Array<ArrayBuffer>, path: string): void {
  for (let at = 0; at < bytes.length;) {
    const rest = at === 0 ? bytes : bytes.subarray(at);
    const done = Number(libc().write(fd, rest, BigInt(rest.length)));
    if (done < 0) fail("write", path);
    at += done;
  }
}

/** Moves the place of writing on: what is left out is zeros, once something is written behind it or cutHere() is called. */
export function skipFd(fd: number, bytes: number, path: string): void {
  if (libc().lseek(fd, BigInt(bytes), 1) < 0) fail("seek", path);
}

/** Makes the file end at the place of writing. */
export function cutHere(fd: number, path: string): void {
  const at = libc().lseek(fd, 0n, 1);
  if (at < 0 || libc().ftruncate(fd, at) < 0) fail("truncate", path);
}

export function mkdirAt(dir: number, path: ByteText, mode: number): void {
  if (libc().mkdirat(dir, cPath(path), mode) < 0) fail("mkdir", path);
}

export function symlinkAt(target: ByteText, dir: number, path: ByteText): void {
  if (libc().symlinkat(cPath(target, 1), dir, cPath(path)) < 0) fail("symlink", path);
}

/** Hard link; does not follow a symlink at `from`. */
export function linkAt(from: ByteText, dir: number, path: ByteText): void {
  if (libc().linkat(dir, cPath(from, 1), dir, cPath(path), 0) < 0) fail("link", path);
}

export function unlinkAt(dir: number, path: ByteText, flags = 0): void {
  if (libc().unlinkat(dir, cPath(path), flags) < 0) fail("unlink", path);
}

export function chmodAt(dir: number, path: ByteText, mode: number): void {
  if (libc().fchmodat(dir, cPath(path), mode, 0) < 0) fail("chmod", path);
}

const times = new BigInt64Array(4);
const timesBytes = new Uint8Array(times.buffer);

function setTimes(seconds: number, nanoseconds: number): void {
  times[0] = times[2] = BigInt(seconds);
  times[1] = times[3] = BigInt(nanoseconds);
}

/** Sets access and modification time; of a symlink itself, too. */
export function utimesAt(dir: number, path: ByteText, seconds: number, nanoseconds: number): void {
  setTimes(seconds, nanoseconds);
  const flags = AT_SYMLINK_NOFOLLOW;
  if (libc().utimensat(dir, cPath(path), timesBytes, flags) < 0) fail("utimes", path);
}

export function utimesFd(fd: number, seconds: number, nanoseconds: number, path: string): void {
  setTimes(seconds, nanoseconds);
  if (libc().futimens(fd, timesBytes) < 0) fail("utimes", path);
}

export function fsyncFd(fd: number, path: string): void {
  if (libc().fsync(fd) < 0) fail("fsync", path);
}

/** Writes back the whole file system of fd. Kernels before 2.6.39 lack it: then nothing happens. */
export function syncFileSystem(fd: number, path: string): void {
  if (libc().syncfs(fd) < 0) {
    try {
      fail("syncfs", path);
    } catch (error) {
      if (!(error instanceof SysError) || error.errno !== ENOSYS) throw error;
    }
  }
}

/** Whether this kernel has seccomp filters and no sandbox forbids them: it then reads the program that is not there (prctl(2), PR_SET_SECCOMP). */
export function hasSeccompFilters(): boolean {
  try {
    return libc().prctl(22, 2n, 0n, 0n, 0n) === 0 || fail("prctl", "PR_SET_SECCOMP");
  } catch (error) {
    if (error instanceof SysError) return error.errno === EFAULT;
    throw error;
  }
}

/** kill(2) by number (Deno knows names only, and no real-time signals): false when there is no such process. */
export function killProcess(pid: number, signal: number): boolean {
  if (libc().kill(pid, signal) === 0) return true;
  try {
    return fail("kill", String(pid));
  } catch (error) {
    if (error instanceof SysError && error.errno === ESRCH) return false;
    throw error;
  }
}

/** flock(LOCK_EX | LOCK_NB): true when taken, false when somebody else has it. */
export function tryFlock(fd: number, path: string): boolean {
  if (libc().flock(fd, 2 | 4) === 0) return true;
  try {
    return fail("flock", path);
  } catch (error) {
    if (error instanceof SysError && error.errno === EAGAIN) return false;
    throw error;
  }
}
