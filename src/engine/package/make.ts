/* The containers of a package: made by the launcher, then given what was in their volumes, their commands and their maps.
 */
import { inContext, LpmxError } from "../../base/mod.ts";
import { exists, makeFolder, readTextIfAny, removeTree, statIfAny } from "../../host/mod.ts";
import { type Plan } from "../../runtime/mod.ts";
import { type PackageArchive } from "../../source/mod.ts";
import { type Container, readContainer, type Store } from "../../store/mod.ts";
import { planOf } from "../inspect.ts";
import { callLpmx } from "../launcher.ts";
import {
  type PackedCommand,
  type PackedContainer,
  type PackedMap,
  type PackedVolume,
} from "./format.ts";
import { type Undo } from "./undo.ts";
import { restoreFolder } from "./volume.ts";
import { createWords } from "./words.ts";

/** What making them needs. */
export interface Making {
  archive: PackageArchive;
  /** Ids of images by their manifests' digests. */
  ids: ReadonlyMap<string, string>;
  undo: Undo;
  warn(line: string): void;
}

/** Makes all containers, and connects them when all are there. Throws LpmxError. */
export async function makeContainers(
  store: Store,
  containers: readonly PackedContainer[],
  making: Making,
): Promise<void> {
  for (const container of containers) {
    for (const line of missing(container)) making.warn(line);
    await fillVolumes(store, container, making);
    await make(store, container, making);
  }
  for (const container of containers) await expose(container, making);
  for (const container of containers) await setMaps(container);
}

/** A line for each thing of the host that is not on this one. */
function missing({ name, mounts, maps, broker }: PackedContainer): string[] {
  const sources = mounts.flatMap((mount) =>
    mount.type === "bind" && !exists(mount.source)
      ? [`${name}: there is no ${mount.source} here, which it shows at ${mount.target}`]
      : []
  );
  const programs = maps.flatMap(({ guest, target }) =>
    target.type === "host" && !isProgram(target.program)
      ? [`${name}: there is no ${target.program} here: the map ${guest} is left out`]
      : []
  );
  const brokered = broker.filter((program) => !isProgram(program)).map((program) =>
    `${name}: there is no ${program} here for --broker`
  );
  return [...sources, ...programs, ...brokered];
}

function isProgram(path: string): boolean {
  const info = statIfAny(path);
  return info?.isFile === true && ((info.mode ?? 0) & 0o111) !== 0;
}

/** Makes the volumes with a name that the store lacks, with what was in them. */
async function fillVolumes(
  store: Store,
  { name, mounts }: PackedContainer,
  making: Making,
): Promise<void> {
  const { undo, warn } = making;
  for (const mount of mounts) {
    if (mount.type !== "volume" || mount.name === null) continue;
    const relative = `volumes/${mount.name}`, path = store.at(relative);
    if (undo.made(relative)) continue;
    if (exists(path)) {
      warn(`${name}: the volume ${mount.name} is here already and stays as it is`);
      continue;
    }
    makeFolder(store.at("volumes"), 0o700);
    await restore(name, mount, path, making);
    // Afterwards: one that somebody else has made is not to be taken back.
    undo.note("volumes", relative);
  }
}

async function restore(
  name: string,
  { target, content }: PackedVolume,
  path: string,
  { archive, undo }: Making,
): Promise<void> {
  try {
    if (await restoreFolder(path, undo.newFolder(), content, archive.blob(content.digest))) return;
  } catch (error) {
    throw inContext(`${name}: ${target}`, error);
  }
  const message = `${name}: another lpmx has made the volume ${target} meanwhile`;
  throw new LpmxError("store-busy", message, { hint: "try again" });
}

async function make(store: Store, container: PackedContainer, making: Making): Promise<void> {
  const { name, manifest } = container, { ids, undo } = making;
  const image = ids.get(manifest)!;
  const idFile = undo.idFile(name);
  undo.note("containers", name);
  await callLpmx(createWords(container, { name, image, idFile }), name);
  const made = readContainer(store, readTextIfAny(idFile) ?? "");
  if (!made) throw new LpmxError("launcher", `${name}: the container was not made`);
  const plan = planOf(store, made);
  await fillOwnVolumes(container, plan, making);
  const words = settingWords(container, made, plan);
  const broker = container.broker.filter(isProgram).map((program) => `--broker=${program}`);
  if (words.length + broker.length > 0) await callLpmx(["set", ...words, ...broker, name], name);
}

/** Fills the volumes that are the container's own, which are empty so far. */
async function fillOwnVolumes(
  { name, mounts }: PackedContainer,
  plan: Plan,
  making: Making,
): Promise<void> {
  for (const mount of mounts) {
    if (mount.type !== "volume" || mount.name !== null) continue;
    const host = plan.binds.find(({ guest }) => guest === mount.target)?.host;
    if (host === undefined) throw new LpmxError("launcher", `${mount.target} was not mounted`);
    removeTree(host);
    await restore(name, mount, host, making);
  }
}

/** Variables that every container gets by itself and this one lacked, and the other way round. */
function settingWords(container: PackedContainer, { meta }: Container, { env }: Plan): string[] {
  const nameOf = (line: string) => line.replace(/=.*$/s, "");
  const ofHost = (name: string) =>
    meta.given.includes(`host-env=${name}`) ||
    (name === "HOSTNAME" && container.hostname === null);
  const names = new Set(container.env.map(nameOf)), there = new Set(env);
  const extra = env.map(nameOf).filter((name) => !names.has(name) && !ofHost(name));
  const missing = container.env.filter((line) => !there.has(line));
  return [...extra.map((name) => `--unset=${name}`), ...missing.map((line) => `--env=${line}`)];
}

async function expose({ name, commands, mounts }: PackedContainer, { warn }: Making) {
  const shown = mounts.filter((mount) => mount.type === "bind" && !exists(mount.source));
  for (const command of commands) {
    try {
      // A command of that name leads to a container that is gone, or it would have been refused.
      await callLpmx(["expose", "--force", ...exposeWords(command), name, command.program], name);
    } catch (error) {
      // The program may be in a folder that this machine lacks, which has been told.
      if (shown.length === 0 || !(error instanceof LpmxError)) throw error;
      warn(error.message);
    }
  }
}

function exposeWords({ name, env, user, workdir, clean }: PackedCommand): string[] {
  return [
    `--name=${name}`,
    ...env.map((line) => `--env=${line}`),
    ...user === null ? [] : [`--user=${user}`],
    ...workdir === null ? [] : [`--workdir=${workdir}`],
    ...clean ? ["--clean-env"] : [],
  ];
}

async function setMaps({ name, maps }: PackedContainer): Promise<void> {
  const words = maps.filter(({ target }) => target.type !== "host" || isProgram(target.program))
    .map((map) => `${targetWord(map)}=${map.guest}`);
  if (words.length > 0) await callLpmx(["map", "add", name, ...words], name);
}

function targetWord({ target }: PackedMap): string {
  if (target.type === "host") return target.program;
  return target.type === "command" ? target.command : `${target.container}:${target.program}`;
}
