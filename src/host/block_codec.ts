/* Decompression of whole blocks, as file systems store them: each block by itself, into a buffer of the caller's.
 *
 * zlib and zstd go through the handles below node:zlib, as in inflate.ts: one handle for all blocks. Of xz-decompress the module
 * that it compiles is driven directly, since its own stream is asynchronous and made for one long file. All are pinned, and
 * block_codec_test.ts fails when what is used of them changes. lz4js checks nothing, so what it says is checked here.
 */
import zlib from "node:zlib";
import { LpmxError, messageOf } from "../base/mod.ts";
import { type ZlibStream, zlibStream } from "./zlib_handle.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** How blocks are compressed. */
export type BlockCodecName = "zlib" | "zstd" | "xz" | "lz4";

/** Decompresses blocks one after the other. */
export interface BlockCodec {
  /** Decompresses a block and returns how much it gave. Throws LpmxError("bad-archive"), also when it gives more than fits. */
  unpack(packed: Bytes, into: Bytes): number;
  close(): void;
}

/** Loads what a codec needs. */
export async function openBlockCodec(name: BlockCodecName): Promise<BlockCodec> {
  if (name === "xz") return new XzCodec(await xzModule());
  if (name === "lz4") return new Lz4Codec(plainModule<Lz4>(await import("lz4js")));
  return new HandleCodec(name);
}

const damaged = (why: string) => new LpmxError("bad-archive", `damaged compressed data: ${why}`);
const tooLong = () => damaged("a block is longer than it may be");

/** What a CommonJS package exports: Deno has it under "default", the bundler not where the package says that it was a module. */
function plainModule<T>(module: { default?: unknown }): T {
  return (module.default ?? module) as T;
}

class HandleCodec implements BlockCodec {
  #stream: ZlibStream;
  #end: number;
  #error: string | undefined;
  /** One byte more than may come, so that more is noticed. */
  #output = new Uint8Array(0);

  constructor(name: "zlib" | "zstd") {
    const made = name === "zlib" ? zlib.createInflate() : zlib.createZstdDecompress();
    this.#end = name === "zlib" ? zlib.constants.Z_FINISH : zlib.constants.ZSTD_e_end;
    this.#stream = zlibStream(made);
    this.#stream._handle.onerror = (message) => this.#error = message;
  }

  unpack(packed: Bytes, into: Bytes): number {
    const { _handle: handle, _writeState: state } = this.#stream;
    if (this.#output.length <= into.length) this.#output = new Uint8Array(into.length + 1);
    const room = into.length + 1;
    this.#error = undefined;
    try {
      handle.reset();
      handle.writeSync(this.#end, packed, 0, packed.length, this.#output, 0, room);
    } catch (error) {
      throw damaged(messageOf(error));
    }
    if (this.#error !== undefined) throw damaged(this.#error);
    const made = room - state[0]!;
    if (made > into.length) throw tooLong();
    into.set(this.#output.subarray(0, made));
    return made;
  }

  close(): void {
    this.#stream.close();
  }
}

/** What xz-decompress exports from its module: xz-embedded behind four functions (its src/native/xz_decompress.c). */
interface Xz {
  memory: WebAssembly.Memory;
  create_context(): number;
  destroy_context(context: number): void;
  supply_input(context: number, length: number): void;
  get_next_output(context: number): number;
}

interface XzPackage {
  XzReadableStream: {
    _moduleInstance?: { exports: Xz };
    _getModuleInstance(): Promise<void>;
  };
}

async function xzModule(): Promise<Xz> {
  const { XzReadableStream: holder } = plainModule<XzPackage>(await import("xz-decompress"));
  if (!holder._moduleInstance) await holder._getModuleInstance();
  return holder._moduleInstance!.exports;
}

/** Words of a context: size of its buffers, input, place in it, its end, output, place in it. */
const xzWords = 6;
/** enum xz_ret of xz-embedded. */
const xzOk = 0, xzEnd = 1, xzNoMemory = 3, xzTooMuchMemory = 4, xzOtherOptions = 6;

function xzFault(result: number): LpmxError {
  if (result === xzOtherOptions) {
    return new LpmxError("unsupported", "an xz filter that lpmx does not know", {
      hint: "pack it again, by mksquashfs without -Xbcj",
    });
  }
  const isLarge = result === xzNoMemory || result === xzTooMuchMemory;
  return damaged(isLarge ? "it asks for too much memory" : "not xz, or cut off");
}

class XzCodec implements BlockCodec {
  #xz: Xz;

  constructor(xz: Xz) {
    this.#xz = xz;
  }

  unpack(packed: Bytes, into: Bytes): number {
    const xz = this.#xz;
    let context = 0;
    try {
      context = xz.create_context();
      return this.#run(context, packed, into);
    } catch (error) {
      throw error instanceof LpmxError ? error : damaged(messageOf(error));
    } finally {
      if (context !== 0) xz.destroy_context(context);
    }
  }

  close(): void {}

  #run(context: number, packed: Bytes, into: Bytes): number {
    const xz = this.#xz;
    // The memory may have grown, and then the old views of it are empty.
    const words = () => new Uint32Array(xz.memory.buffer, context, xzWords);
    for (let taken = 0, made = 0;;) {
      const [room, input, at, end] = words();
      if (at === end) {
        const part = packed.subarray(taken, taken + room!);
        new Uint8Array(xz.memory.buffer, input!, part.length).set(part);
        xz.supply_input(context, part.length);
        taken += part.length;
      }
      const result = xz.get_next_output(context);
      const after = words();
      const length = after[5]!;
      if (made + length > into.length) throw tooLong();
      into.set(new Uint8Array(xz.memory.buffer, after[4]!, length), made);
      made += length;
      after[5] = 0;
      if (result === xzEnd) return made;
      if (result !== xzOk) throw xzFault(result);
    }
  }
}

interface Lz4 {
  decompressBlock(
    from: Uint8Array,
    into: Uint8Array,
    fromAt: number,
    length: number,
    intoAt: number,
  ): number;
}

class Lz4Codec implements BlockCodec {
  #lz4: Lz4;

  constructor(lz4: Lz4) {
    this.#lz4 = lz4;
  }

  unpack(packed: Bytes, into: Bytes): number {
    const made = this.#lz4.decompressBlock(packed, into, 0, packed.length, 0);
    if (made > into.length) throw tooLong();
    return made;
  }

  close(): void {}
}
