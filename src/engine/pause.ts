/* Stopping everything that runs in a container for a moment, so that its tree stands still. Without a daemon or cgroups that is
 * SIGSTOP to each process: parents first, so that none sees its child stopped; and CONT in the opposite order. A helper lets
 * them go on when this process is killed meanwhile (shim/launcher/continue.c).
 */
import { LpmxError } from "../base/mod.ts";
import { Helper, killProcess, launcherPath, pause, type RunningProcess } from "../host/mod.ts";
import { type Container, markPaused, type Paused, pausedByDead, type Store } from "../store/mod.ts";
import { guestsOf } from "./guests.ts";

const SIGSTOP = 19, SIGCONT = 18;
const patience = 5_000;

/** Stops what runs in a container, and returns what lets it go on. Nothing runs: nothing happens.
 * Throws LpmxError("container-running") when some of it is on another machine or does not stop. */
export async function pauseContainer(
  store: Store,
  container: Container,
): Promise<() => Promise<void>> {
  const { id, name } = container.meta;
  const elsewhere = container.live.find(({ pid }) => pid === undefined);
  if (elsewhere) {
    throw new LpmxError(
      "container-running",
      `Cannot pause container "${name}": it runs on ${elsewhere.host}`,
      { hint: "do this there, or say --pause=false when nothing in it writes" },
    );
  }
  const guests = () => guestsOf(store, container);
  if (pausedByDead(store, id)) goOn(guests());
  if (guests().length === 0) return async () => {};
  const mark = markPaused(store, id);
  const waker = wakerFor(mark);
  const resume = async () => {
    goOn(guests());
    mark.remove();
    await waker?.end("done\n");
  };
  try {
    await stopAll(guests, waker, name);
  } catch (error) {
    await resume();
    throw error;
  }
  return resume;
}

/** Undefined where no launcher is around: in tests of parts. */
function wakerFor({ path, text }: Paused): Helper | undefined {
  const launcher = launcherPath();
  return launcher === undefined ? undefined : new Helper([launcher, "__continue", path, text]);
}

function goOn(guests: readonly RunningProcess[]): void {
  for (const { pid } of [...guests].reverse()) killProcess(pid, SIGCONT);
}

async function stopAll(
  guests: () => RunningProcess[],
  waker: Helper | undefined,
  name: string,
): Promise<void> {
  for (const end = Date.now() + patience;;) {
    const moving = guests().filter(({ state }) => state !== "T" && state !== "t");
    if (moving.length === 0) return;
    await waker?.tell(moving.map(({ pid }) => `${pid}\n`).join(""));
    for (const { pid } of moving) killProcess(pid, SIGSTOP);
    if (Date.now() > end) {
      throw new LpmxError(
        "container-running",
        `Cannot pause container "${name}": process ${moving[0]!.pid} does not stop`,
        { hint: "say --pause=false when nothing in it writes" },
      );
    }
    await pause(2);
  }
}
