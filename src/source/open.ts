/* Opens whatever the user named as an archive: docker-archive, oci-archive (each plain or compressed) or an OCI layout folder.
 *
 * Archives have to be read in any order, so what is compressed, or comes through a pipe, is first put into a temporary file
 * (uncompressed; unlinked at once, so that nothing stays behind).
 */
import { LpmxError } from "../base/mod.ts";
import { asIoError, AutoInflater, lstatIfAny, ReadableFile, sniffCodec } from "../host/mod.ts";
import { type ImageSource, type Platform } from "../image/mod.ts";
import { DockerArchive } from "./docker_archive.ts";
import { archiveFiles, folderFiles, OciLayout } from "./oci_layout.ts";
import { TarFile } from "./tar_file.ts";

/** How to read an archive. */
export interface OpenOptions {
  platform: Platform;
  /** Folder for the temporary file of a compressed or piped archive. */
  tempFolder: string;
  /** Repository for OCI images that carry a bare tag. */
  fallbackName?: string;
}

/** Opens a path, or standard input for "-". Throws LpmxError. */
export async function openArchive(path: string, options: OpenOptions): Promise<ImageSource> {
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
  const file = await randomAccess(plain, options.tempFolder);
  try {
    const tar = new TarFile(file);
    if (tar.find("manifest.json") && prefix !== "oci-archive:") return new DockerArchive(file, tar);
    if (tar.find("oci-layout")) {
      return new OciLayout(archiveFiles(file, tar), options.platform, options.fallbackName);
    }
    throw new LpmxError("bad-archive", 'it has neither "manifest.json" nor "oci-layout"', {
      hint:
        'lpmx reads what "docker save", "skopeo copy … docker-archive:" and "oci-archive:" write',
    });
  } catch (error) {
    file.close();
    throw error;
  }
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch (error) {
    throw asIoError(`Cannot read "${path}"`, error);
  }
}

async function randomAccess(path: string, tempFolder: string): Promise<ReadableFile> {
  const name = path === "-" ? "/dev/stdin" : path;
  const seekable = statOf(name).isFile;
  if (seekable) {
    const file = new ReadableFile(name);
    const start = new Uint8Array(8);
    if (file.readAt(0, start) === 0) {
      file.close();
      throw new LpmxError("bad-archive", "the file is empty");
    }
    if (sniffCodec(start) === "none") return file;
    try {
      return await spool(file.stream(), tempFolder);
    } finally {
      file.close();
    }
  }
  const input = path === "-" ? Deno.stdin : Deno.openSync(name);
  return spool(input.readable as AsyncIterable<Uint8Array<ArrayBuffer>>, tempFolder);
}

function statOf(path: string): Deno.FileInfo {
  try {
    return Deno.statSync(path);
  } catch (error) {
    throw asIoError(`Cannot read "${path}"`, error);
  }
}

/** Writes a stream, uncompressed, to a file that has no name any more. */
async function spool(
  input: AsyncIterable<Uint8Array<ArrayBuffer>>,
  folder: string,
): Promise<ReadableFile> {
  let temp: string | undefined;
  let out: Deno.FsFile | undefined;
  try {
    temp = Deno.makeTempFileSync({ dir: folder, prefix: "spool-" });
    out = Deno.openSync(temp, { write: true });
    const inflater = new AutoInflater();
    for await (const chunk of input) {
      inflater.push(chunk, (bytes) => writeAll(out!, bytes));
    }
    inflater.finish();
    return new ReadableFile(temp);
  } catch (error) {
    throw asIoError("Cannot store the archive for reading", error);
  } finally {
    out?.close();
    if (temp) Deno.removeSync(temp);
  }
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}
