/* A part of a file that is a file of its own, and errors about what is in it.
 */
import { LpmxError } from "../../base/mod.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** An open file, or what is read like one. */
export interface ByteFile {
  readonly size: number;
  /** Fills the buffer as far as the file goes; returns the bytes got. */
  readAt(offset: number, buffer: Bytes): number;
  close(): void;
}

/** The squashfs says something that cannot be. */
export function damaged(why: string): LpmxError {
  return new LpmxError("bad-archive", `the squashfs is damaged: ${why}`);
}

/** A part of a file. */
export class Stretch {
  #file: ByteFile;
  #start: number;
  readonly size: number;

  constructor(file: ByteFile, start: number, size: number) {
    this.#file = file;
    this.#start = start;
    this.size = size;
  }

  /** A smaller part, from its beginning. Throws LpmxError("bad-archive"). */
  first(size: number): Stretch {
    if (size > this.size) throw damaged(`it is cut off: ${this.size} of ${size} bytes`);
    return new Stretch(this.#file, this.#start, size);
  }

  /** Fills a buffer. Throws LpmxError("bad-archive") where that is not all there. */
  read(at: number, into: Bytes): Bytes {
    if (!Number.isSafeInteger(at) || at < 0 || at + into.length > this.size) {
      throw damaged("it points to places outside of itself");
    }
    if (this.#file.readAt(this.#start + at, into) < into.length) throw damaged("it is cut off");
    return into;
  }
}
