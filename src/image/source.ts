/* What every place that images come from gives: registry, archive or folder. Values are lazy: digests first, bytes later.
 */
import { type ByteText } from "../base/mod.ts";
import { type ImageConfig } from "./config.ts";

/** A layer that can be read from its beginning, as often as wanted. */
export interface SourceLayer {
  /** Digest of the bytes that open() gives; absent in classic docker archives. */
  digest: string | undefined;
  /** Digest of the uncompressed tar. */
  diffId: string;
  /** Bytes that open() gives, where it is known. */
  size: number | undefined;
  mediaType: string;
  open(): AsyncIterable<Uint8Array<ArrayBuffer>>;
}

/** An image in a source. */
export interface SourceImage {
  /** Normalised references; may be empty. */
  names: string[];
  /** sha256:HEX of the manifest, where there is one. */
  manifestDigest: string | undefined;
  configText: string;
  config: ImageConfig;
  layers: SourceLayer[];
}

/** An opened source. */
export interface ImageSource {
  images(): Promise<SourceImage[]>;
  close(): void;
}

/** An opened source that holds one tree of files in place of layers: a file system image, as Singularity and Apptainer have them. */
export interface TreeSource {
  /** As in an image config; undefined where the source does not say. */
  architecture: string | undefined;
  /** Seconds since 1970. */
  created: number;
  /** What of the source is left out, in words for the user. */
  notes: readonly string[];
  /** The tree as a layer's tar archive, the same bytes each time; a piece is valid until the next. `left` is called for what layers
   * cannot hold. Throws LpmxError. */
  archive(left: (path: ByteText, why: string) => void): Iterable<Uint8Array<ArrayBuffer>>;
  /** A small file as text, links followed inside the tree; undefined when there is none. Throws LpmxError. */
  text(path: string): string | undefined;
  /** Names in a folder, sorted bytewise; none when there is no such folder. Throws LpmxError. */
  names(path: string): ByteText[];
  /** Whether a path is a file that anybody may execute. Throws LpmxError. */
  isProgram(path: string): boolean;
  close(): void;
}
