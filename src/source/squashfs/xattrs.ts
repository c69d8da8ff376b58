/* Extended attributes of a squashfs. A value may lie elsewhere, where several inodes have the same.
 *
 * Source: Linux fs/squashfs/xattr_id.c, xattr.c and squashfs_fs.h (struct squashfs_xattr_*).
 */
import { type ByteText, LpmxError } from "../../base/mod.ts";
import { type Cursor, type Metadata } from "./metadata.ts";
import { damaged, type Stretch } from "./stretch.ts";
import { Table } from "./tables.ts";

const prefixes = ["user.", "trusted.", "security."];
const elsewhere = 0x100;
/** Limits of Linux for one object (xattr(7)), and one of ours for all: they are kept in memory. */
const longestName = 255, longestValue = 65536, mostNames = 65536 / 6;
const mostBytes = 64 << 20;

/** The table of attributes. */
export class Xattrs {
  #metadata: Metadata;
  #table: Table | undefined;
  #start = 0;
  #bytes = 0;

  /** `place` is where the table is; undefined when there is none. Throws LpmxError("bad-archive"). */
  constructor(whole: Stretch, metadata: Metadata, place: number | undefined) {
    this.#metadata = metadata;
    if (place === undefined) return;
    const head = new DataView(whole.read(place, new Uint8Array(16)).buffer);
    this.#start = Number(head.getBigUint64(0, true));
    const count = head.getUint32(8, true);
    this.#table = new Table(whole, metadata, { list: place + 16, count, each: 16 });
  }

  /** The attributes of an inode. Throws LpmxError("bad-archive" | "unsupported"). */
  of(index: number | undefined): Record<string, ByteText> | undefined {
    if (index === undefined) return undefined;
    if (!this.#table) throw damaged("it lacks its table of extended attributes");
    const record = this.#table.at(index);
    const place = record.u64();
    const count = record.u32();
    if (count > mostNames) throw damaged("a file has too many extended attributes");
    const found: Record<string, ByteText> = {};
    const at = this.#cursor(place);
    for (let n = 0; n < count; n++) {
      const [name, value] = this.#read(at);
      found[name] = value;
    }
    return found;
  }

  #read(at: Cursor): [name: string, value: ByteText] {
    const [type, length] = [at.u16(), at.u16()];
    const prefix = prefixes[type & ~elsewhere];
    if (prefix === undefined || length > longestName) {
      throw damaged("an extended attribute of no known kind");
    }
    const name = prefix + at.text(length);
    if (name.includes("\0")) throw damaged("an extended attribute with a zero in its name");
    let [size, from] = [at.u32(), at];
    if (type & elsewhere) {
      if (size !== 8) throw damaged("an extended attribute whose value is nowhere");
      from = this.#cursor(at.u64());
      size = from.u32();
    }
    if (size > longestValue) throw damaged("an extended attribute is too long");
    this.#bytes += name.length + size;
    if (this.#bytes > mostBytes) {
      throw new LpmxError("unsupported", "more than 64 MiB of extended attributes");
    }
    return [name, from.text(size)];
  }

  #cursor(place: number): Cursor {
    return this.#metadata.cursor(this.#start + Math.floor(place / 65536), place % 65536);
  }
}
