/* Decompression of gzip (many members) and zstd (many frames, skippable ones too), pushed in piece by piece and synchronously.
 *
 * It drives the handles below node:zlib directly: through its streams the same work takes three times as long, and Deno's
 * zstd stream stops at the second frame. Deno is pinned, and inflate_test.ts fails when the handles change.
 */
import zlib from "node:zlib";
import { LpmxError, messageOf } from "../base/mod.ts";
import { type ZlibStream, zlibStream } from "./zlib_handle.ts";

/** How a stream is compressed. */
export type Codec = "none" | "gzip" | "zstd" | "xz" | "bzip2";

/** Looks at the first bytes (6 are enough). Skippable zstd frames count as zstd. */
export function sniffCodec(start: Uint8Array): Codec {
  const [a, b, c, d] = start;
  if (a === 0x1f && b === 0x8b) return "gzip";
  if (a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd) return "zstd";
  if ((a! & 0xf0) === 0x50 && b === 0x2a && c === 0x4d && d === 0x18) return "zstd";
  if (a === 0xfd && b === 0x37 && c === 0x7a && d === 0x58) return "xz";
  if (a === 0x42 && b === 0x5a && c === 0x68) return "bzip2";
  return "none";
}

/** Receives uncompressed bytes; they are valid during the call only. */
export type Emit = (bytes: Uint8Array<ArrayBuffer>) => void;

const damaged = (why: string) => new LpmxError("bad-archive", `damaged compressed data: ${why}`);

/** A decompressor; push() as the bytes come, then finish(). Throws LpmxError("bad-archive"). */
export class Inflater {
  #stream: ZlibStream;
  #error: string | undefined;
  #output = new Uint8Array(1 << 20);
  #zeroTail = false;

  constructor(codec: "gzip" | "zstd") {
    const made = codec === "gzip" ? zlib.createGunzip() : zlib.createZstdDecompress();
    this.#stream = zlibStream(made);
    this.#stream._handle.onerror = (message) => this.#error = message;
  }

  push(chunk: Uint8Array<ArrayBuffer>, emit: Emit): void {
    if (this.#zeroTail) return;
    const { _handle: handle, _writeState: state } = this.#stream;
    for (let at = 0;;) {
      this.#step(() =>
        handle.writeSync(0, chunk, at, chunk.length - at, this.#output, 0, this.#output.length)
      );
      const made = this.#output.length - state[0]!;
      const used = chunk.length - at - state[1]!;
      if (made > 0) {
        emit(made === this.#output.length ? this.#output : this.#output.subarray(0, made));
      }
      at += used;
      if (at === chunk.length && made < this.#output.length) return;
      if (made === 0 && used === 0) {
        // tar pads compressed tapes with zeros; gzip(1) ignores them too.
        this.#zeroTail = chunk[at] === 0;
        if (this.#zeroTail) return;
        throw damaged("unknown bytes after its end");
      }
    }
  }

  /** Says that the input is over; frees the handle. */
  finish(): void {
    const { _handle: handle } = this.#stream;
    const none = new Uint8Array(0);
    if (!this.#zeroTail) {
      this.#step(() => handle.writeSync(4, none, 0, 0, this.#output, 0, this.#output.length));
    }
    this.#stream.close();
  }

  #step(call: () => void): void {
    try {
      call();
    } catch (error) {
      throw damaged(messageOf(error));
    }
    if (this.#error !== undefined) throw damaged(this.#error);
  }
}

/** A text compressed, for checking that both ways work. */
export function packed(codec: "gzip" | "zstd", text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(codec === "gzip" ? zlib.gzipSync(text) : zlib.zstdCompressSync(text));
}

/** Decompresses whatever the stream turns out to be (also not at all). Throws LpmxError for xz and bzip2. */
export class AutoInflater {
  #inflater: Inflater | undefined;
  #codec: Codec | undefined;

  push(chunk: Uint8Array<ArrayBuffer>, emit: Emit): void {
    this.#codec ??= sniffCodec(chunk);
    if (this.#codec === "none") return emit(chunk);
    if (this.#codec !== "gzip" && this.#codec !== "zstd") {
      throw new LpmxError("unsupported", `${this.#codec} compression is not supported`, {
        hint: `decompress it first: ${this.#codec} -d FILE`,
      });
    }
    this.#inflater ??= new Inflater(this.#codec);
    this.#inflater.push(chunk, emit);
  }

  finish(): void {
    this.#inflater?.finish();
  }
}
