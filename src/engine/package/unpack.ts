/* unpack: what `lpmx package` has written into this store. All of it or nothing: what can be refused is refused before anything is changed,
 * and undo.ts takes back what a failure or a kill leaves.
 */
import { inContext, LpmxError } from "../../base/mod.ts";
import { asIoError, digestOf, exists, readLinkIfAny } from "../../host/mod.ts";
import { parseRef, type Platform, refText, type SourceImage } from "../../image/mod.ts";
import { openPackage, type PackageArchive } from "../../source/mod.ts";
import { imageIds, readContainer, Store } from "../../store/mod.ts";
import {
  chainIdOf,
  importImage,
  type ImportProgress,
  readRefs,
  writeRefs,
} from "../import_image.ts";
import { isName, type PackageDocument, packageFile, parsePackage } from "./format.ts";
import { makeContainers } from "./make.ts";
import { exposed } from "./settings.ts";
import { Undo, undoDead } from "./undo.ts";

/** What unpack is asked for. */
export interface UnpackOptions {
  /** "NEW" for the only container of a package, or "OLD=NEW". */
  names: readonly string[];
  expose: boolean;
  platform: Platform;
  progress: ImportProgress;
  warn(line: string): void;
  /** What there is now. */
  done(what: "image" | "container" | "command", name: string): void;
}

/** Unpacks a package ("-": standard input). Throws LpmxError that names it. */
export async function unpackPackage(
  store: Store,
  path: string,
  options: UnpackOptions,
): Promise<void> {
  store.prepare();
  store.sweep();
  await undoDead(store);
  try {
    const { platform } = options, tempFolder = store.at("staging");
    const archive = await openPackage(path, packageFile, { platform, tempFolder });
    try {
      await unpackArchive(store, archive, options);
    } finally {
      archive.close();
    }
  } catch (error) {
    const what = path === "-" ? "standard input" : path;
    throw inContext(`Cannot unpack "${what}"`, asIoError("its content", error));
  }
}

async function unpackArchive(
  store: Store,
  archive: PackageArchive,
  options: UnpackOptions,
): Promise<void> {
  const document = renamed(parsePackage(archive.description), options.names);
  if (!options.expose) dropCommands(document);
  const images = await imagesOf(archive, document);
  refuseTaken(store, document);
  const undo = new Undo(store);
  try {
    const ids = new Map<string, string>();
    for (const [manifest, image] of images) {
      ids.set(manifest, await bring(store, image, undo, options));
    }
    await makeContainers(store, document.containers, { archive, ids, undo, warn: options.warn });
    await nameImages(store, document, ids, undo);
    undo.keep();
  } catch (error) {
    try {
      await undo.undo();
    } catch {
      // What went wrong first matters more; the next one takes back what is left.
    }
    throw error;
  }
  tellAll(document, options);
}

function tellAll({ images, containers }: PackageDocument, { done }: UnpackOptions): void {
  for (const { names, manifest } of images) {
    for (const name of names.length > 0 ? names : [manifest]) done("image", name);
  }
  for (const { name } of containers) done("container", name);
  for (const { name } of containers.flatMap(({ commands }) => commands)) done("command", name);
}

/** The package with its containers under the names that were asked for. Throws LpmxError("usage"). */
function renamed(document: PackageDocument, words: readonly string[]): PackageDocument {
  const { containers } = document;
  const names = new Map<string, string>();
  for (const word of words) {
    const [old, name] = word.includes("=") ? word.split(/=(.*)/s) : [containers[0]?.name, word];
    const known = containers.some((one) => one.name === old);
    if (!known || (!word.includes("=") && containers.length > 1)) throw badRename(document, word);
    if (!isName(name!)) {
      throw new LpmxError(
        "usage",
        `invalid container name (${name}), only ${nameRule} are allowed`,
      );
    }
    names.set(old!, name!);
  }
  const now = (name: string) => names.get(name) ?? name;
  const text = JSON.stringify({
    ...document,
    containers: containers.map((one) => ({
      ...one,
      name: now(one.name),
      maps: one.maps.map((map) =>
        map.target.type === "container"
          ? { ...map, target: { ...map.target, container: now(map.target.container) } }
          : map
      ),
    })),
  });
  return words.length === 0 ? document : parsePackage(text);
}

const nameRule = "[a-zA-Z0-9][a-zA-Z0-9_.-]";

