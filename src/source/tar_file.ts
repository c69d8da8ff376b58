/* An uncompressed tar archive whose members can be read in any order: the headers are read once, the data stay where they are.
 *
 * Hard and symbolic links between members (docker save writes layers as such) are followed inside the archive.
 */
import { type ByteText, LpmxError, showByteText, toByteText } from "../base/mod.ts";
import { type ReadableFile } from "../host/mod.ts";
import { canonicalMember, joinPath, parentOf, TarReader } from "../image/mod.ts";

interface Member {
  offset: number;
  size: number;
  link: ByteText | undefined;
}

const maxHops = 40;

/** The members of an archive by name. */
export class TarFile {
  #file: ReadableFile;
  #members = new Map<string, Member>();

  /** Reads all headers. Throws LpmxError("bad-archive"). */
  constructor(file: ReadableFile) {
    this.#file = file;
    const reader = new TarReader({
      entry: (header, offset) => {
        // Nobody writes layers so; their data could not be read in place.
        if (header.sparse) {
          throw new LpmxError("unsupported", "the archive itself has sparse members");
        }
        this.#remember(canonicalMember(header.name), header, offset);
      },
      data: () => {},
      hole: () => {},
      end: () => {},
    });
    const block = new Uint8Array(512);
    for (let at = 0; at < file.size;) {
      const got = file.readAt(at, block);
      reader.push(block.subarray(0, got));
      at += got + reader.skipMember();
      if (at > file.size) throw new LpmxError("bad-archive", "the archive is truncated");
    }
    reader.finish();
  }

  #remember(
    name: ByteText,
    header: { flag: string; link: ByteText; size: number },
    offset: number,
  ): void {
    if (header.flag === "5") return;
    const { flag, link, size } = header;
    const target = flag === "2"
      ? canonicalMember(joinPath(parentOf(name), link))
      : flag === "1"
      ? canonicalMember(link)
      : undefined;
    this.#members.set(name, { offset, size, link: target });
  }

  /** Where a member's data are; links are followed. Undefined when there is none. */
  find(name: string): { offset: number; size: number } | undefined {
    let member = this.#members.get(canonicalMember(toByteText(name)));
    for (let hops = 0; member?.link !== undefined; hops++) {
      if (hops === maxHops) {
        throw new LpmxError("bad-archive", `links in the archive form a loop at "${name}"`);
      }
      member = this.#members.get(member.link);
    }
    return member;
  }

  /** A member's data. Throws LpmxError("bad-archive") when there is none. */
  stream(name: string): AsyncIterable<Uint8Array<ArrayBuffer>> {
    const { offset, size } = this.#need(name);
    return this.#file.stream(offset, size);
  }

  /** A small member as text. Throws LpmxError("bad-archive") when it is missing or larger than 16 MiB. */
  text(name: string): string {
    const { offset, size } = this.#need(name);
    if (size > 16 << 20) {
      throw new LpmxError("bad-archive", `"${name}" in the archive is too large`);
    }
    const bytes = new Uint8Array(size);
    this.#file.readAt(offset, bytes);
    return new TextDecoder().decode(bytes);
  }

  #need(name: string): { offset: number; size: number } {
    const member = this.find(name);
    if (!member) {
      throw new LpmxError("bad-archive", `the archive lacks "${showByteText(toByteText(name))}"`);
    }
    return member;
  }
}
