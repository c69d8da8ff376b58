/* The sectioned file of contract.h: header, section table, sections; one string pool. Image records and refs.tab are such files.
 */
import { byteText, LpmxError, toByteText } from "../base/mod.ts";
import {
  LPMX_ABI,
  lpmx_file,
  LPMX_SEC_STRINGS,
  lpmx_section,
  LPMX_SECTION_REQUIRED,
} from "./contract.ts";

/** Collects strings; equal ones are stored once. */
export class StringPool {
  #offsets = new Map<string, number>([["", 0]]);
  #text = "\0";

  /** The reference of a text (0 for the empty one). Throws LpmxError("unsupported") for a NUL inside. */
  add(text: string): number {
    const bytes = toByteText(text);
    const known = this.#offsets.get(bytes);
    if (known !== undefined) return known;
    if (bytes.includes("\0")) {
      throw new LpmxError(
        "unsupported",
        `Cannot record ${JSON.stringify(text)}: it contains a NUL`,
      );
    }
    const at = this.#text.length;
    this.#text += bytes + "\0";
    this.#offsets.set(bytes, at);
    return at;
  }

  /** A list section: references of all texts. */
  list(texts: readonly string[]): Uint8Array<ArrayBuffer> {
    return new Uint8Array(Uint32Array.from(texts, (text) => this.add(text)).buffer);
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(this.#text, (char) => char.charCodeAt(0));
  }
}

/** A section that is to be written. */
export interface Section {
  id: number;
  bytes: Uint8Array;
}

const align = (at: number) => Math.ceil(at / 8) * 8;

/** The bytes of a sectioned file; the pool becomes its STRINGS section. */
export function encodeSections(
  magic: string,
  sections: Section[],
  pool: StringPool,
): Uint8Array<ArrayBuffer> {
  const all = [{ id: LPMX_SEC_STRINGS, bytes: pool.bytes() }, ...sections];
  const table = lpmx_file.size;
  let end = table + all.length * lpmx_section.size;
  const places = all.map(({ bytes }) => {
    const at = align(end);
    end = at + bytes.length;
    return at;
  });
  const file = new Uint8Array(align(end));
  const view = new DataView(file.buffer);
  for (const [at, char] of [...magic].entries()) file[at] = char.charCodeAt(0);
  view.setUint32(lpmx_file.fields.abi[1], LPMX_ABI, true);
  view.setUint32(lpmx_file.fields.nsections[1], all.length, true);
  view.setBigUint64(lpmx_file.fields.size[1], BigInt(file.length), true);
  for (const [at, { id, bytes }] of all.entries()) {
    const to = table + at * lpmx_section.size;
    view.setUint32(to + lpmx_section.fields.id[1], id, true);
    view.setUint32(to + lpmx_section.fields.flags[1], LPMX_SECTION_REQUIRED, true);
    view.setBigUint64(to + lpmx_section.fields.offset[1], BigInt(places[at]!), true);
    view.setBigUint64(to + lpmx_section.fields.size[1], BigInt(bytes.length), true);
    file.set(bytes, places[at]!);
  }
  return file;
}

/** A decoded sectioned file. */
export interface Sections {
  section(id: number): DataView | undefined;
  string(reference: number): string;
}

/** Reads a sectioned file. Throws LpmxError("bad-record") when it is not whole or of another ABI. */
export function decodeSections(
  magic: string,
  file: Uint8Array<ArrayBuffer>,
  what: string,
): Sections {
  const bad = (why: string) =>
    new LpmxError("bad-record", `Cannot read ${what}: ${why}`, {
      hint: "load or pull the images again",
    });
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < lpmx_file.size || byteText(file, 0, 7) !== magic) throw bad("it is damaged");
  if (view.getUint32(lpmx_file.fields.abi[1], true) !== LPMX_ABI) {
    throw bad("written by another version of lpmx");
  }
  if (Number(view.getBigUint64(lpmx_file.fields.size[1], true)) !== file.length) {
    throw bad("it is truncated");
  }
  const found = new Map<number, DataView>();
  for (let n = 0; n < view.getUint32(lpmx_file.fields.nsections[1], true); n++) {
    const at = lpmx_file.size + n * lpmx_section.size;
    const offset = Number(view.getBigUint64(at + lpmx_section.fields.offset[1], true));
    const size = Number(view.getBigUint64(at + lpmx_section.fields.size[1], true));
    if (offset + size > file.length) throw bad("it is damaged");
    const id = view.getUint32(at + lpmx_section.fields.id[1], true);
    found.set(id, new DataView(file.buffer, file.byteOffset + offset, size));
  }
  const pool = found.get(LPMX_SEC_STRINGS);
  if (!pool) throw bad("it is damaged");
  const bytes = new Uint8Array(pool.buffer, pool.byteOffset, pool.byteLength);
  const decoder = new TextDecoder();
  return {
    section: (id) => found.get(id),
    string: (reference) => decoder.decode(bytes.subarray(reference, bytes.indexOf(0, reference))),
  };
}
