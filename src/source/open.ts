/* Opens whatever the user named as an archive: docker-archive, oci-archive (each plain or compressed), an OCI layout folder, a SIF or a
 * squashfs. What it is its content says, not its name.
 *
 * Archives have to be read in any order (manifest.json may come last), which openUncompressed() sees to.
 */
import { LpmxError } from "../base/mod.ts";
import { isFolder, lstatIfAny, openUncompressed } from "../host/mod.ts";
import { type ImageSource, type Platform, type TreeSource } from "../image/mod.ts";
import { DockerArchive } from "./docker_archive.ts";
import { archiveFiles, folderFiles, OciLayout } from "./oci_layout.ts";
import { TarFile } from "./tar_file.ts";
import { openTreeImage } from "./tree_image.ts";

/** How to read an archive. */
export interface OpenOptions {
  platform: Platform;
  /** Folder for the temporary file of a compressed or piped archive. */
  tempFolder: string;
  /** Repository for OCI images that carry a bare tag. */
  fallbackName?: string;
}

/** Opens a path, or standard input for "-". Throws LpmxError. */
export async function openArchive(
  path: string,
  options: OpenOptions,
): Promise<ImageSource | TreeSource> {
  const prefix = /^(docker-archive|oci-archive|oci):/.exec(path)?.[0] ?? "";
  const plain = path.slice(prefix.length);
  if (plain !== "-" && isFolder(plain)) {
    if (!lstatIfAny(`${plain}/oci-layout`)) {
      throw new LpmxError(
        "bad-archive",
        `"${plain}" is a folder, but no OCI layout: it lacks "oci-layout"`,
      );
    }
    return new OciLayout(folderFiles(plain), options.platform, options.fallbackName);
  }
  const file = await openUncompressed(plain, options.tempFolder);
  try {
    const tree = await openTreeImage(file);
    if (tree) return tree;
    const tar = new TarFile(file);
    if (tar.find("manifest.json") && prefix !== "oci-archive:") return new DockerArchive(file, tar);
    if (tar.find("oci-layout")) {
      return new OciLayout(archiveFiles(file, tar), options.platform, options.fallbackName);
    }
    throw new LpmxError("bad-archive", 'it has neither "manifest.json" nor "oci-layout"', {
      hint:
        'lpmx reads what "docker save", "skopeo copy … docker-archive:" and "oci-archive:" write, and SIF',
    });
  } catch (error) {
    file.close();
    throw error;
  }
}
