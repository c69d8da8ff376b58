/* The layers, images and volumes of a package: each archive is made once, compressed, as a file in a temporary folder of the store, since its
 * digest and size stand before it in the package.
 */
import { type ByteText, showByteText } from "../../base/mod.ts";
import { exists, filePieces, packInto } from "../../host/mod.ts";
import { parseConfig } from "../../image/mod.ts";
import { readUpper } from "../../runtime/mod.ts";
import { type Container, readConfigText, type Store } from "../../store/mod.ts";
import { upperPlace } from "../commit.ts";
import { configOf } from "../commit_config.ts";
import {
  type Blob,
  blobName,
  blobOf,
  descriptor,
  type SavedFile,
  textFile,
  types,
} from "../oci_archive.ts";
import { withLayers } from "../save.ts";
import { tarOf } from "../store_layer.ts";
import { storedTar } from "../stored_layer.ts";
import { type PackedArchive, type PackedMount } from "./format.ts";
import { type FoundMount, nameOf } from "./settings.ts";
import { folderChanges } from "./volume.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** An archive with no members is this long. */
const emptyTar = 1024;

/** An image as it will be in the package. */
export interface PackedImage {
  manifest: Blob;
  /** Whether its layers are the same bytes as in the store, and so its id. */
  same: boolean;
}

/** Makes the blobs of a package. `folder` is a temporary one. */
export class Blobs {
  #files = new Map<string, SavedFile>();
  #layers = new Map<string, PackedArchive>();
  #volumes = new Map<string, PackedArchive>();
  #count = 0;

  constructor(readonly folder: string, readonly warn: (line: string) => void) {}

  /** All so far. */
  get files(): SavedFile[] {
    return [...this.#files.values()];
  }

  /** An image of a store. Throws LpmxError, SysError. */
  image(store: Store, id: string): PackedImage {
    const before = readConfigText(store, id);
    const { diffIds } = parseConfig(before, "the image's config");
    const layers = diffIds.map((diffId) => this.#layer(store, diffId));
    return this.#manifest(before, layers, diffIds);
  }

  /** The image that a container is made of elsewhere: its own, one more layer, and its settings. The container is to be paused.
   * Throws LpmxError, SysError. */
  container(store: Store, container: Container, base: Store, env: string[]): PackedImage {
    const before = readConfigText(base, container.meta.imageId ?? "");
    const layers = parseConfig(before, "the image's config").diffIds
      .map((diffId) => this.#layer(base, diffId));
    const name = nameOf(container);
    const skipped = (path: ByteText) =>
      this.warn(`${name}: the socket /${showByteText(path)} is left out`);
    // Unlike commit, with what the image's own volumes hold: it is the container that moves.
    const changes = readUpper(upperPlace(store, container, []), skipped);
    const upper = this.#pack(tarOf(changes));
    const texts = { author: "", message: `lpmx package ${name}`, changes: [] };
    const meta = { ...container.meta, env };
    const text = configOf(before, { ...container, meta }, upper?.diffId, texts);
    return this.#manifest(text, upper ? [...layers, upper] : layers, []);
  }

  /** A mount as it is in the package. Throws LpmxError, SysError. */
  mount(container: Container, mount: FoundMount): PackedMount {
    if (mount.type !== "volume") return mount;
    const { path, ...rest } = mount;
    return { ...rest, content: this.#volume(nameOf(container), path) };
  }

  #layer(store: Store, diffId: string): PackedArchive {
    const known = this.#layers.get(diffId);
    const made = known ?? this.#pack(storedTar(store, diffId), true)!;
    this.#layers.set(diffId, made);
    return made;
  }

  #volume(name: string, path: string): PackedArchive {
    const skipped = (inner: ByteText) =>
      this.warn(`${name}: "${path}/${showByteText(inner)}" is left out: no file, folder or link`);
    const changes = exists(path) ? folderChanges(path, skipped) : [];
    const made = this.#volumes.get(path) ?? this.#pack(tarOf(changes), true)!;
    this.#volumes.set(path, made);
    return made;
  }

  /** Undefined for an archive without members, unless it is wanted all the same. */
  #pack(tar: Iterable<Bytes>, evenEmpty = false): PackedArchive | undefined {
    const path = `${this.folder}/${this.#count++}`;
    const { digest, size, plainDigest, plainSize } = packInto(path, tar);
    if (plainSize === emptyTar && !evenEmpty) return undefined;
    this.#files.set(digest, { name: blobName(digest), size, pieces: () => filePieces(path) });
    return { digest, diffId: plainDigest, size };
  }

  #manifest(
    before: string,
    layers: readonly PackedArchive[],
    diffIds: readonly string[],
  ): PackedImage {
    const text = withLayers(before, layers.map(({ diffId }) => diffId));
    const config = this.#text(text);
    const manifest = this.#text(JSON.stringify({
      schemaVersion: 2,
      mediaType: types.manifest,
      config: descriptor(types.config, config),
      layers: layers.map(({ digest, size }) => ({ mediaType: types.zstdLayer, digest, size })),
    }));
    return { manifest, same: layers.every(({ diffId }, at) => diffId === diffIds[at]) };
  }

  #text(text: string): Blob {
    const blob = blobOf(text);
    this.#files.set(blob.digest, textFile(blobName(blob.digest), text));
    return blob;
  }
}
