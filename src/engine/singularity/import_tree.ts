/* Brings a file system image into the store: its tree becomes one layer, what runs in it by default another small one.
 */
import { LpmxError, showByteText } from "../../base/mod.ts";
import {
  parseConfig,
  parseRef,
  type Platform,
  platformText,
  refText,
  tarEnd,
  tarHeader,
  tarPadding,
  type TreeSource,
} from "../../image/mod.ts";
import { type Store } from "../../store/mod.ts";
import { type Imported, importImage, type ImportProgress } from "../import_image.ts";
import { layerInStore, storeLayer } from "../store_layer.ts";
import { configText, readSettings, scriptEntry } from "./config.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** How to import a tree. */
export interface TreeOptions {
  /** The image's reference, if it is to have one. */
  name: string | undefined;
  platform: Platform;
  progress: ImportProgress;
  warn(line: string): void;
}

/** Until it is read, the layer has no digest to be called by. */
const layerName = "tree";
/** Of names that are left out only these are told one by one. */
const mostTold = 5;

/** Imports a tree as an image. Throws LpmxError. */
export async function importTree(
  store: Store,
  tree: TreeSource,
  { name, platform, progress, warn }: TreeOptions,
): Promise<Imported> {
  const architecture = checkedArchitecture(tree, platform);
  const settings = readSettings(tree, warn); // what is damaged there costs nothing
  const left: string[] = [];
  const archive = tree.archive((path, why) => {
    left.push(`"/${showByteText(path)}" is left out: ${why}`);
  });
  progress.layer(layerName, "start");
  const diffIds = [storeLayer(store, counted(archive, progress))!];
  progress.layer(layerName, "done");
  // Not before: a line in between would disturb those of the progress.
  [...tree.notes, ...left.slice(0, mostTold)].forEach(warn);
  if (left.length > mostTold) warn(`${left.length - mostTold} more names are left out`);
  if (settings.script !== undefined) {
    diffIds.push(storeLayer(store, scriptArchive(settings.script))!);
  }
  const text = configText(settings, { architecture, created: timeOf(tree.created), diffIds });
  return await importImage(store, {
    names: name === undefined ? [] : [name],
    manifestDigest: undefined,
    configText: text,
    config: parseConfig(text, "the new config"),
    layers: diffIds.map(layerInStore),
  }, { layer() {}, bytes() {} });
}

/** The reference of an image that comes from a file: `name`, else the file's name, which may hold a tag. Undefined for standard input.
 * Throws LpmxError("bad-reference"). */
export function treeName(
  path: string,
  name: string | undefined,
  tag: string | undefined,
): string | undefined {
  const base = name ?? (path === "-" ? undefined : stem(path));
  if (base === undefined) return undefined;
  try {
    const ref = parseRef(tag === undefined ? base : `${base}:${tag}`);
    if (ref.digest === undefined) return refText(ref);
  } catch (error) {
    if (name !== undefined || !(error instanceof LpmxError)) throw error;
  }
  throw new LpmxError("bad-reference", `"${base}" cannot be the name of an image`, {
    hint: "give it one: lpmx load -n NAME FILE",
  });
}

function stem(path: string): string {
  const file = path.slice(path.lastIndexOf("/") + 1);
  return file.replace(/\.(sif|simg|img|sqsh|sqfs|squashfs)$/i, "");
}

function checkedArchitecture(tree: TreeSource, want: Platform): string {
  const have = tree.architecture ?? want.architecture;
  if (want.os === "linux" && have === want.architecture) return have;
  const platform = platformText({ os: "linux", architecture: have, variant: undefined });
  throw new LpmxError(
    "platform-mismatch",
    `the image is for ${platform}, not for ${platformText(want)}`,
    { hint: `load it all the same with --platform ${platform}` },
  );
}

function* counted(pieces: Iterable<Bytes>, progress: ImportProgress): Generator<Bytes> {
  let done = 0;
  for (const piece of pieces) {
    yield piece;
    progress.bytes(layerName, done += piece.length, undefined);
  }
}

function* scriptArchive(script: string): Generator<Bytes> {
  const bytes = new TextEncoder().encode(script);
  yield tarHeader(scriptEntry(bytes.length));
  yield bytes;
  yield tarPadding(bytes.length);
  yield tarEnd();
}

/** Times that no date can hold are as good as none. */
function timeOf(seconds: number): string | undefined {
  const sane = seconds > 0 && seconds < 2 ** 37;
  return sane ? new Date(seconds * 1000).toISOString() : undefined;
}