function badRename({ containers }: PackageDocument, word: string): LpmxError {
  const names = containers.map(({ name }) => name).join(", ");
  return new LpmxError(
    "usage",
    `cannot use --name ${word}: it has the containers ${names || "none"}`,
    {
      hint: "write OLD=NEW",
    },
  );
}

/** Without exposed commands: maps that led to one lead to its program. */
function dropCommands({ containers }: PackageDocument): void {
  for (const { target } of containers.flatMap(({ maps }) => maps)) {
    if (target.type !== "command") continue;
    const owner = containers.find(({ commands }) =>
      commands.some(({ name }) => name === target.command)
    )!;
    const { program } = owner.commands.find(({ name }) => name === target.command)!;
    Object.assign(target, { type: "container", container: owner.name, program });
  }
  for (const container of containers) container.commands = [];
}

/** The package's images by their manifests' digests. Throws LpmxError where it lacks one, or a blob of one. */
async function imagesOf(
  archive: PackageArchive,
  { images, containers }: PackageDocument,
): Promise<Map<string, SourceImage>> {
  const found = new Map((await archive.images()).map((one) => [one.manifestDigest ?? "", one]));
  const wanted = new Set([...images, ...containers].map(({ manifest }) => manifest));
  const lacking = (what: string) => new LpmxError("bad-archive", `it lacks ${what}`);
  const chosen = new Map<string, SourceImage>();
  for (const manifest of wanted) {
    const image = found.get(manifest);
    if (!image) throw lacking(`the image ${manifest}`);
    const missing = image.layers.find(({ digest }) => !archive.has(digest!));
    if (missing) throw lacking(`the layer ${missing.digest}`);
    chosen.set(manifest, image);
  }
  for (const mount of containers.flatMap(({ mounts }) => mounts)) {
    if (mount.type === "volume" && !archive.has(mount.content.digest)) {
      throw lacking(`the volume ${mount.content.digest}`);
    }
  }
  return chosen;
}

/** Names of containers and commands that others have. A command whose container is gone may go. */
function refuseTaken(store: Store, { containers }: PackageDocument): void {
  for (const { name } of containers) {
    const id = namedContainer(store, name);
    if (id === undefined) continue;
    const message = `the container name "${name}" is already in use by container ${
      id.slice(0, 12)
    }`;
    const other = containers.length > 1 ? `${name}=OTHER` : "OTHER";
    throw new LpmxError("usage", message, {
      hint: `remove it (lpmx rm ${name}), or give another with --name ${other}`,
      exit: 1,
    });
  }
  const there = new Map(exposed(store).map((one) => [one.command.name, one.container]));
  for (const { name } of containers.flatMap(({ commands }) => commands)) {
    const holder = there.get(name);
    const taken = holder === undefined
      ? exists(store.at(`bin/${name}`))
      : readContainer(store, holder);
    if (!taken) continue;
    const whose = holder === undefined
      ? "a file that is not lpmx's"
      : `container ${holder.slice(0, 12)}`;
    throw new LpmxError("usage", `the exposed command "${name}" is taken by ${whose}`, {
      hint:
        `remove it (lpmx expose rm ${name}), or leave the package's commands out with --no-expose`,
      exit: 1,
    });
  }
}

function namedContainer(store: Store, name: string): string | undefined {
  const link = readLinkIfAny(store.at(`names/${name}`))?.replace(/^.*\//, "");
  return link !== undefined && readContainer(store, link) ? link : undefined;
}

/** Imports an image without its names, which come last. */
async function bring(
  store: Store,
  image: SourceImage,
  undo: Undo,
  { progress }: UnpackOptions,
): Promise<string> {
  const { diffIds } = image.config;
  const parts = [...diffIds.map((diffId) => Store.layer(diffId)), Store.index(chainIdOf(diffIds))];
  for (const part of parts) undo.note("parts", part, exists(store.at(part)));
  const expected = digestOf(image.configText).slice(7);
  undo.note("images", expected, imageIds(store).includes(expected));
  return (await importImage(store, { ...image, names: [] }, progress)).id;
}

async function nameImages(
  store: Store,
  { images }: PackageDocument,
  ids: ReadonlyMap<string, string>,
  undo: Undo,
): Promise<void> {
  await store.locked(() => {
    const table = readRefs(store);
    const all = images.flatMap(({ names, manifest }) =>
      names.map((name) => [refText(parseRef(name)), ids.get(manifest)!] as const)
    );
    undo.noteNames(all.map(([name, id]) => ({ name, id, before: table.refs.get(name) ?? null })));
    for (const [name, id] of all) table.refs.set(name, id);
    writeRefs(store, table);
  });
}
