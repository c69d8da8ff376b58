/* save: images of the store as an archive or a layout that docker, podman, skopeo and lpmx load read.
 *
 * Form: OCI image spec, "image-layout"; docker-archive is that with manifest.json besides, as `docker save` writes it since 25.0 (moby
 * image spec v1.2). Layers are made anew (stored_layer.ts), so their diff-ids and the image's id can differ from what was pulled:
 * docs/decisions/0011-layers-saved-again.md.
 */
import { type ByteText, LpmxError, parseJson } from "../base/mod.ts";
import {
  asIoError,
  digestOf,
  EACCES,
  type OutputFile,
  SysError,
  writeOutPieces,
  writeOutput,
  writeOutputFolder,
} from "../host/mod.ts";
import {
  digestHex,
  type EntryType,
  familiarName,
  parseConfig,
  parseRef,
  tarEnd,
  tarHeader,
  tarPadding,
} from "../image/mod.ts";
import { readConfigText, type Store } from "../store/mod.ts";
import { findImageIn } from "./find_image.ts";
import { type StoredLayer, storedLayer } from "./stored_layer.ts";

/** What is written. */
export type SaveFormat = "docker-archive" | "oci-archive" | "oci-dir";

/** A file of the layout. */
interface SavedFile extends OutputFile {
  size: number;
}

interface SavedImage {
  /** Normalised references. */
  names: string[];
  config: Blob;
  manifest: Blob;
  layers: string[];
}

interface Blob {
  digest: string;
  text: string;
}

const types = {
  index: "application/vnd.oci.image.index.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar",
};

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
function withLayers(text: string, diffIds: readonly string[]): string {
  const config = parseJson(text, "the image's config", "bad-record") as {
    rootfs: { diff_ids: string[] | null };
  };
  const same = diffIds.every((diffId, at) => diffId === config.rootfs.diff_ids![at]);
  if (same) return text;
  return JSON.stringify({ ...config, rootfs: { ...config.rootfs, diff_ids: diffIds } });
}

function blobOf(text: string): Blob {
  return { digest: digestOf(text), text };
}

function descriptor(mediaType: string, { digest, text }: Blob) {
  return { mediaType, digest, size: new TextEncoder().encode(text).length };
}

const blobName = (digest: string) => `blobs/sha256/${digestHex(digest)}`;

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
  const small = [...texts, ...blobs].map(([name, text]): SavedFile => {
    const bytes = new TextEncoder().encode(text);
    return { name, size: bytes.length, pieces: () => [bytes] };
  });
  const large = [...layers.values()].map(({ digest, size, pieces }): SavedFile => ({
    name: blobName(digest),
    size,
    pieces,
  }));
  return [...small, ...large];
}

/** index.json: a descriptor for each name, with the annotations that docker and containerd write. */
function indexOf(images: readonly SavedImage[]) {
  const manifests = images.flatMap(({ names, manifest }) => {
    const plain = descriptor(types.manifest, manifest);
    if (names.length === 0) return [plain];
    return names.map((name) => ({
      ...plain,
      annotations: {
        "io.containerd.image.name": name,
        "org.opencontainers.image.ref.name": parseRef(name).tag ?? "latest",
      },
    }));
  });
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

function* archiveOf(files: readonly SavedFile[]): Generator<Uint8Array<ArrayBuffer>> {
  const member = (path: string, type: EntryType, mode: number, size: number) =>
    tarHeader({ path: path as ByteText, type, mode, uid: 0, gid: 0, size, mtime: 0, mtimeNs: 0 });
  for (const folder of ["blobs", "blobs/sha256"]) yield member(folder, "dir", 0o755, 0);
  for (const { name, size, pieces } of files) {
    yield member(name as string, "file", 0o644, size);
    yield* pieces();
    yield tarPadding(size);
  }
  yield tarEnd();
}
