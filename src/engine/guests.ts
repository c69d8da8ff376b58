/* The contained processes of a container on this machine. Without a daemon or cgroups they are found in /proc: the families of those in
 * state/live, and whoever else has the container's tree open, since all contained processes have.
 */
import { LpmxError } from "../base/mod.ts";
import {
  exists,
  killProcess,
  pause,
  processesOf,
  realPath,
  type RunningProcess,
} from "../host/mod.ts";
import { type Container, type Store } from "../store/mod.ts";

const SIGTERM = 15, SIGCONT = 18, SIGKILL = 9;
const glance = 20;
/** Time to wait for what was killed, milliseconds. */
const patience = 10_000;

/** The contained programs, parents first; not the launchers that watch them. */
export function guestsOf(store: Store, { meta, live }: Container): RunningProcess[] {
  const path = meta.tree?.startsWith("/") ? meta.tree : store.at(meta.tree ?? "");
  const tree = exists(path) ? realPath(path) : path; // after a reboot one in memory is gone
  return processesOf(live.flatMap(({ pid }) => pid ?? []), tree).filter(({ program, state }) =>
    program.endsWith("/lpmx-start") && state !== "Z"
  );
}

/** Asks all contained programs to end, and kills those that have not done so in time (milliseconds). Throws
 * LpmxError("container-running"). */
export async function endGuests(store: Store, container: Container, time: number): Promise<void> {
  const signal = (number: number) => {
    const guests = guestsOf(store, container);
    for (const { pid } of guests) killProcess(pid, number);
    return guests;
  };
  if (signal(SIGTERM).length === 0) return;
  signal(SIGCONT); // a stopped one could not end
  for (let waited = 0; waited < time; waited += glance) {
    await pause(glance);
    if (guestsOf(store, container).length === 0) return;
  }
  for (let waited = 0; waited < patience; waited += glance) {
    if (signal(SIGKILL).length === 0) return;
    await pause(glance);
  }
  throw new LpmxError(
    "container-running",
    `Cannot end container "${container.meta.name}": its processes do not end`,
  );
}
