/* up: makes a project so. What is so already is left alone; everything that can be refused is refused before anything is changed.
 */
import { LpmxError } from "../../base/mod.ts";
import {
  commandWords,
  fault,
  optionWords,
  type Resolved,
  type Service,
} from "../../compose/mod.ts";
import { digestOf, exists } from "../../host/mod.ts";
import {
  type Container,
  findContainer,
  isRunning,
  readContainer,
  type Store,
} from "../../store/mod.ts";
import { waitForContainer } from "../container_life.ts";
import { type ChosenImage, getImages, type ImageOptions } from "./images.ts";
import { callLpmx } from "../launcher.ts";
import { connect } from "./connect.ts";
import { removeWithCommands } from "./down.ts";
import { chosenServices, environmentOf, type Loaded } from "./project.ts";
import { label, labelOf, observe, type State } from "./state.ts";

/** What up is asked for. */
export interface UpOptions {
  /** Services; none: all whose profile is on. */
  names: readonly string[];
  /** Makes all containers anew. */
  recreate: boolean;
  /** Starts what has a command. */
  start: boolean;
  removeOrphans: boolean;
  policy: ImageOptions["policy"];
  tell(line: string): void;
}

/** A service with all that its container is made of. */
interface Wanted {
  service: Service;
  image: ChosenImage;
  resolved: Resolved;
  hash: string;
}

/** Brings a project up. Throws LpmxError. */
export async function up(
  stores: readonly Store[],
  loaded: Loaded,
  options: UpOptions,
): Promise<void> {
  const store = stores[0]!;
  const { project, lock, lookup } = loaded;
  const services = chosenServices(loaded, options.names);
  const environments = services.map((service) => environmentOf(service, lookup));
  store.prepare();
  const state = await observe(store, project.name);
  refuseForeign(store, services, state);
  services.forEach(refuseMissing);
  const images = await getImages(stores, services, { ...options, lock });
  const wanted = services.map((service, at) => {
    const image = images.get(service.name)!;
    // A container needs something to run, also if nothing ever starts it.
    const command = image.runs || hasCommand(service) ? service.command : ["true"];
    return describe({ ...service, command }, image, {
      image: image.word,
      environment: environments[at]!,
    });
  });
  for (const one of wanted) await make(store, project.name, one, state, options);
  if (options.names.length === 0) await orphans(store, loaded, state, options);
  await connect(store, loaded, await observe(store, project.name), options.tell);
  if (options.start) {
    for (const service of services) {
      const starts = service.started && (images.get(service.name)!.runs || hasCommand(service));
      if (starts) await start(store, service, options.tell);
    }
  }
}

const hasCommand = ({ command, entrypoint }: Service) => Boolean(command ?? entrypoint);

function describe(service: Service, image: ChosenImage, resolved: Resolved): Wanted {
  const words = [...optionWords(service, resolved), ...commandWords(service, resolved)];
  const content = JSON.stringify([1, image.id, words.filter((word) => word !== image.word)]);
  return { service, image, resolved, hash: digestOf(content).replace("sha256:", "").slice(0, 32) };
}

/** Names of containers and commands that belong to others. */
function refuseForeign(store: Store, services: readonly Service[], state: State): void {
  const own = new Set([...state.containers.values()].map(({ meta }) => meta.id));
  for (const { name, containerName, expose } of services) {
    const holder = named(store, containerName);
    if (holder && !own.has(holder.meta.id)) {
      const message = `${name}: the container name "${containerName}" is taken`;
      throw new LpmxError("usage", message, {
        hint: `remove that container (lpmx rm ${containerName}), or give another container_name`,
      });
    }
    for (const { as } of expose) {
      const command = state.commands.find((one) => one.name === as);
      const stale = command && !readContainer(store, command.containerId);
      const foreign = command
        ? !stale && !own.has(command.containerId)
        : exists(store.at(`bin/${as}`));
      if (!foreign) continue;
      const whose = command
        ? `by ${command.program} of container ${command.containerId.slice(0, 12)}`
        : "by a file that is not lpmx's";
      throw new LpmxError("usage", `${name}: the command "${as}" is taken ${whose}`, {
        hint: `give another name (as: …), or remove it: lpmx expose rm ${as}`,
      });
    }
  }
}

