/* stop, kill, wait and logs of containers. Signals go to the launcher that watches the main program; it passes them on.
 */
import { LpmxError } from "../base/mod.ts";
import { childrenOf, killProcess, pause, readTextIfAny } from "../host/mod.ts";
import { type Container, isRunning, readContainer, type Store } from "../store/mod.ts";
import { endGuests } from "./guests.ts";

const SIGTERM = 15, SIGKILL = 9;
const glance = 20;

/** The watching process of a running container. Throws LpmxError("container-running") when it is on another machine. */
function mainPid(container: Container): number | undefined {
  const main = container.live.find(({ main }) => main);
  if (main && main.pid === undefined) {
    throw new LpmxError(
      "container-running",
      `container "${container.meta.name}" runs on ${main.host}`,
      {
        hint: "do this there",
      },
    );
  }
  return main?.pid;
}

/** Sends a signal to what a launcher watches. KILL goes to the program itself: the launcher has to live on, to record the exit
 * status and clear up. False when nothing is there any more. */
export function signalWatched(pid: number, signal: number): boolean {
  if (signal !== SIGKILL) return killProcess(pid, signal);
  return childrenOf(pid).filter((child) => killProcess(child, SIGKILL)).length > 0;
}

/** Sends a signal. Throws LpmxError("container-not-found") when the container does not run. */
export function killContainer(container: Container, signal: number): void {
  const pid = mainPid(container);
  if (pid === undefined || !signalWatched(pid, signal)) {
    throw new LpmxError(
      "container-not-found",
      `Cannot signal container "${container.meta.name}": it is not running`,
    );
  }
}

async function ended(store: Store, id: string, milliseconds: number): Promise<boolean> {
  const end = Date.now() + milliseconds;
  for (;;) {
    const now = readContainer(store, id);
    if (!now || !isRunning(now)) return true;
    if (Date.now() >= end) return false;
    await pause(glance);
  }
}

/** Asks what runs in a container to end, the main program first, and kills what has not done so in time (seconds). A container that has
 * jobs of a scheduler keeps them, and what else is in the background then. */
export async function stopContainer(
  store: Store,
  container: Container,
  options: { signal: number | undefined; seconds: number | undefined },
): Promise<void> {
  const milliseconds = (options.seconds ?? container.meta.stopTimeout) * 1000;
  await stopMain(store, container, options.signal, milliseconds);
  const left = readContainer(store, container.meta.id);
  if (left && !left.live.some(({ job }) => job)) await endGuests(store, left, milliseconds);
}

async function stopMain(
  store: Store,
  container: Container,
  signal: number | undefined,
  milliseconds: number,
): Promise<void> {
  const { meta } = container;
  const pid = mainPid(container);
  if (pid === undefined) return;
  signalWatched(pid, signal ?? (meta.stopSignal || SIGTERM));
  if (await ended(store, meta.id, milliseconds)) return;
  signalWatched(pid, SIGKILL);
  if (await ended(store, meta.id, 10_000)) return;
  throw new LpmxError("container-running", `Cannot stop container "${meta.name}": it does not end`);
}

/** Waits for the end of the main program and gives its exit status. */
export async function waitForContainer(store: Store, container: Container): Promise<number> {
  const { id, name } = container.meta;
  await ended(store, id, Infinity);
  const now = readContainer(store, id);
  if (now?.exit) return now.exit.code;
  if (!now) return 0;
  throw new LpmxError("container-not-found", `container "${name}" has not been started`);
}

/** What the detached program printed, as far as it goes, in pieces; with `follow` until it ends. */
export async function* containerLog(
  store: Store,
  container: Container,
  follow: boolean,
): AsyncGenerator<string> {
  const { id } = container.meta;
  for (let done = 0;;) {
    const over = !follow || await ended(store, id, 0);
    const text = readTextIfAny(store.at(`containers/${id}/state/log`)) ?? "";
    if (text.length > done) yield text.slice(done);
    done = text.length;
    if (over) return;
    await pause(200);
  }
}
