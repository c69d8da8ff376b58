/* Containers on disk, which the launcher makes (shim/launcher/container.h): containers/ID/{meta.json,plan,state/…}, names/NAME.
 *
 * A container without meta.json does not exist, whatever a killed process left of it. state/live holds a file for each process
 * that lives in it, named by its mark and holding "main", "exec" or "job"; state/exit tells how the main program ended.
 */
import * as v from "valibot";
import { LpmxError, parseJson } from "../base/mod.ts";
import {
  fateOf,
  hostOf,
  listFolder,
  livingPid,
  lstatIfAny,
  ownMark,
  readLinkIfAny,
  readTextIfAny,
  removeQuietly,
  writeAtomically,
} from "../host/mod.ts";
import { validate } from "../image/mod.ts";
import { type Store } from "./layout.ts";

const texts = v.optional(v.array(v.string()), []);
const metaSchema = v.object({
  id: v.string(),
  name: v.nullish(v.string(), ""),
  created: v.number(),
  tree: v.nullish(v.string()),
  image: v.nullish(v.string()),
  imageId: v.nullish(v.string(), ""),
  imageName: v.nullish(v.string(), ""),
  layers: texts,
  index: v.nullish(v.string(), ""),
  owner: v.optional(v.tuple([v.number(), v.number()]), [0, 0]),
  entrypoint: texts,
  cmd: texts,
  env: texts,
  labels: texts,
  entry: texts,
  engine: v.nullish(v.picklist(["trap", "preload"])),
  /** Flags whose effect the rest does not tell (shim/launcher/plan.h). */
  given: texts,
  workdir: v.nullish(v.string(), "/"),
  user: v.nullish(v.string(), ""),
  hostname: v.nullish(v.string(), ""),
  stopSignal: v.optional(v.number(), 0),
  stopTimeout: v.optional(v.number(), 10),
  rm: v.optional(v.boolean(), false),
  readOnly: v.optional(v.boolean(), false),
  tty: v.optional(v.boolean(), false),
  interactive: v.optional(v.boolean(), false),
  binds: v.optional(
    v.array(v.object({ guest: v.string(), host: v.nullish(v.string(), ""), flags: texts })),
    [],
  ),
});
const exitSchema = v.object({ code: v.number(), finished: v.number() });

/** What meta.json says. */
export type ContainerMeta = v.InferOutput<typeof metaSchema>;

/** A process that lives in a container. */
export interface LiveProcess {
  main: boolean;
  /** A job that a scheduler runs: outlives the main program. */
  job: boolean;
  /** On this machine; undefined for one that cannot be judged from here. */
  pid: number | undefined;
  host: string;
  /** Seconds since 1970. */
  since: number;
}

/** A container. */
export interface Container {
  meta: ContainerMeta;
  live: LiveProcess[];
  exit: { code: number; finished: number } | undefined;
}

const folderOf = (id: string) => `containers/${id}`;

/** Reads a container; undefined when there is none. Throws LpmxError("bad-record"). */
export function readContainer(store: Store, id: string): Container | undefined {
  const path = store.at(`${folderOf(id)}/meta.json`);
  const text = readTextIfAny(path);
  if (text === undefined) return undefined;
  const meta = validate(metaSchema, parseJson(text, `"${path}"`, "bad-record"), `"${path}"`);
  const ended = readTextIfAny(store.at(`${folderOf(id)}/state/exit`));
  const exit = ended === undefined
    ? undefined
    : validate(exitSchema, parseJson(ended, "state/exit", "bad-record"), "state/exit");
  return { meta, live: liveProcesses(store, id), exit };
}

function liveProcesses(store: Store, id: string): LiveProcess[] {
  const folder = store.at(`${folderOf(id)}/state/live`);
  return listFolder(folder).flatMap((mark): LiveProcess[] => {
    if (fateOf(mark) === "dead") return [];
    const path = `${folder}/${mark}`;
    const since = (lstatIfAny(path)?.mtime?.getTime() ?? 0) / 1000;
    const kind = readTextIfAny(path);
    return [{
      main: kind === "main",
      job: kind === "job",
      pid: livingPid(mark),
      host: hostOf(mark),
      since,
    }];
  });
}

/** Whether the container's main program runs. */
export function isRunning(container: Container): boolean {
  return container.live.some(({ main }) => main);
}

/** state/paused says who has stopped a container's processes for a moment: their launchers then take no part in it. */
const pausedPath = (store: Store, id: string) => store.at(`${folderOf(id)}/state/paused`);

/** The mark of a pause: a file, and what it says. */
export interface Paused {
  path: string;
  text: string;
  remove(): void;
}

/** Says that this process pauses a container. */
export function markPaused(store: Store, id: string): Paused {
  const path = pausedPath(store, id), text = ownMark();
  writeAtomically(path, text);
  return { path, text, remove: () => removeQuietly(path) };
}

/** Whether somebody has paused a container and was killed before letting it go on. */
export function pausedByDead(store: Store, id: string): boolean {
  const mark = readTextIfAny(pausedPath(store, id));
  return mark !== undefined && fateOf(mark) === "dead";
}

/** All containers, newest first. */
export function readContainers(store: Store): Container[] {
  return listFolder(store.at("containers")).flatMap((id) => readContainer(store, id) ?? [])
    .sort((x, y) => y.meta.created - x.meta.created);
}

/** Finds by name, id or unique beginning of an id. Throws LpmxError("container-not-found" | "ambiguous-name"). */
export function findContainer(store: Store, word: string): Container {
  const named = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(word)
    ? readLinkIfAny(store.at(`names/${word}`))?.replace(/^.*\//, "")
    : undefined;
  const byName = named && readContainer(store, named);
  if (byName) return byName;
  const ids = /^[0-9a-f]+$/.test(word)
    ? listFolder(store.at("containers")).filter((id) => id.startsWith(word))
    : [];
  const found = ids.flatMap((id) => readContainer(store, id) ?? []);
  if (found.length > 1) {
    throw new LpmxError("ambiguous-name", `container id "${word}" is ambiguous`, {
      hint: "give more digits",
    });
  }
  if (found[0]) return found[0];
  // A `run --rm` without --name has a name, but no link for it.
  const unlinked = readContainers(store).find(({ meta }) => meta.rm && meta.name === word);
  if (unlinked) return unlinked;
  throw new LpmxError("container-not-found", `no such container: ${word}`, {
    hint: "lpmx ps -a lists them",
  });
}
