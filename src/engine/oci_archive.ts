/* The parts that archives in the form of an OCI layout are made of (OCI image spec, "image-layout"): save and package. Pure.
 */
import { type ByteText } from "../base/mod.ts";
import { digestOf, type OutputFile } from "../host/mod.ts";
import {
  digestHex,
  type EntryType,
  parseRef,
  tarEnd,
  tarHeader,
  tarPadding,
} from "../image/mod.ts";

/** A file of the layout. */
export interface SavedFile extends OutputFile {
  size: number;
  /** 0644 unless given. */
  mode?: number;
}

/** A small blob. */
export interface Blob {
  digest: string;
  text: string;
}

export const types = {
  index: "application/vnd.oci.image.index.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar",
  zstdLayer: "application/vnd.oci.image.layer.v1.tar+zstd",
};

export function blobOf(text: string): Blob {
  return { digest: digestOf(text), text };
}

export function descriptor(mediaType: string, { digest, text }: Blob) {
  return { mediaType, digest, size: new TextEncoder().encode(text).length };
}

/** A manifest's descriptor for each name, with the annotations that docker and containerd write; one without any for no name. */
export function namedDescriptors(manifest: Blob, names: readonly string[]) {
  const plain = descriptor(types.manifest, manifest);
  if (names.length === 0) return [plain];
  return names.map((name) => ({
    ...plain,
    annotations: {
      "io.containerd.image.name": name,
      "org.opencontainers.image.ref.name": parseRef(name).tag ?? "latest",
    },
  }));
}

/** Where a layout has a blob. */
export const blobName = (digest: string) => `blobs/sha256/${digestHex(digest)}`;

/** A file with this text. */
export function textFile(name: string, text: string): SavedFile {
  const bytes = new TextEncoder().encode(text);
  return { name, size: bytes.length, pieces: () => [bytes] };
}

/** The tar archive of a layout; files of `first` stand before its folders. */
export function* archiveOf(
  files: readonly SavedFile[],
  first: readonly SavedFile[] = [],
): Generator<Uint8Array<ArrayBuffer>> {
  const member = (path: string, type: EntryType, mode: number, size: number) =>
    tarHeader({ path: path as ByteText, type, mode, uid: 0, gid: 0, size, mtime: 0, mtimeNs: 0 });
  function* whole({ name, size, mode, pieces }: SavedFile) {
    yield member(name as string, "file", mode ?? 0o644, size);
    yield* pieces();
    yield tarPadding(size);
  }
  for (const file of first) yield* whole(file);
  for (const folder of ["blobs", "blobs/sha256"]) yield member(folder, "dir", 0o755, 0);
  for (const file of files) yield* whole(file);
  yield tarEnd();
}
