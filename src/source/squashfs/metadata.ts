/* Metadata of a squashfs: blocks of 8 KiB, each compressed by itself, that make up the tables. Read by cursors, which only move on.
 *
 * Source: Linux fs/squashfs/cache.c (squashfs_read_metadata) and block.c. A block that is followed by another one is full.
 */
import { type ByteText, byteText } from "../../base/mod.ts";
import { type BlockCodec } from "../../host/mod.ts";
import { damaged, type Stretch } from "./stretch.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const blockSize = 8192;
const stored = 0x8000;
/** Inodes and directories are read in turns, and names in one directory lie in few blocks of inodes. */
const mostCached = 64;

interface Block {
  bytes: Bytes;
  /** Where the block behind it is. */
  next: number;
}

/** Reads metadata blocks; keeps the last ones. */
export class Metadata {
  #whole: Stretch;
  #codec: BlockCodec;
  #blocks = new Map<number, Block>();
  #packed = new Uint8Array(blockSize);

  constructor(whole: Stretch, codec: BlockCodec) {
    this.#whole = whole;
    this.#codec = codec;
  }

  /** A cursor at a byte of what the block at `at` holds. Throws LpmxError("bad-archive"). */
  cursor(at: number, offset: number): Cursor {
    return new Cursor(this, at, offset);
  }

  /** The block at a place. Throws LpmxError("bad-archive"). */
  block(at: number): Block {
    const known = this.#blocks.get(at);
    if (known) this.#blocks.delete(at);
    const block = known ?? this.#read(at);
    this.#blocks.set(at, block);
    if (this.#blocks.size > mostCached) this.#blocks.delete(this.#blocks.keys().next().value!);
    return block;
  }

  #read(at: number): Block {
    const head = this.#whole.read(at, new Uint8Array(2));
    const word = head[0]! | head[1]! << 8;
    const length = word & ~stored;
    if (length === 0 || length > blockSize) throw damaged("a metadata block has a wrong length");
    const packed = this.#whole.read(at + 2, this.#packed.subarray(0, length));
    const next = at + 2 + length;
    if (word & stored) return { bytes: packed.slice(), next };
    const bytes = new Uint8Array(blockSize);
    const made = this.#codec.unpack(packed, bytes);
    if (made === 0) throw damaged("a metadata block is empty");
    return { bytes: bytes.subarray(0, made), next };
  }
}

/** Reads on in a table, over the ends of blocks. All methods throw LpmxError("bad-archive"). */
export class Cursor {
  #metadata: Metadata;
  #block: Block;
  #at: number;

  constructor(metadata: Metadata, at: number, offset: number) {
    this.#metadata = metadata;
    this.#block = metadata.block(at);
    this.#at = offset;
    if (offset >= blockSize) throw damaged("it points behind the end of a metadata block");
  }

  u16(): number {
    const bytes = this.take(2);
    return bytes[0]! | bytes[1]! << 8;
  }

  i16(): number {
    return this.u16() << 16 >> 16;
  }

  u32(): number {
    const bytes = this.take(4);
    return (bytes[0]! | bytes[1]! << 8 | bytes[2]! << 16 | bytes[3]! << 24) >>> 0;
  }

  u64(): number {
    return this.u32() + this.u32() * 2 ** 32;
  }

  text(length: number): ByteText {
    return byteText(this.take(length));
  }

  /** The next bytes; valid as long as nobody changes them. The caller bounds the length. */
  take(length: number): Bytes {
    const start = this.#at;
    if (start + length <= this.#block.bytes.length) {
      this.#at += length;
      return this.#block.bytes.subarray(start, start + length);
    }
    const whole = new Uint8Array(length);
    for (let done = 0; done < length;) {
      if (this.#at === this.#block.bytes.length) this.#turn();
      const part = this.#block.bytes.subarray(this.#at, this.#at + length - done);
      if (part.length === 0) throw damaged("it points behind the end of a metadata block");
      whole.set(part, done);
      done += part.length;
      this.#at += part.length;
    }
    return whole;
  }

  #turn(): void {
    if (this.#block.bytes.length < blockSize) throw damaged("a table ends too early");
    this.#block = this.#metadata.block(this.#block.next);
    this.#at = 0;
  }
}
