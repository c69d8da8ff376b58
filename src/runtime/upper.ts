/* Reads the writable layer of a container (upper.md of the design) as the changes that it makes to its image, in OCI's terms: objects
 * with their identities, whiteouts for marks without an object. When somebody is changing it, what is torn is torn, and what goes away
 * while it is read is left out.
 *
 * Changes nothing but what any look-up may: a pending copy (its mark names a temp that is still there) is put into its place.
 */
import { type ByteText, LpmxError, showByteText, toByteText } from "../base/mod.ts";
import {
  AT_FDCWD,
  attributesAt,
  closeFd,
  ifThere,
  linkTextAt,
  lookAt,
  namesAt,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_RDONLY,
  openAt,
  renameAt,
  SysError,
} from "../host/mod.ts";
import { joinPath, type LayerEntry, type MergedNode } from "../image/mod.ts";
import { hashEnd, hashMore, hashStart, type HashState } from "./path_hash.ts";
import { guestAttributes, guestLink, Identities } from "./upper_identity.ts";

/** What is to be read. */
export interface UpperPlace {
  /** Host path of the folder that holds upper/, dead/, … */
  tree: string;
  /** Whom plain objects belong to. */
  owner: readonly [uid: number, gid: number];
  /** Of the image's index: names the folders of dead/. */
  seed: number;
  /** The merged view of the image. */
  lower: MergedNode;
  /** Folders whose content is not wanted: only those that the image lacks are told, and empty. */
  volumes: ReadonlySet<ByteText>;
}

/** A change. `folder` is a descriptor, open until the next one is asked for, of what holds `name`. */
export interface UpperChange {
  entry: LayerEntry;
  folder: number;
  name: ByteText;
  /** Bytes on disk, where fewer than the size say that there are holes. */
  stored: number;
}

type Marks = Map<ByteText, ByteText | undefined>;

const noTimes = { size: 0, mtime: 0, mtimeNs: 0 };

