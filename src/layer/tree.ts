/* Writes one layer's tree below a folder. Knows every name it made, so an entry can never be written through a symlink or leave
 * the folder; the kernel is asked with O_EXCL|O_NOFOLLOW besides.
 *
 * On disk files have u+rw, nothing is set-id or writable for others; what is not plain has its sticky bit set (contract.h, struct
 * lpmx_entry) and its true mode and owner stand in `entries`. Finished folders are read-only: not even a core dump of a program
 * whose working directory is the layer's can get in.
 * Devices, fifos and sockets are empty files that stand in for them. Symlinks of the layer itself that occur inside a
 * member's name are followed within the tree, as docker does.
 */
import { type ByteText, LpmxError, showByteText } from "../base/mod.ts";
import {
  AT_REMOVEDIR,
  chmodAt,
  linkAt,
  mkdirAt,
  O_CREAT,
  O_EXCL,
  O_NOFOLLOW,
  O_WRONLY,
  openAt,
  symlinkAt,
  unlinkAt,
  utimesAt,
} from "../host/mod.ts";
import { joinPath, nameOf, parentOf } from "../image/mod.ts";

interface Made {
  type: "dir" | "file" | "symlink";
  target?: ByteText;
  children?: Set<ByteText>;
  mtime: number;
  mtimeNs: number;
}

const maxHops = 40;

/** Who a file is to the guest. */
export interface Identity {
  mode: number;
  uid: number;
  gid: number;
}

/** The permissions of a file on disk: its own when it is plain, else without rights for others and marked sticky. */
export function diskMode({ mode, uid, gid }: Identity): number {
  const plain = uid === 0 && gid === 0 && (mode & 0o7622) === 0o600;
  return plain ? mode & 0o777 : 0o1600 | (mode & 0o755);
}

/** The growing tree of a layer. `root` is a descriptor of its folder. */
export class LayerTree {
  #root: number;
  #made = new Map<ByteText, Made>();

  constructor(root: number) {
    this.#root = root;
    this.#made.set("" as ByteText, { type: "dir", children: new Set(), mtime: 0, mtimeNs: 0 });
  }

  /** Where a member really goes: symlinks among its parents are followed inside the tree. Throws LpmxError("unsafe-entry"). */
  place(path: ByteText): ByteText {
    const parent = parentOf(path);
    if (parent === "" || this.#made.get(parent)?.type === "dir") return path;
    return joinPath(this.#resolveFolder(parent, path), nameOf(path));
  }

  #resolveFolder(folder: ByteText, member: ByteText): ByteText {
    let todo = folder.split("/");
    let done = "" as ByteText;
    for (let hops = 0; todo.length > 0;) {
      const part = todo.shift()!;
      if (part === "" || part === ".") continue;
      if (part === "..") {
        done = parentOf(done);
        continue;
      }
      const next = joinPath(done, part);
      const made = this.#made.get(next);
      if (made?.type !== "symlink") {
        done = next;
        continue;
      }
      if (++hops > maxHops) {
        throw new LpmxError(
          "unsafe-entry",
          `entry "${showByteText(member)}" leads through a loop of links`,
        );
      }
      if (made.target!.startsWith("/")) done = "" as ByteText;
      todo = [...made.target!.split("/"), ...todo];
    }
    return done;
  }

  /** Makes a folder, or gives an existing one these times. Its parents are made where the archive lacks them. */
  addDir(path: ByteText, mtime: number, mtimeNs: number): void {
    const there = this.#made.get(path);
    if (there?.type === "dir") {
      there.mtime = mtime;
      there.mtimeNs = mtimeNs;
      return;
    }
    this.#prepare(path);
    mkdirAt(this.#root, path, 0o700);
    this.#made.set(path, { type: "dir", children: new Set(), mtime, mtimeNs });
  }

  /** Creates a file and returns its descriptor; the caller writes, sets the times and closes. */
  addFile(path: ByteText, identity: Identity): number {
    this.#prepare(path);
    const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
    const fd = openAt(this.#root, path, flags, diskMode(identity));
    this.#made.set(path, { type: "file", mtime: 0, mtimeNs: 0 });
    return fd;
  }

  addSymlink(path: ByteText, target: ByteText, mtime: number, mtimeNs: number): void {
    this.#prepare(path);
    symlinkAt(target, this.#root, path);
    utimesAt(this.#root, path, mtime, mtimeNs);
    this.#made.set(path, { type: "symlink", target, mtime: 0, mtimeNs: 0 });
  }

  /** A second name of something that this layer holds. */
  addHardLink(path: ByteText, target: ByteText): void {
    const there = this.#made.get(target)!;
    this.#prepare(path);
    linkAt(target, this.#root, path);
    this.#made.set(path, { ...there });
  }

  /** What the layer holds at a path. */
  typeOf(path: ByteText): "dir" | "file" | "symlink" | undefined {
    return this.#made.get(path)?.type;
  }

  /** Sets the folders' times and closes them, after everything has been put into them. */
  finish(): void {
    for (const [path, made] of this.#made) {
      if (made.type !== "dir") continue;
      const at = path === "" ? "." as ByteText : path;
      utimesAt(this.#root, at, made.mtime, made.mtimeNs);
      chmodAt(this.#root, at, 0o555);
    }
  }

  /** Makes the parents and clears the place: a later member of the same name replaces an earlier one. */
  #prepare(path: ByteText): void {
    const parent = parentOf(path);
    const folder = this.#made.get(parent);
    if (folder?.type !== "dir") {
      this.addDir(parent, 0, 0);
    }
    if (this.#made.has(path)) this.#remove(path);
    this.#made.get(parent)!.children!.add(nameOf(path));
  }

  #remove(path: ByteText): void {
    const made = this.#made.get(path)!;
    for (const name of made.children ?? []) this.#remove(joinPath(path, name));
    unlinkAt(this.#root, path, made.type === "dir" ? AT_REMOVEDIR : 0);
    this.#made.get(parentOf(path))!.children!.delete(nameOf(path));
    this.#made.delete(path);
  }
}
