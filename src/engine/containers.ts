/* rm: ends what runs in a container when asked to, and removes its name, writable layer and folder.
 */
import { LpmxError } from "../base/mod.ts";
import { pause, readLinkIfAny, removeTree, userId } from "../host/mod.ts";
import { type Container, isRunning, readContainer, type Store } from "../store/mod.ts";
import { signalWatched } from "./container_life.ts";
import { endGuests, guestsOf } from "./guests.ts";

const SIGKILL = 9, SIGTERM = 15;
/** Time between TERM and KILL, milliseconds. */
const grace = 10_000;

/** Removes a container. Throws LpmxError("container-running") unless `force`. */
export async function removeContainer(
  store: Store,
  container: Container,
  force: boolean,
): Promise<void> {
  const { meta } = container;
  if (container.live.length > 0) {
    if (!force) {
      const on = container.live[0]!;
      throw new LpmxError(
        "container-running",
        `Cannot remove container "${meta.name}": it is running${
          on.pid === undefined ? ` on ${on.host}` : ""
        }`,
        { hint: "end it first, or use lpmx rm --force" },
      );
    }
    await endProcesses(store, container);
  }
  const left = guestsOf(store, container);
  if (left.length > 0 && !force) throw inUse(meta.name, left[0]!.pid);
  if (left.length > 0) await endGuests(store, container, grace);
  const folder = store.at(`containers/${meta.id}`);
  // Without meta.json it does not exist any more, also if we are killed on the way.
  removeTree(`${folder}/meta.json`);
  removeName(store, meta.name ?? "", meta.id);
  const memory = `/dev/shm/lpmx-${userId()}.${meta.id.slice(0, 16)}.`;
  for (const { host } of meta.binds) if (host?.startsWith(memory)) removeTree(host);
  if (meta.tree?.startsWith("/") && meta.tree.endsWith(meta.id)) removeTree(meta.tree);
  removeTree(folder);
}

function inUse(name: string | undefined, pid: number): LpmxError {
  const message = `Cannot remove container "${name}": process ${pid} lives in it`;
  return new LpmxError("container-running", message, {
    hint: "end it with lpmx stop, or use lpmx rm --force",
  });
}

function removeName(store: Store, name: string, id: string): void {
  const link = store.at(`names/${name}`);
  if (name && readLinkIfAny(link)?.endsWith(`/${id}`)) removeTree(link);
}

async function endProcesses(store: Store, container: Container): Promise<void> {
  const { id, name } = container.meta;
  const elsewhere = container.live.find(({ pid }) => pid === undefined);
  if (elsewhere) {
    throw new LpmxError(
      "container-running",
      `Cannot end container "${name}": it runs on ${elsewhere.host}`,
      {
        hint: `run lpmx rm --force there`,
      },
    );
  }
  const end = Date.now() + grace;
  for (let signal = SIGTERM;; signal = SIGKILL) {
    const now = readContainer(store, id);
    for (const { pid } of now?.live ?? []) if (pid !== undefined) signalWatched(pid, signal);
    while (Date.now() < end || signal === SIGKILL) {
      const left = readContainer(store, id);
      if (!left || (left.live.length === 0 && !isRunning(left))) return;
      await pause(20);
      if (signal === SIGKILL && Date.now() > end + grace) {
        throw new LpmxError(
          "container-running",
          `Cannot end container "${name}": its processes do not end`,
        );
      }
    }
  }
}
