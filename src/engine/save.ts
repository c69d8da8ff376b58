/* save: images of the store as an archive or a layout that docker, podman, skopeo and lpmx load read.
 *
 * Form: OCI image spec, "image-layout"; docker-archive is that with manifest.json besides, as `docker save` writes it since 25.0 (moby
 * image spec v1.2). Layers are made anew (stored_layer.ts), so their diff-ids and the image's id can differ from what was pulled:
 * docs/decisions/0011-layers-saved-again.md.
 */
import { LpmxError, parseJson } from "../base/mod.ts";
import {
  asIoError,
  EACCES,
  SysError,
  writeOutPieces,
  writeOutput,
  writeOutputFolder,
} from "../host/mod.ts";
import { familiarName, parseConfig } from "../image/mod.ts";
import { readConfigText, type Store } from "../store/mod.ts";
import { findImageIn } from "./find_image.ts";
import {
  archiveOf,
  type Blob,
  blobName,
  blobOf,
  descriptor,
  namedDescriptors,
  type SavedFile,
  textFile,
  types,
} from "./oci_archive.ts";
import { type StoredLayer, storedLayer } from "./stored_layer.ts";

/** What is written. */
export type SaveFormat = "docker-archive" | "oci-archive" | "oci-dir";

interface SavedImage {
  /** Normalised references. */
  names: string[];
  config: Blob;
  manifest: Blob;
  layers: string[];
}

/** Writes images of these stores, of which the first that has it counts, to a path ("-": standard output, no folder there).
 * Throws LpmxError, BrokenPipe. */
export function saveImages(
  stores: readonly Store[],
  words: readonly string[],
  path: string,
  format: SaveFormat,
): void {
  const layers = new Map<string, StoredLayer>();
  let files: SavedFile[];
  try {
    files = filesOf(collect(stores, words, layers), layers, format);
  } catch (error) {
    throw unreadable(error);
  }
  if (format === "oci-dir") writeOutputFolder(path, files);
  else if (path === "-") writeOutPieces(archiveOf(files));
  else writeOutput(path, archiveOf(files));
}

/** Of a store of somebody else a user sees what others may see in the image. */
function unreadable(error: unknown): unknown {
  if (!(error instanceof SysError) || error.errno !== EACCES) {
    return asIoError("Cannot read the image", error);
  }
  return new LpmxError("io", `Cannot read the image: ${error.message}`, {
    hint: "its store belongs to somebody else; load or pull the image into your own",
    cause: error,
  });
}

function collect(
  stores: readonly Store[],
  words: readonly string[],
  layers: Map<string, StoredLayer>,
): SavedImage[] {
  const images = new Map<string, SavedImage>();
  for (const word of words) {
    const { store, id, name } = findImageIn(stores, word);
    const image = images.get(id) ?? describe(store, id, layers);
    if (name !== undefined && !name.includes("@") && !image.names.includes(name)) {
      image.names.push(name);
    }
    images.set(id, image);
  }
  return [...images.values()];
}

function describe(store: Store, id: string, layers: Map<string, StoredLayer>): SavedImage {
  const before = readConfigText(store, id);
  const made = parseConfig(before, "the image's config").diffIds.map((diffId) =>
    storedLayer(store, diffId)
  );
  for (const layer of made) layers.set(layer.digest, layer);
  const config = blobOf(withLayers(before, made.map(({ digest }) => digest)));
  const manifest = blobOf(JSON.stringify({
    schemaVersion: 2,
    mediaType: types.manifest,
    config: descriptor(types.config, config),
    layers: made.map(({ digest, size }) => ({ mediaType: types.layer, digest, size })),
  }));
  return { names: [], config, manifest, layers: made.map(({ digest }) => digest) };
}

/** The config as it is where the layers are the same, else with the new diff-ids. */
export function withLayers(text: string, diffIds: readonly string[]): string {
  const config = parseJson(text, "the image's config", "bad-record") as {
    rootfs: { diff_ids: string[] | null };
  };
  const same = diffIds.every((diffId, at) => diffId === config.rootfs.diff_ids![at]);
  if (same) return text;
  return JSON.stringify({ ...config, rootfs: { ...config.rootfs, diff_ids: diffIds } });
}

/** All files of the layout; each blob once. */
function filesOf(
  images: readonly SavedImage[],
  layers: ReadonlyMap<string, StoredLayer>,
  format: SaveFormat,
): SavedFile[] {
  const texts: [name: string, text: string][] = [
    ["oci-layout", JSON.stringify({ imageLayoutVersion: "1.0.0" })],
    ["index.json", JSON.stringify(indexOf(images))],
  ];
  if (format === "docker-archive") texts.push(["manifest.json", JSON.stringify(listOf(images))]);
  const blobs = new Map(
    images.flatMap(({ config, manifest }) => [config, manifest]).map((
      { digest, text },
    ) => [blobName(digest), text]),
  );
  const small = [...texts, ...blobs].map(([name, text]) => textFile(name, text));
  const large = [...layers.values()].map(({ digest, size, pieces }): SavedFile => ({
    name: blobName(digest),
    size,
    pieces,
  }));
  return [...small, ...large];
}

/** index.json. */
function indexOf(images: readonly SavedImage[]) {
  const manifests = images.flatMap(({ names, manifest }) => namedDescriptors(manifest, names));
  return { schemaVersion: 2, mediaType: types.index, manifests };
}

/** manifest.json of docker. */
function listOf(images: readonly SavedImage[]) {
  return images.map(({ names, config, layers }) => ({
    Config: blobName(config.digest),
    RepoTags: names.length > 0 ? names.map(familiarName) : null,
    Layers: layers.map(blobName),
  }));
}
