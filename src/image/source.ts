/* What every place that images come from gives: registry, archive or folder. Values are lazy: digests first, bytes later.
 */
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
