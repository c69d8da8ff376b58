/* The data of files in a squashfs: whole blocks, of which those that are holes are not stored, and a last part, often in a fragment
 * that several files share.
 *
 * Source: Linux fs/squashfs/file.c and fragment.c; bit 24 of a size is SQUASHFS_COMPRESSED_BIT_BLOCK.
 */
import { LpmxError } from "../../base/mod.ts";
import { type BlockCodec } from "../../host/mod.ts";
import { type Extent } from "../../image/mod.ts";
import { type FilePlace } from "./inode.ts";
import { type Metadata } from "./metadata.ts";
import { damaged, type Stretch } from "./stretch.ts";
import { type Superblock } from "./superblock.ts";
import { Table } from "./tables.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const stored = 1 << 24;
const cachedBytes = 8 << 20;
/** 2 TiB in blocks of the usual size; the list of them is kept in memory. */
const mostBlocks = 1 << 24;

/** A file's blocks, ready to be read. */
export interface FileBlocks {
  place: FilePlace;
  /** Sizes as they are stored: 0 is a hole. */
  sizes: Uint32Array;
}

/** Reads files. What it gives is valid until the next piece. */
export class Blocks {
  #whole: Stretch;
  #codec: BlockCodec;
  #blockSize: number;
  #fragments: Table;
  #cache = new Map<number, Bytes>();
  #packed: Bytes;
  #output: Bytes;

  constructor(whole: Stretch, codec: BlockCodec, metadata: Metadata, top: Superblock) {
    this.#whole = whole;
    this.#codec = codec;
    this.#blockSize = top.blockSize;
    const { fragmentTable: list, fragments: count } = top;
    this.#fragments = new Table(whole, metadata, { list, count, each: 16 });
    this.#packed = new Uint8Array(top.blockSize);
    this.#output = new Uint8Array(top.blockSize);
  }

  /** Reads the list of a file's blocks. To be called once for an inode. Throws LpmxError("bad-archive" | "unsupported"). */
  list(place: FilePlace): FileBlocks {
    const count = place.fragment
      ? Math.floor(place.size / this.#blockSize)
      : Math.ceil(place.size / this.#blockSize);
    if (count > mostBlocks) {
      throw new LpmxError(
        "unsupported",
        `a file of ${place.size} bytes in blocks of ${this.#blockSize}`,
      );
    }
    const sizes = new Uint32Array(count);
    for (let n = 0; n < count; n++) {
      const size = place.sizes.u32();
      if ((size & ~stored) > this.#blockSize || (size & ~stored) === 0 && size !== 0) {
        throw damaged("a block has a wrong length");
      }
      sizes[n] = size;
    }
    return { place, sizes };
  }

  /** The stretches of a file that are no holes. */
  extents({ place: { size }, sizes }: FileBlocks): Extent[] {
    const found: Extent[] = [];
    const add = (offset: number, length: number) => {
      const last = found.at(-1);
      if (last && last.offset + last.length === offset) last.length += length;
      else if (length > 0) found.push({ offset, length });
    };
    sizes.forEach((stored, n) => {
      const offset = n * this.#blockSize;
      if (stored !== 0) add(offset, Math.min(this.#blockSize, size - offset));
    });
    const whole = sizes.length * this.#blockSize;
    if (whole < size) add(whole, size - whole);
    return found;
  }

  /** The bytes of a file, in pieces; with or without its holes. Throws LpmxError("bad-archive"). */
  *read({ place, sizes }: FileBlocks, withHoles: boolean): Generator<Bytes> {
    let at = place.start;
    for (let n = 0; n < sizes.length; n++) {
      const length = Math.min(this.#blockSize, place.size - n * this.#blockSize);
      const size = sizes[n]!;
      if (size === 0) {
        if (withHoles) yield this.#output.subarray(0, length).fill(0);
        continue;
      }
      const block = this.#block(at, size, this.#output);
      if (block.length !== length) throw damaged("a block of a file has a wrong length");
      yield block;
      at += size & ~stored;
    }
    const rest = place.size - sizes.length * this.#blockSize;
    if (rest > 0) yield this.#part(place.fragment!, rest);
  }

  #part({ index, offset }: { index: number; offset: number }, length: number): Bytes {
    const fragment = this.#fragment(index);
    if (offset + length > fragment.length) throw damaged("a fragment is too short");
    return fragment.subarray(offset, offset + length);
  }

  #fragment(index: number): Bytes {
    const known = this.#cache.get(index);
    if (known) return known;
    const record = this.#fragments.at(index);
    const [at, size] = [record.u64(), record.u32()];
    if ((size & ~stored) > this.#blockSize) throw damaged("a fragment has a wrong length");
    const bytes = this.#block(at, size, new Uint8Array(this.#blockSize));
    // Names come in the order in which mksquashfs filled the fragments: the oldest is least likely to be wanted again.
    if (this.#cache.size >= Math.max(1, cachedBytes / this.#blockSize)) {
      this.#cache.delete(this.#cache.keys().next().value!);
    }
    this.#cache.set(index, bytes);
    return bytes;
  }

  #block(at: number, size: number, into: Bytes): Bytes {
    const length = size & ~stored;
    if (size & stored) return this.#whole.read(at, into.subarray(0, length));
    const packed = this.#whole.read(at, this.#packed.subarray(0, length));
    return into.subarray(0, this.#codec.unpack(packed, into));
  }
}
