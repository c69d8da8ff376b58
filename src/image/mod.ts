/* image: OCI nouns and the tar form, pure. Uses base only.
 */
export * from "./config.ts";
export * from "./digest.ts";
export * from "./entry.ts";
export * from "./guest_path.ts";
export * from "./manifest.ts";
export * from "./media_type.ts";
export * from "./platform.ts";
export * from "./ref.ts";
export * from "./sif.ts";
export * from "./signal.ts";
export * from "./source.ts";
export { type TarHeader } from "./tar_header.ts";
export { TarReader, type TarSink } from "./tar_reader.ts";
export { type Extent } from "./tar_sparse.ts";
export { tarEnd, tarHeader, tarPadding } from "./tar_writer.ts";
