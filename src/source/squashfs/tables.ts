/* Tables of a squashfs that are found by a list of their metadata blocks' places: ids, fragments, extended attributes.
 *
 * Source: Linux fs/squashfs/id.c, fragment.c and table.c.
 */
import { type Cursor, type Metadata } from "./metadata.ts";
import { damaged, type Stretch } from "./stretch.ts";

const blockSize = 8192;

/** A table of records of one size, of which as many fill a metadata block as fit. */
export class Table {
  #whole: Stretch;
  #metadata: Metadata;
  #list: number;
  #count: number;
  #each: number;

  /** `list` is where the places of the blocks are. Nothing is read before it is needed. */
  constructor(
    whole: Stretch,
    metadata: Metadata,
    { list, count, each }: { list: number; count: number; each: number },
  ) {
    this.#whole = whole;
    this.#metadata = metadata;
    this.#list = list;
    this.#count = count;
    this.#each = each;
  }

  /** A cursor at a record. Throws LpmxError("bad-archive"). */
  at(index: number): Cursor {
    if (index >= this.#count) throw damaged("it points behind the end of a table");
    const byte = index * this.#each;
    const place = this.#list + 8 * Math.floor(byte / blockSize);
    const view = new DataView(this.#whole.read(place, new Uint8Array(8)).buffer);
    return this.#metadata.cursor(Number(view.getBigUint64(0, true)), byte % blockSize);
  }
}
