/* Stopping everything that runs in a container for a moment, so that its tree stands still. Without a daemon or cgroups that is
 * SIGSTOP to each process: parents first, so that none sees its child stopped; and CONT in the opposite order.
 */
import { LpmxError } from "../base/mod.ts";
import { killProcess, pause, processesOf, realPath, type RunningProcess } from "../host/mod.ts";
import { type Container, type Store } from "../store/mod.ts";
import { markPaused, pausedByDead } from "../store/mod.ts";

const SIGSTOP = 19, SIGCONT = 18;
const patience = 5_000;

/** Stops what runs in a container, and returns what lets it go on. Nothing runs: nothing happens.
 * Throws LpmxError("container-running") when some of it is on another machine or does not stop. */
export async function pauseContainer(store: Store, container: Container): Promise<() => void> {
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
  if (guests().length === 0) return () => {};
  const unmark = markPaused(store, id);
  const resume = () => {
    goOn(guests());
    unmark();
  };
  try {
    await stopAll(guests, name);
  } catch (error) {
    resume();
    throw error;
  }
  return resume;
}

/** The contained programs, parents first; not the launchers that watch them. What left its launcher's family has the tree open. */
function guestsOf(store: Store, { meta, live }: Container): RunningProcess[] {
  const tree = realPath(meta.tree?.startsWith("/") ? meta.tree : store.at(meta.tree ?? ""));
  return processesOf(live.flatMap(({ pid }) => pid ?? []), tree).filter(({ program, state }) =>
    program.endsWith("/lpmx-start") && state !== "Z"
  );
}

function goOn(guests: readonly RunningProcess[]): void {
  for (const { pid } of [...guests].reverse()) killProcess(pid, SIGCONT);
}

async function stopAll(guests: () => RunningProcess[], name: string): Promise<void> {
  for (const end = Date.now() + patience;;) {
    const moving = guests().filter(({ state }) => state !== "T" && state !== "t");
    if (moving.length === 0) return;
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
