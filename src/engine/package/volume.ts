/* What is in a volume, as a tar archive and back. A volume is an ordinary folder of the user's own files: kinds, permissions, times, links
 * and holes are kept, owners are the user's on each machine.
 */
import { type ByteText, LpmxError, showByteText, toByteText } from "../../base/mod.ts";
import {
  asIoError,
  AT_FDCWD,
  AutoInflater,
  chmodAt,
  closeFd,
  linkTextAt,
  type Look,
  lookAt,
  makeFolder,
  namesAt,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_RDONLY,
  openAt,
  renameUnlessThere,
  sha256,
} from "../../host/mod.ts";
import { type EntryType, joinPath, type LayerEntry, TarReader } from "../../image/mod.ts";
import { liveEntries, Unpacker } from "../../layer/mod.ts";
import { type UpperChange } from "../../runtime/mod.ts";
import { type PackedArchive } from "./format.ts";

const types = new Map<number, EntryType>([[0o04, "dir"], [0o10, "file"], [0o12, "symlink"]]);

/** Everything below a folder, itself first. `skipped` is told of what is neither file, folder nor link, and of names that have another
 * meaning in layers. Throws SysError. */
export function* folderChanges(
  path: string,
  skipped: (path: ByteText) => void,
): Generator<UpperChange> {
  const root = openAt(AT_FDCWD, toByteText(path), O_RDONLY | O_DIRECTORY);
  try {
    const top = "." as ByteText;
    yield* new Walk(skipped).object("" as ByteText, root, top);
  } finally {
    closeFd(root);
  }
}

class Walk {
  /** First name of each file that has several. */
  #linked = new Map<string, ByteText>();

  constructor(readonly skipped: (path: ByteText) => void) {}

  *object(path: ByteText, folder: number, name: ByteText): Generator<UpperChange> {
    const look = lookAt(folder, name);
    if (!look) return;
    const entry = this.#entry(path, folder, name, look);
    if (!entry || name.startsWith(".wh.")) return this.skipped(path);
    yield { entry, folder, name, stored: look.stored };
    if (entry.type !== "dir") return;
    const inner = openAt(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    try {
      for (const child of namesAt(inner, "." as ByteText)) {
        yield* this.object(joinPath(path, child), inner, child);
      }
    } finally {
      closeFd(inner);
    }
  }

  #entry(path: ByteText, folder: number, name: ByteText, look: Look): LayerEntry | undefined {
    const type = types.get(look.mode >> 12);
    if (!type) return undefined;
    const { mtime, mtimeNs } = look;
    const entry: LayerEntry = { path, type, mode: look.mode & 0o777, ...owner, mtime, mtimeNs };
    const first = type !== "dir" && look.links > 1 ? this.#linked.get(look.object) : undefined;
    if (first !== undefined) return { ...entry, type: "hardlink", target: first };
    if (look.links > 1) this.#linked.set(look.object, path);
    if (type === "file") return { ...entry, size: look.size };
    const target = type === "symlink" ? linkTextAt(folder, name) : undefined;
    return target === undefined ? entry : { ...entry, target };
  }
}

const owner = { uid: 0, gid: 0, size: 0 };

/** Makes a folder with what an archive holds, in a temporary place first; false where one is there already that is not empty.
 * Throws LpmxError("digest-mismatch" | "bad-archive" | "unsafe-entry" | "io" | "no-space"). */
export async function restoreFolder(
  path: string,
  temp: string,
  archive: PackedArchive,
  pieces: AsyncIterable<Uint8Array<ArrayBuffer>>,
): Promise<boolean> {
  makeFolder(temp, 0o755);
  const root = openAt(AT_FDCWD, toByteText(temp), O_RDONLY | O_DIRECTORY);
  const unpacker = new Unpacker(root, () => undefined);
  try {
    await unpack(unpacker, archive, pieces);
    unpacker.finish();
    // Layers hide what is not plain; here the files are the user's own. No rights of others are brought from elsewhere.
    const modes = new Map<ByteText, number>();
    for (const { path, type, mode } of liveEntries(unpacker.entries)) {
      if (type === "whiteout" || type === "opaque") throw strange(path);
      if (type === "file" || type === "dir") modes.set(path, mode & 0o777);
    }
    const top = modes.get("" as ByteText) ?? 0o755;
    modes.delete("" as ByteText);
    for (const [path, mode] of modes) chmodAt(root, path, mode);
    // Only a folder that can be written may be moved to another one.
    chmodAt(root, "." as ByteText, 0o700);
    if (!renameUnlessThere(temp, path)) return false;
    chmodAt(root, "." as ByteText, top);
    return true;
  } catch (error) {
    throw asIoError("Cannot write the volume", error);
  } finally {
    unpacker.abandon();
    closeFd(root);
  }
}

function strange(path: ByteText): LpmxError {
  return new LpmxError("bad-archive", `a volume holds a whiteout, "${showByteText(path)}"`);
}

async function unpack(
  unpacker: Unpacker,
  { digest, diffId, size }: PackedArchive,
  pieces: AsyncIterable<Uint8Array<ArrayBuffer>>,
): Promise<void> {
  const tar = new TarReader(unpacker), inflater = new AutoInflater();
  const packed = sha256(), plain = sha256();
  let done = 0;
  for await (const piece of pieces) {
    packed.update(piece);
    done += piece.length;
    inflater.push(piece, (bytes) => {
      plain.update(bytes);
      tar.push(bytes);
    });
  }
  if (done < size) {
    throw new LpmxError("bad-archive", `volume ${digest} is truncated: ${done} of ${size} bytes`);
  }
  inflater.finish();
  tar.finish();
  for (const [hash, wanted] of [[packed, digest], [plain, diffId]] as const) {
    const got = `sha256:${hash.hex()}`;
    if (got === wanted) continue;
    throw new LpmxError("digest-mismatch", `volume ${wanted} is damaged: its digest is ${got}`);
  }
}
