/* A squashfs 4.0, read in place: its names in order, its files piece by piece. What is kept in memory is small and does not grow with
 * the size of the files.
 *
 * The file may come from anybody: every place, count and length is checked where it is used, and what cannot be is an
 * LpmxError("bad-archive").
 */
import { type ByteText, LpmxError } from "../../base/mod.ts";
import { type BlockCodec, openBlockCodec } from "../../host/mod.ts";
import { joinPath, type LayerEntry } from "../../image/mod.ts";
import { Blocks } from "./blocks.ts";
import { listDirectory, type Named } from "./directory.ts";
import { type Inode, longestPath, readInode } from "./inode.ts";
import { Metadata } from "./metadata.ts";
import { damaged, type Stretch } from "./stretch.ts";
import { type InodePlace, readSuperblock, type Superblock } from "./superblock.ts";
import { Table } from "./tables.ts";
import { Xattrs } from "./xattrs.ts";

/** More names than any image has; each takes some memory until the layer is stored. */
const mostNames = 1 << 24;

/** A name and what it is the name of. */
export interface Found {
  path: ByteText;
  inode: Inode;
}

/** An opened squashfs. Owns nothing but its codec. */
export class Squashfs {
  readonly blocks: Blocks;
  readonly created: number;
  #top: Superblock;
  #codec: BlockCodec;
  #metadata: Metadata;
  #xattrs: Xattrs;
  #ids: readonly number[];

  private constructor(whole: Stretch, top: Superblock, codec: BlockCodec) {
    this.#top = top;
    this.#codec = codec;
    this.created = top.created;
    this.#metadata = new Metadata(whole, codec);
    this.blocks = new Blocks(whole, codec, this.#metadata, top);
    this.#xattrs = new Xattrs(whole, this.#metadata, top.xattrTable);
    const ids = new Table(whole, this.#metadata, { list: top.idTable, count: top.ids, each: 4 });
    this.#ids = Array.from({ length: top.ids }, (_, index) => ids.at(index).u32());
  }

  /** Throws LpmxError("bad-archive" | "unsupported"). */
  static async open(file: Stretch): Promise<Squashfs> {
    const top = readSuperblock(file);
    const codec = await openBlockCodec(top.codec);
    try {
      return new Squashfs(file.first(top.size), top, codec);
    } catch (error) {
      codec.close();
      throw error;
    }
  }

  close(): void {
    this.#codec.close();
  }

  get root(): Inode {
    const root = this.#inode(this.#top.root);
    if (root.type !== "dir") throw damaged("its root is no directory");
    return root;
  }

  /** All names, folders before what is in them, beginning with the root (""). Throws LpmxError. */
  *walk(): Generator<Found> {
    const root = this.root;
    yield { path: "" as ByteText, inode: root };
    const open = [{ path: "" as ByteText, names: this.names(root) }];
    const folders = new Set([root.number]);
    for (let count = 1; open.length > 0;) {
      const { path: folder, names } = open.at(-1)!;
      const { value } = names.next();
      if (!value) {
        open.pop();
        continue;
      }
      const path = joinPath(folder, value.name);
      const inode = this.#inode(value.inode);
      if (path.length > longestPath || ++count > mostNames) {
        throw new LpmxError("unsupported", "the squashfs has too many names, or too long ones");
      }
      yield { path, inode };
      if (inode.type !== "dir") continue;
      if (folders.has(inode.number)) throw damaged("a directory is in two places");
      folders.add(inode.number);
      open.push({ path, names: this.names(inode) });
    }
  }

  /** The names in a folder. */
  names(folder: Inode): Generator<Named> {
    return listDirectory(this.#metadata, this.#top.directoryTable, folder.listing!);
  }

  /** What a name in a folder is the name of. */
  child(folder: Inode, name: ByteText): Inode | undefined {
    for (const named of this.names(folder)) {
      if (named.name === name) return this.#inode(named.inode);
    }
    return undefined;
  }

  /** What a layer's entry says of an inode. */
  entry({ path, inode }: Found): LayerEntry {
    const { type, mode, mtime, target, device } = inode;
    const xattrs = this.#xattrs.of(inode.xattr);
    return {
      path,
      type,
      mode,
      uid: this.#id(inode.uid),
      gid: this.#id(inode.gid),
      size: inode.file?.size ?? 0,
      mtime,
      mtimeNs: 0,
      ...target === undefined ? {} : { target },
      ...device,
      ...xattrs ? { xattrs } : {},
    };
  }

  #inode({ block, offset }: InodePlace): Inode {
    return readInode(this.#metadata.cursor(this.#top.inodeTable + block, offset));
  }

  #id(index: number): number {
    const id = this.#ids[index];
    if (id === undefined) throw damaged("an owner that is not in its table");
    return id;
  }
}
