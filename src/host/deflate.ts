/* Compression with zstd into a file, synchronously, by the handle below node:zlib (inflate.ts says why).
 */
import zlib from "node:zlib";
import { messageOf } from "../base/mod.ts";
import { asIoError } from "./fs.ts";
import { sha256 } from "./hash.ts";
import { zlibStream } from "./zlib_handle.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A file that was compressed. */
export interface Packed {
  /** sha256:… of the file, and its size. */
  digest: string;
  size: number;
  /** sha256:… of what went in, and its size. */
  plainDigest: string;
  plainSize: number;
}

/** Writes pieces, compressed, as a new file. Throws LpmxError("io" | "no-space"), and what the pieces throw. */
export function packInto(path: string, pieces: Iterable<Bytes>): Packed {
  const deflater = new Deflater();
  const packed = sha256(), plain = sha256();
  let size = 0, plainSize = 0;
  try {
    const file = Deno.openSync(path, { write: true, createNew: true });
    const emit = (bytes: Bytes) => {
      packed.update(bytes);
      size += bytes.length;
      for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
    };
    try {
      for (const piece of pieces) {
        plain.update(piece);
        plainSize += piece.length;
        deflater.push(piece, emit);
      }
      deflater.finish(emit);
    } finally {
      file.close();
    }
  } catch (error) {
    throw asIoError(`Cannot write "${path}"`, error);
  }
  const digest = `sha256:${packed.hex()}`, plainDigest = `sha256:${plain.hex()}`;
  return { digest, size, plainDigest, plainSize };
}

/** A zstd compressor, of the library's default level: of those tried it is the one that makes files smaller than gzip does and takes
 * less than half its time. */
class Deflater {
  #stream = zlibStream(zlib.createZstdCompress());
  #output = new Uint8Array(1 << 20);
  #error: string | undefined;

  constructor() {
    this.#stream._handle.onerror = (message) => this.#error = message;
  }

  push(input: Bytes, emit: (bytes: Bytes) => void): void {
    this.#write(zlib.constants.ZSTD_e_continue, input, emit);
  }

  finish(emit: (bytes: Bytes) => void): void {
    this.#write(zlib.constants.ZSTD_e_end, new Uint8Array(0), emit);
    this.#stream.close();
  }

  #write(flush: number, input: Bytes, emit: (bytes: Bytes) => void): void {
    const { _handle: handle, _writeState: state } = this.#stream;
    const output = this.#output;
    for (let at = 0;;) {
      try {
        handle.writeSync(flush, input, at, input.length - at, output, 0, output.length);
      } catch (error) {
        this.#error ??= messageOf(error);
      }
      if (this.#error !== undefined) throw new Error(`zstd: ${this.#error}`);
      const made = output.length - state[0]!;
      at = input.length - state[1]!;
      if (made > 0) emit(output.subarray(0, made));
      if (at === input.length && made < output.length) return;
    }
  }
}
