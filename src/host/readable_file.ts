/* A file that is read at any place; also made of what can be read only once, by way of a temporary file.
 */
import { LpmxError } from "../base/mod.ts";
import { asIoError } from "./fs.ts";
import { AutoInflater, sniffCodec } from "./inflate.ts";

/** An open file. */
export class ReadableFile {
  #file: Deno.FsFile;
  readonly size: number;

  /** Throws LpmxError("io"). */
  constructor(readonly path: string) {
    try {
      // Not by the open file: Deno's fstat needs AT_EMPTY_PATH, which Linux has since 2.6.39.
      const info = Deno.statSync(path);
      if (!info.isFile) throw new LpmxError("io", `Cannot read "${path}": not a regular file`);
      this.size = info.size;
      this.#file = Deno.openSync(path);
    } catch (error) {
      throw asIoError(`Cannot read "${path}"`, error);
    }
  }

  /** Fills the buffer as far as the file goes; returns the bytes got. */
  readAt(offset: number, buffer: Uint8Array<ArrayBuffer>): number {
    try {
      this.#file.seekSync(offset, Deno.SeekMode.Start);
      let got = 0;
      while (got < buffer.length) {
        const more = this.#file.readSync(got === 0 ? buffer : buffer.subarray(got));
        if (more === null) break;
        got += more;
      }
      return got;
    } catch (error) {
      throw asIoError(`Cannot read "${this.path}"`, error);
    }
  }

  /** A stretch in pieces; each piece is valid until the next. Ends early where the file does. */
  async *stream(offset = 0, size = this.size - offset): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    const buffer = new Uint8Array(Math.min(1 << 20, Math.max(1, size)));
    for (let done = 0; done < size;) {
      const wanted = buffer.subarray(0, Math.min(buffer.length, size - done));
      const got = this.readAt(offset + done, wanted);
      if (got === 0) return;
      done += got;
      yield buffer.subarray(0, got);
    }
  }

  close(): void {
    this.#file.close();
  }
}

/** A whole file in pieces; each is valid until the next. Throws LpmxError("io"). */
export function* filePieces(path: string): Generator<Uint8Array<ArrayBuffer>> {
  const file = new ReadableFile(path);
  const buffer = new Uint8Array(1 << 20);
  try {
    for (let at = 0, got; (got = file.readAt(at, buffer)) > 0; at += got) {
      yield buffer.subarray(0, got);
    }
  } finally {
    file.close();
  }
}

/** Bytes of a regular file. Throws LpmxError("io"). */
export function fileSize(path: string): number {
  const file = new ReadableFile(path);
  file.close();
  return file.size;
}

/** Opens a file, or standard input for "-", so that it can be read anywhere, uncompressed. What is compressed or a pipe is first
 * put into a temporary file in `folder`, unlinked at once, so that nothing stays behind. Throws LpmxError. */
export async function openUncompressed(path: string, folder: string): Promise<ReadableFile> {
  const name = path === "-" ? "/dev/stdin" : path;
  if (!isRegularFile(name)) {
    const input = path === "-" ? Deno.stdin : Deno.openSync(name);
    return await spool(input.readable as AsyncIterable<Uint8Array<ArrayBuffer>>, folder);
  }
  const file = new ReadableFile(name);
  const start = new Uint8Array(8);
  if (file.readAt(0, start) === 0) {
    file.close();
    throw new LpmxError("bad-archive", "the file is empty");
  }
  if (sniffCodec(start) === "none") return file;
  try {
    return await spool(file.stream(), folder);
  } finally {
    file.close();
  }
}

function isRegularFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    throw asIoError(`Cannot read "${path}"`, error);
  }
}

async function spool(
  input: AsyncIterable<Uint8Array<ArrayBuffer>>,
  folder: string,
): Promise<ReadableFile> {
  let temp: string | undefined;
  let out: Deno.FsFile | undefined;
  try {
    temp = Deno.makeTempFileSync({ dir: folder, prefix: "spool-" });
    out = Deno.openSync(temp, { write: true });
    const inflater = new AutoInflater();
    for await (const chunk of input) inflater.push(chunk, (bytes) => writeWhole(out!, bytes));
    inflater.finish();
    return new ReadableFile(temp);
  } catch (error) {
    throw asIoError("Cannot store the archive for reading", error);
  } finally {
    out?.close();
    if (temp) Deno.removeSync(temp);
  }
}

function writeWhole(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}
