/* down: removes a project's containers, the commands that lead into them and, when asked to, its volumes. Nothing else.
 */
import { LpmxError } from "../../base/mod.ts";
import { exists, removeTree } from "../../host/mod.ts";
import { type Container, isRunning, readContainers, type Store } from "../../store/mod.ts";
import { stopContainer } from "../container_life.ts";
import { removeContainer } from "../containers.ts";
import { callLpmx } from "../launcher.ts";
import { label, labelOf, observe, type State } from "./state.ts";

/** What down is asked for. */
export interface DownOptions {
  /** Names in the store of volumes to remove. */
  volumes: readonly string[];
  /** Seconds before what runs is killed; undefined: each container's own. */
  seconds: number | undefined;
  tell(line: string): void;
}

/** Takes a project down. Throws LpmxError. */
export async function down(store: Store, project: string, options: DownOptions): Promise<void> {
  const { tell } = options;
  const state = await observe(store, project);
  const nameOf = (one: Container) => labelOf(one, label.service) ?? "";
  const containers = [...state.containers.values(), ...state.once]
    .sort((x, y) => nameOf(x) < nameOf(y) ? -1 : 1);
  if (containers.length === 0) tell(`${project}: there is nothing to remove`);
  for (const container of containers) {
    await end(store, container, options.seconds);
    const names = await removeWithCommands(store, container, state);
    const exposed = names.length > 0 ? `, with ${names.join(", ")}` : "";
    tell(`${nameOf(container)}: removed${exposed}`);
  }
  for (const name of options.volumes) removeVolume(store, name, tell);
}

/** Removes a container and the commands that lead into it, but those that will lead elsewhere. Gives their names. */
export async function removeWithCommands(
  store: Store,
  container: Container,
  { commands }: State,
  kept: readonly string[] = [],
): Promise<string[]> {
  const own = commands.filter(({ containerId }) => containerId === container.meta.id);
  const names = own.map(({ name }) => name).filter((name) => !kept.includes(name));
  if (names.length > 0) await callLpmx(["expose", "rm", ...names], container.meta.name ?? "");
  await removeContainer(store, container, true);
  return names;
}

async function end(store: Store, container: Container, seconds: number | undefined) {
  if (isRunning(container)) await stopContainer(store, container, { signal: undefined, seconds });
}

function removeVolume(store: Store, name: string, tell: (line: string) => void): void {
  const path = store.at(`volumes/${name}`);
  if (!exists(path)) return;
  const user = readContainers(store).find(({ meta }) =>
    meta.binds.some(({ host }) => host === path || host?.endsWith(`/volumes/${name}`))
  );
  if (user) {
    throw new LpmxError("container-running", `Cannot remove the volume "${name}"`, {
      hint: `container ${user.meta.name} has it: remove that first`,
    });
  }
  removeTree(path);
  tell(`volume ${name}: removed`);
}