/** Sources of mounts and programs of the host that are not there. */
function refuseMissing({ name, volumes, maps }: Service): void {
  for (const { type, source, spot } of volumes) {
    if (type !== "bind" || exists(source!)) continue;
    const message = `there is no "${source}" on the host`;
    throw fault(spot, `services.${name}.volumes`, message, "make it first");
  }
  for (const { service, program, spot } of maps) {
    if (service !== undefined || exists(program)) continue;
    throw fault(spot, `services.${name}.maps`, `there is no "${program}" on the host`);
  }
}

function named(store: Store, name: string): Container | undefined {
  try {
    const found = findContainer(store, name);
    return found.meta.name === name ? found : undefined;
  } catch (error) {
    if (error instanceof LpmxError) return undefined;
    throw error;
  }
}

/** Makes a service's container where it is missing or other than wanted. */
async function make(
  store: Store,
  project: string,
  { service, resolved, hash }: Wanted,
  state: State,
  { recreate, tell }: UpOptions,
): Promise<void> {
  const { name, containerName, tty, expose } = service;
  const old = state.containers.get(name);
  if (old) {
    const same = labelOf(old, label.hash) === hash && old.meta.name === containerName;
    if (same && !recreate) return tell(`${name}: up to date`);
    if (old.live.length > 0 && !recreate) {
      tell(`${name}: has changed, but is running: left as it is (--force-recreate ends it)`);
      return;
    }
    await removeWithCommands(store, old, state, expose.map(({ as }) => as));
  }
  const labels = [[label.project, project], [label.service, name], [label.hash, hash]];
  await callLpmx([
    "create",
    `--name=${containerName}`,
    "--pull=never",
    ...labels.map(([key, value]) => `--label=${key}=${value}`),
    ...(tty ? ["--tty"] : []),
    ...optionWords(service, resolved),
    ...commandWords(service, resolved),
  ], name);
  tell(`${name}: ${old ? "made again" : "created"}`);
}

async function orphans(
  store: Store,
  { project }: Loaded,
  state: State,
  { removeOrphans, tell }: UpOptions,
): Promise<void> {
  for (const [name, container] of state.containers) {
    if (project.services.some((service) => service.name === name)) continue;
    if (removeOrphans) await removeWithCommands(store, container, state);
    tell(
      removeOrphans
        ? `${name}: removed`
        : `${name}: its container is no longer in the file (--remove-orphans removes it)`,
    );
  }
}

/** Starts what has a command, unless it runs or has ended well; waits for what it depends on. */
async function start(store: Store, service: Service, tell: (line: string) => void): Promise<void> {
  const { name, containerName, dependsOn, restart } = service;
  const container = findContainer(store, containerName);
  if (isRunning(container)) return;
  if (container.exit?.code === 0 && !restart) return tell(`${name}: has ended well before`);
  for (const { service: other, completed } of dependsOn) {
    if (completed) await waitFor(store, container, other);
  }
  await callLpmx(["start", containerName], name);
  tell(`${name}: started`);
}

/** Waits for a service of the same project to end with status 0. */
async function waitFor(store: Store, waiting: Container, other: string): Promise<void> {
  const project = labelOf(waiting, label.project)!;
  const container = (await observe(store, project)).containers.get(other);
  if (!container) return;
  const status = container.exit && !isRunning(container)
    ? container.exit.code
    : await waitForContainer(store, container);
  if (status === 0) return;
  const name = labelOf(waiting, label.service);
  const message = `${name}: not started: ${other} ended with status ${status}`;
  throw new LpmxError("usage", message, { hint: `see lpmx compose logs ${other}` });
}
