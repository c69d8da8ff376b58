/* What lies below the streams of node:zlib: a handle that works synchronously, on buffers of the caller's. Deno is pinned, and the
 * tests of those who use it (inflate.ts, deflate.ts, block_codec.ts) fail when it changes.
 */

type Bytes = Uint8Array<ArrayBuffer>;

/** A compressor or decompressor; node's lib/zlib.js drives it just so. */
export interface ZlibHandle {
  /** Begins anew. */
  reset(): void;
  writeSync(
    flush: number,
    input: Bytes,
    inputAt: number,
    inputLength: number,
    output: Bytes,
    outputAt: number,
    outputLength: number,
  ): void;
  onerror: (message: string) => void;
}

/** A stream with its handle. */
export interface ZlibStream {
  _handle: ZlibHandle;
  /** Output space and input left after a call. */
  _writeState: Uint32Array;
  close(): void;
}

/** The inside of a stream of node:zlib. */
export function zlibStream(stream: unknown): ZlibStream {
  return stream as ZlibStream;
}
