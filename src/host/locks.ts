/* Locks between processes, for short critical sections: flock where it works, else a lease file.
 *
 * flock is refused on Lustre without -o flock and on some NFS servers; there an O_EXCL file says who holds the lock, is touched
 * while it is held, and is taken over when its holder is dead or has not touched it for a minute.
 */
import { LpmxError, toByteText } from "../base/mod.ts";
import { asIoError } from "./fs.ts";
import {
  AT_FDCWD,
  closeFd,
  ENOLCK,
  ENOSYS,
  EOPNOTSUPP,
  O_CREAT,
  O_RDWR,
  openAt,
  SysError,
  tryFlock,
} from "./libc.ts";
import { fateOf, ownMark } from "./proc.ts";

/** How long to wait for a lock, milliseconds. */
const patience = 120_000;
const leaseTerm = 60_000;

const pause = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));

/** Runs work while holding the lock. Throws LpmxError("store-busy") when it does not become free. */
export async function withLock<T>(path: string, work: () => T | Promise<T>): Promise<T> {
  const release = await take(path);
  try {
    return await work();
  } finally {
    release();
  }
}

async function take(path: string): Promise<() => void> {
  const end = Date.now() + patience;
  let fd: number | undefined;
  try {
    fd = openAt(AT_FDCWD, toByteText(path), O_RDWR | O_CREAT, 0o600);
  } catch (error) {
    throw asIoError(`Cannot open lock "${path}"`, error);
  }
  for (let wait = 1; Date.now() < end; wait = Math.min(wait * 2, 100)) {
    try {
      const held = fd;
      if (tryFlock(fd, path)) return () => closeFd(held);
    } catch (error) {
      closeFd(fd);
      const none = error instanceof SysError && [ENOSYS, ENOLCK, EOPNOTSUPP].includes(error.errno);
      if (none) return takeLease(`${path}.lease`, end);
      throw asIoError(`Cannot lock "${path}"`, error);
    }
    await pause(wait + Math.random() * wait);
  }
  closeFd(fd);
  throw busy(path);
}

function busy(path: string): LpmxError {
  return new LpmxError("store-busy", `Cannot lock "${path}": another lpmx holds it`, {
    hint: "try again when it has finished",
  });
}

/** The lease form of a lock; exported for its test. `end` is a time in milliseconds since 1970. */
export async function takeLease(path: string, end: number): Promise<() => void> {
  for (let wait = 5; Date.now() < end; wait = Math.min(wait * 2, 500)) {
    try {
      Deno.writeTextFileSync(path, ownMark(), { createNew: true });
      const timer = setInterval(() => Deno.utimeSync(path, new Date(), new Date()), leaseTerm / 6);
      return () => {
        clearInterval(timer);
        Deno.removeSync(path);
      };
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) {
        throw asIoError(`Cannot lock "${path}"`, error);
      }
    }
    takeOver(path);
    await pause(wait + Math.random() * wait);
  }
  throw busy(path);
}

/** Removes a lease whose holder is gone: moved aside first, so that of several who try only one removes it. */
function takeOver(path: string): void {
  try {
    const holder = Deno.readTextFileSync(path);
    const touched = Deno.statSync(path).mtime?.getTime() ?? 0;
    const fate = fateOf(holder);
    if (fate === "alive" || (fate === "unknown" && Date.now() - touched < leaseTerm)) return;
    const aside = `${path}.${ownMark()}`;
    Deno.renameSync(path, aside);
    if (Deno.readTextFileSync(aside) !== holder) Deno.renameSync(aside, path);
    else Deno.removeSync(aside);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw asIoError(`Cannot lock "${path}"`, error);
  }
}
