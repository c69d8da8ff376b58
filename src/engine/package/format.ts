/* lpmx-package.json: what a package holds besides the OCI layout around it (docs/guide/moving.md). Pure.
 *
 * A package is a tar archive: an OCI image layout, so that other programs can read its images, and this file, which says which of them
 * are images that the user named and which containers are to be made of the others. Paths of the store it was made in do not occur.
 */
import * as v from "valibot";
import { LpmxError, parseJson } from "../../base/mod.ts";
import { validate } from "../../image/mod.ts";

export const packageFile = "lpmx-package.json";
export const packageVersion = 1;

const digest = v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/, "is not sha256:HEX"));
const word = v.pipe(v.string(), v.regex(/^[^\0]*$/, "contains a NUL"));
const words = v.array(word);
const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 31));
const guestPath = v.pipe(word, v.regex(/^\/./, "is no path of a container"));
const hostPath = v.pipe(word, v.regex(/^\//, "is no absolute path"));
const name = v.pipe(v.string(), v.check(isName, "is no name of a container or volume"));
const commandName = v.pipe(v.string(), v.regex(/^[^.\-\/\0][^\/\0]{0,199}$/, "is no name"));

/** Whether a container or volume may have this name (shim/launcher: name_ok, volume_name_ok). */
export function isName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_.-]{1,198}$/.test(text);
}

/** A tar archive among the blobs, compressed: what was in a volume. */
const archive = v.object({ digest, diffId: digest, size: count });
const mount = v.variant("type", [
  v.object({
    type: v.literal("bind"),
    target: guestPath,
    readOnly: v.boolean(),
    source: hostPath,
    file: v.boolean(),
  }),
  v.object({
    type: v.literal("volume"),
    target: guestPath,
    readOnly: v.boolean(),
    /** null: the container's own. */
    name: v.nullable(name),
    content: archive,
  }),
  v.object({ type: v.literal("tmpfs"), target: guestPath, readOnly: v.boolean() }),
]);
const map = v.object({
  guest: guestPath,
  target: v.variant("type", [
    v.object({ type: v.literal("host"), program: hostPath }),
    v.object({ type: v.literal("container"), container: name, program: word }),
    v.object({ type: v.literal("command"), command: commandName }),
  ]),
});
const command = v.object({
  name: commandName,
  program: word,
  env: words,
  user: v.nullable(word),
  workdir: v.nullable(word),
  clean: v.boolean(),
});
const container = v.object({
  name,
  /** Digest of the manifest of its image, which has its command, user and working directory, too. */
  manifest: digest,
  /** NAME=VALUE, without what every container gets by itself. */
  env: words,
  labels: words,
  /** null: that of the machine. */
  hostname: v.nullable(word),
  addHosts: words,
  /** --grid; null: what the machine has. */
  grid: v.nullable(word),
  stopSignal: count,
  stopTimeout: count,
  rm: v.boolean(),
  readOnly: v.boolean(),
  tty: v.boolean(),
  interactive: v.boolean(),
  /** --engine; null: what the machine allows. */
  engine: v.nullable(v.picklist(["trap", "preload"])),
  /** NAME=VALUE: gpu, nv, rocm, x11. */
  entry: v.array(v.pipe(word, v.regex(/^(gpu|nv|rocm|x11)=/, "is not known"))),
  broker: v.array(hostPath),
  mounts: v.array(mount),
  maps: v.array(map),
  commands: v.array(command),
});
const image = v.object({
  manifest: digest,
  /** Normalised references. */
  names: v.array(v.string()),
});
const schema = v.object({
  version: v.literal(packageVersion),
  /** The lpmx that made it. */
  lpmx: v.string(),
  images: v.array(image),
  containers: v.array(container),
});

/** The whole file. */
export type PackageDocument = v.InferOutput<typeof schema>;
/** A container in it. */
export type PackedContainer = PackageDocument["containers"][number];
export type PackedMount = PackedContainer["mounts"][number];
export type PackedVolume = Extract<PackedMount, { type: "volume" }>;
export type PackedMap = PackedContainer["maps"][number];
export type PackedCommand = PackedContainer["commands"][number];
export type PackedArchive = PackedVolume["content"];

/** Reads the file. Throws LpmxError("bad-archive" | "bad-manifest" | "unsupported"). */
export function parsePackage(text: string): PackageDocument {
  const value = parseJson(text, packageFile, "bad-archive") as Record<string, unknown> | null;
  const version = value?.["version"];
  if (typeof version !== "number") {
    throw new LpmxError("bad-archive", `Cannot read ${packageFile}: it says no version`);
  }
  if (version !== packageVersion) {
    throw new LpmxError("unsupported", `packages of version ${version} are not known here`, {
      hint: `this lpmx knows version ${packageVersion}: use the lpmx that made it, or a newer one`,
    });
  }
  const document = validate(schema, value, packageFile);
  checkNames(document);
  return document;
}

/** What a schema cannot say: names are given once, and maps lead to what is there. */
function checkNames({ containers }: PackageDocument): void {
  const names = containers.map(({ name }) => name);
  const commands = containers.flatMap((one) => one.commands.map(({ name }) => name));
  const bad = (what: string) => new LpmxError("bad-archive", `Cannot read ${packageFile}: ${what}`);
  const twice = [names, commands].map((all) => all.find((name, at) => all.indexOf(name) !== at));
  if (twice[0] !== undefined) throw bad(`it has two containers named "${twice[0]}"`);
  if (twice[1] !== undefined) throw bad(`it has two commands named "${twice[1]}"`);
  for (const { target } of containers.flatMap(({ maps }) => maps)) {
    if (target.type === "container" && !names.includes(target.container)) {
      throw bad(`a map leads to container "${target.container}", which it lacks`);
    }
    if (target.type === "command" && !commands.includes(target.command)) {
      throw bad(`a map leads to the command "${target.command}", which it lacks`);
    }
  }
}
