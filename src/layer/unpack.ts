/* Unpacks the uncompressed tar stream of one layer into a folder and collects its entries. Nothing is kept of the stream.
 *
 * The caller gives an empty temporary folder, verifies digests, writes the entries and publishes. Whiteouts become entries only.
 */
import { type ByteText, LpmxError, showByteText } from "../base/mod.ts";
import { closeFd, cutHere, skipFd, utimesFd, writeFd } from "../host/mod.ts";
import {
  canonicalMember,
  type EntryType,
  joinPath,
  type LayerEntry,
  nameOf,
  parentOf,
  type TarHeader,
  type TarSink,
} from "../image/mod.ts";
import { LayerTree } from "./tree.ts";

const flags: Record<string, EntryType> = {
  "0": "file",
  "1": "hardlink",
  "2": "symlink",
  "3": "char",
  "4": "block",
  "5": "dir",
  "6": "fifo",
};

/** Finds the file that a hard link to an earlier layer means: its bytes and attributes, or undefined. */
export type FindBelow = (
  path: ByteText,
) => { entry: LayerEntry; bytes: Uint8Array<ArrayBuffer> } | undefined;

/** Receives a layer's members and writes them. */
export class Unpacker implements TarSink {
  readonly entries: LayerEntry[] = [];
  #tree: LayerTree;
  #findBelow: FindBelow;
  #file:
    | { fd: number; path: ByteText; mtime: number; mtimeNs: number; holes?: boolean }
    | undefined;

  constructor(root: number, findBelow: FindBelow) {
    this.#tree = new LayerTree(root);
    this.#findBelow = findBelow;
  }

  entry(header: TarHeader): void {
    const path = canonicalMember(header.name);
    const name = nameOf(path);
    if (name.startsWith(".wh.")) return this.#whiteout(header, path, name);
    const type = flags[header.flag];
    if (!type) {
      throw new LpmxError(
        "unsupported",
        `Cannot unpack "${showByteText(path)}": tar member of unknown type "${header.flag}"`,
      );
    }
    if (path === "" && type !== "dir") {
      throw new LpmxError("unsafe-entry", "the archive replaces its root by something else");
    }
    const place = path === "" ? path : this.#tree.place(path);
    this.#write(this.#remember(header, place, type));
  }

  data(piece: Uint8Array<ArrayBuffer>): void {
    if (this.#file) writeFd(this.#file.fd, piece, this.#file.path);
  }

  hole(length: number): void {
    if (!this.#file) return;
    skipFd(this.#file.fd, length, this.#file.path);
    this.#file.holes = true;
  }

  end(): void {
    const file = this.#file;
    if (!file) return;
    this.#file = undefined;
    try {
      if (file.holes) cutHere(file.fd, file.path);
      utimesFd(file.fd, file.mtime, file.mtimeNs, file.path);
    } finally {
      closeFd(file.fd);
    }
  }

  /** To be called once after the last member. */
  finish(): void {
    this.#tree.finish();
  }

  /** Releases what an aborted unpacking still holds open. */
  abandon(): void {
    if (this.#file) closeFd(this.#file.fd);
    this.#file = undefined;
  }

  #whiteout(header: TarHeader, path: ByteText, name: ByteText): void {
    const folder = parentOf(path);
    if (name === ".wh..wh..opq") {
      this.#remember(header, folder, "opaque");
    } else if (name.startsWith(".wh..wh.")) {
      // Other names of aufs's own (.wh..wh.plnk, .wh..wh.orph) mean nothing to anybody else.
      return;
    } else if (name === ".wh.") {
      throw new LpmxError("bad-archive", `whiteout without a name in "${showByteText(folder)}"`);
    } else this.#remember(header, joinPath(folder, name.slice(4)), "whiteout");
  }

  #remember(header: TarHeader, path: ByteText, type: EntryType): LayerEntry {
    const entry: LayerEntry = {
      path,
      type,
      mode: header.mode,
      uid: header.uid,
      gid: header.gid,
      size: type === "file" ? header.size : 0,
      mtime: header.mtime,
      mtimeNs: header.mtimeNs,
    };
    if (type === "symlink") entry.target = header.link;
    if (type === "hardlink") entry.target = this.#tree.place(canonicalMember(header.link));
    if (type === "char" || type === "block") {
      entry.major = header.major;
      entry.minor = header.minor;
    }
    if (header.xattrs) entry.xattrs = header.xattrs;
    this.entries.push(entry);
    return entry;
  }

  #write(entry: LayerEntry): void {
    const { path, mtime, mtimeNs } = entry;
    if (entry.type === "dir") this.#tree.addDir(path, mtime, mtimeNs);
    else if (entry.type === "symlink") this.#tree.addSymlink(path, entry.target!, mtime, mtimeNs);
    else if (entry.type === "hardlink") this.#hardLink(entry);
    else {
      const fd = this.#tree.addFile(path, entry);
      this.#file = { fd, path, mtime, mtimeNs };
    }
  }

  #hardLink(entry: LayerEntry): void {
    const type = this.#tree.typeOf(entry.target!);
    if (type === "file" || type === "symlink") {
      if (entry.target !== entry.path) this.#tree.addHardLink(entry.path, entry.target!);
      return;
    }
    const below = type === undefined ? this.#findBelow(entry.target!) : undefined;
    if (!below) {
      const [from, to] = [showByteText(entry.path), showByteText(entry.target!)];
      throw new LpmxError("bad-archive", `hard link "${from}" to "${to}", which is not a file`);
    }
    Object.assign(entry, { ...below.entry, path: entry.path });
    if (below.entry.type === "symlink") {
      return this.#tree.addSymlink(entry.path, entry.target!, entry.mtime, entry.mtimeNs);
    }
    delete entry.target;
    const fd = this.#tree.addFile(entry.path, entry);
    try {
      writeFd(fd, below.bytes, entry.path);
      utimesFd(fd, entry.mtime, entry.mtimeNs, entry.path);
    } finally {
      closeFd(fd);
    }
  }
}
