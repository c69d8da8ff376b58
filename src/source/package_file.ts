/* A package of `lpmx package`: an OCI layout in a tar archive with a description besides. What the description means is the engine's matter.
 */
import { byteText, LpmxError } from "../base/mod.ts";
import { isFolder, openUncompressed, type ReadableFile } from "../host/mod.ts";
import { digestHex, type SourceImage } from "../image/mod.ts";
import { archiveFiles, OciLayout } from "./oci_layout.ts";
import { type OpenOptions } from "./open.ts";
import { TarFile } from "./tar_file.ts";

/** An opened package. */
export interface PackageArchive {
  /** The file that describes it. */
  description: string;
  images(): Promise<SourceImage[]>;
  /** Whether it has a blob. */
  has(digest: string): boolean;
  /** A blob as it lies there. Throws LpmxError("bad-archive"). */
  blob(digest: string): AsyncIterable<Uint8Array<ArrayBuffer>>;
  close(): void;
}

const blobName = (digest: string) => `blobs/sha256/${digestHex(digest)}`;

/** Opens a package ("-": standard input) by the name of its description. Throws LpmxError. */
export async function openPackage(
  path: string,
  description: string,
  options: OpenOptions,
): Promise<PackageArchive> {
  if (path !== "-" && isFolder(path)) throw notOne("it is a folder", path);
  const file = await openUncompressed(path, options.tempFolder);
  try {
    if (!isTar(file)) throw notOne();
    const tar = new TarFile(file);
    if (!tar.find(description)) {
      const image = tar.find("manifest.json") ?? tar.find("oci-layout");
      throw image ? notOne("it is an image archive", path) : notOne();
    }
    const layout = new OciLayout(archiveFiles(file, tar), options.platform);
    return {
      description: tar.text(description),
      images: () => layout.images(),
      has: (digest) => tar.find(blobName(digest)) !== undefined,
      blob: (digest) => tar.stream(blobName(digest)),
      close: () => file.close(),
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Packages have the magic of POSIX.1-2017 (pax, "ustar Interchange Format") in their first header. */
function isTar(file: ReadableFile): boolean {
  const block = new Uint8Array(512);
  return file.readAt(0, block) === block.length && byteText(block, 257, 262) === "ustar";
}

/** What was given is no package; as it may be something that load reads. */
function notOne(what?: string, path = "-"): LpmxError {
  if (what === undefined) {
    return new LpmxError("bad-archive", "it was not made by lpmx package");
  }
  return new LpmxError("bad-archive", `${what}, not a package`, {
    hint: path === "-" ? "use lpmx load" : `use lpmx load -i ${path}`,
  });
}