function openFolder(dir: number, name: ByteText): number {
  return openAt(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
}

function openIfAny(dir: number, name: string): number | undefined {
  return lookAt(dir, toByteText(name)) && openFolder(dir, toByteText(name));
}

/** All changes, a folder before what is in it, whiteouts before their siblings. `skipped` is told of sockets, which no layer can
 * hold. Throws LpmxError("unsupported") for names that layers give a meaning of their own, SysError. */
export function* readUpper(
  place: UpperPlace,
  skipped: (path: ByteText) => void,
): Generator<UpperChange> {
  const tree = openFolder(AT_FDCWD, toByteText(place.tree));
  const folders = ["upper", "dead", "work", "class", "id"].map((name) => openIfAny(tree, name));
  try {
    const [upper, dead, work, classes, overflows] = folders;
    if (upper === undefined || dead === undefined) return;
    const reader = new Reader(new Identities(place.owner, classes, overflows), dead, work, {
      skipped,
      volumes: place.volumes,
    });
    yield* reader.root(upper, place);
  } finally {
    for (const fd of [tree, ...folders]) if (fd !== undefined) closeFd(fd);
  }
}

/** What is left out. */
interface Left {
  skipped(path: ByteText): void;
  volumes: ReadonlySet<ByteText>;
}

class Reader {
  /** First name of each object that has several. */
  #linked = new Map<string, ByteText>();
  #deadFolders: Set<ByteText>;

  constructor(
    readonly identities: Identities,
    readonly dead: number,
    readonly work: number | undefined,
    readonly left: Left,
  ) {
    this.#deadFolders = new Set(namesAt(dead, "." as ByteText));
  }

  /** The root stands in the layer only where the guest changed what it is. */
  *root(upper: number, { lower, seed, owner }: UpperPlace): Generator<UpperChange> {
    const look = lookAt(upper, "." as ByteText)!;
    const { mode, uid, gid } = this.identities.of(look);
    const made = mode === 0o755 && uid === owner[0] && gid === owner[1];
    const brought = mode === lower.mode && uid === lower.uid && gid === lower.gid;
    if (!made && !brought) {
      const times = { size: 0, mtime: look.mtime, mtimeNs: look.mtimeNs };
      const entry: LayerEntry = { path: "" as ByteText, type: "dir", mode, uid, gid, ...times };
      yield { entry, folder: upper, name: "." as ByteText, stored: 0 };
    }
    yield* this.folder("" as ByteText, upper, lower, hashStart(seed));
  }

  /** The marks in a folder: undefined for what is gone, else the temp that the copy was. */
  #marks(hash: HashState, lower: MergedNode | undefined): Marks {
    const marks: Marks = new Map();
    const { high, low } = hashEnd(hash);
    const hex = [high, low].map((half) => half.toString(16).padStart(8, "0")).join("");
    if (!lower?.children?.size || !this.#deadFolders.has(hex as ByteText)) return marks;
    const dir = openFolder(this.dead, hex as ByteText);
    try {
      for (const name of namesAt(this.dead, hex as ByteText)) {
        if (lower.children.has(name)) marks.set(name, linkTextAt(dir, name));
      }
    } finally {
      closeFd(dir);
    }
    return marks;
  }

  /** Copies that were decided but not yet put into their place. */
  #publish(dir: number, marks: Marks): void {
    for (const [name, temp] of marks) {
      if (temp === undefined || this.work === undefined) continue;
      if (!temp.includes("/") && lookAt(this.work, temp)) renameAt(this.work, temp, dir, name);
    }
  }

  *folder(
    path: ByteText,
    dir: number,
    lower: MergedNode | undefined,
    hash: HashState,
  ): Generator<UpperChange> {
    const marks = this.#marks(hash, lower);
    this.#publish(dir, marks);
    const all = ifThere(() => namesAt(dir, "." as ByteText)) ?? [];
    const names = all.filter((name) => this.#kept(path, dir, name));
    const there = new Set(names);
    const isVolume = (name: ByteText) => this.left.volumes.has(joinPath(path, name));
    const gone = [...marks.keys()].filter((name) => !there.has(name) && !isVolume(name)).sort();
    const held = [...this.left.volumes].some((volume) => volume.startsWith(`${path}/`));
    const opaque = path !== "" && !held && this.#nothingLeft(dir, lower, hash);
    yield* this.#whiteouts(path, dir, gone, opaque);
    for (const name of names) {
      if (isVolume(name) && lower?.children?.get(name)?.type === "dir") continue;
      yield* this.object(joinPath(path, name), dir, name, lower, hashMore(hash, `/${name}`));
    }
  }

  *#whiteouts(
    path: ByteText,
    folder: number,
    gone: readonly ByteText[],
    opaque: boolean,
  ): Generator<UpperChange> {
    const whiteout = (type: "whiteout" | "opaque", at: ByteText, name: ByteText): UpperChange => ({
      entry: { path: at, type, mode: 0o644, uid: 0, gid: 0, ...noTimes },
      folder,
      name,
      stored: 0,
    });
    if (gone.length > 1 && opaque) yield whiteout("opaque", path, "" as ByteText);
    else for (const name of gone) yield whiteout("whiteout", joinPath(path, name), name);
  }

  /** No lower entry below this folder can be seen any more. */
  #nothingLeft(dir: number, lower: MergedNode | undefined, hash: HashState): boolean {
    const marks = this.#marks(hash, lower);
    for (const [name, child] of lower?.children ?? []) {
      if (!marks.has(name)) return false;
      if (child.type !== "dir" || !child.children?.size) continue;
      const look = lookAt(dir, name);
      if (!look || (look.mode & 0o170000) !== 0o040000) continue;
      const inner = ifThere(() => openFolder(dir, name));
      if (inner === undefined) continue;
      try {
        if (!this.#nothingLeft(inner, child, hashMore(hash, `/${name}`))) return false;
      } finally {
        closeFd(inner);
      }
    }
    return true;
  }

  #kept(path: ByteText, dir: number, name: ByteText): boolean {
    const shown = joinPath(path, name);
    if (name.startsWith(".wh.")) {
      throw new LpmxError(
        "unsupported",
        `the file "/${
          showByteText(shown)
        }" cannot be part of an image: names that begin with .wh. delete files there`,
        { hint: "rename or remove it" },
      );
    }
    const look = lookAt(dir, name);
    if (!look || this.identities.of(look).type !== "socket") return look !== undefined;
    this.left.skipped(shown);
    return false;
  }

  *object(
    path: ByteText,
    folder: number,
    name: ByteText,
    above: MergedNode | undefined,
    hash: HashState,
  ): Generator<UpperChange> {
    const look = lookAt(folder, name);
    if (!look) return;
    const { mtime, mtimeNs } = look;
    const identity = this.identities.of(look);
    const entry: LayerEntry = { path, ...identity, size: 0, mtime, mtimeNs };
    const first = look.links > 1 && entry.type !== "dir"
      ? this.#linked.get(look.object)
      : undefined;
    if (first !== undefined) {
      entry.type = "hardlink";
      entry.target = first;
    } else {
      if (look.links > 1) this.#linked.set(look.object, path);
      if (entry.type === "file") entry.size = look.size;
      if (entry.type === "symlink") {
        const text = linkTextAt(folder, name);
        if (text === undefined) return;
        const { target, owner } = guestLink(text);
        entry.target = target;
        [entry.uid, entry.gid] = owner ?? [entry.uid, entry.gid];
      }
      const xattrs = guestAttributes(ifThere(() => attributesAt(folder, name)) ?? {});
      if (xattrs) entry.xattrs = xattrs;
    }
    yield { entry, folder, name, stored: look.stored };
    if (entry.type !== "dir" || this.left.volumes.has(path)) return;
    const below = above?.children?.get(name);
    yield* this.#below(path, folder, name, below?.type === "dir" ? below : undefined, hash);
  }

  *#below(
    path: ByteText,
    folder: number,
    name: ByteText,
    lower: MergedNode | undefined,
    hash: HashState,
  ): Generator<UpperChange> {
    let dir: number | undefined;
    try {
      dir = ifThere(() => openFolder(folder, name));
    } catch (error) {
      if (error instanceof SysError) throw new SysError(error.call, `/${path}`, error.errno);
      throw error;
    }
    if (dir === undefined) return;
    try {
      yield* this.folder(path, dir, lower, hash);
    } finally {
      closeFd(dir);
    }
  }
}
