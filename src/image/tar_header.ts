/* One 512-byte header of a tar archive: ustar, pax and GNU forms. Pure; used by tar_reader.ts only.
 *
 * Sources: POSIX.1-2017 pax ("ustar Interchange Format"), GNU tar manual "Basic Tar Format", tar(5) of libarchive.
 */
import { type ByteText, byteText, LpmxError } from "../base/mod.ts";
import { type Extent, gnuExtents, paxExtents } from "./tar_sparse.ts";

/** The fields of a header block as they stand, before pax records and GNU long names are applied. */
export interface TarHeader {
  name: ByteText;
  /** The type flag as a character: "0" file, "1" hard link, "2" symlink, "3" char, "4" block, "5" dir, "6" fifo, … */
  flag: string;
  mode: number;
  uid: number;
  gid: number;
  size: number;
  mtime: number;
  mtimeNs: number;
  link: ByteText;
  major: number;
  minor: number;
  /** Sparse members: which stretches are stored. `size` is what is stored, `realSize` what the file has. */
  sparse: { realSize: number; extents: Extent[] | undefined; more: boolean } | undefined;
  xattrs: Record<string, ByteText> | undefined;
}

function text(block: Uint8Array, start: number, length: number): ByteText {
  let end = start;
  while (end < start + length && block[end] !== 0) end++;
  return byteText(block, start, end);
}

/** An octal number, or GNU's base-256 when the first bit is set (negative times are allowed there). */
function number(block: Uint8Array, start: number, length: number): number {
  const first = block[start]!;
  if (first & 0x80) {
    let value = first & 0x40 ? first - 0x100 : first & 0x7f;
    for (let at = start + 1; at < start + length; at++) value = value * 256 + block[at]!;
    return value;
  }
  let value = 0;
  for (let at = start; at < start + length; at++) {
    const byte = block[at]!;
    if (byte >= 0x30 && byte <= 0x37) value = value * 8 + byte - 0x30;
    else if (byte === 0x20 && value === 0) continue;
    else break;
  }
  return value;
}

function checksumFits(block: Uint8Array): boolean {
  const stored = number(block, 148, 8);
  let unsigned = 0, signed = 0;
  for (let at = 0; at < 512; at++) {
    const byte = at >= 148 && at < 156 ? 0x20 : block[at]!;
    unsigned += byte;
    signed += byte > 127 ? byte - 256 : byte;
  }
  return stored === unsigned || stored === signed;
}

/** Decodes a block; undefined for an all-zero one. Throws LpmxError("bad-archive") when the checksum is wrong. */
export function parseTarHeader(block: Uint8Array): TarHeader | undefined {
  if (block[0] === 0 && block.every((byte) => byte === 0)) return undefined;
  if (!checksumFits(block)) throw new LpmxError("bad-archive", "not a tar archive, or damaged");
  const ustar = byteText(block, 257, 262) === "ustar";
  const gnu = ustar && block[262] === 0x20;
  const prefix = ustar && !gnu ? text(block, 345, 155) : "";
  const name = text(block, 0, 100);
  const sparse = block[156] === 0x53
    ? { realSize: number(block, 483, 12), ...gnuExtents(block, 386, 4, 482) }
    : undefined;
  const flag = sparse || block[156] === 0 || block[156] === 0x37
    ? "0"
    : String.fromCharCode(block[156]!);
  return {
    name: (prefix ? `${prefix}/${name}` : name) as ByteText,
    flag,
    mode: number(block, 100, 8) & 0o7777,
    uid: number(block, 108, 8),
    gid: number(block, 116, 8),
    size: number(block, 124, 12),
    mtime: number(block, 136, 12),
    mtimeNs: 0,
    link: text(block, 157, 100),
    major: ustar ? number(block, 329, 8) : 0,
    minor: ustar ? number(block, 337, 8) : 0,
    sparse,
    xattrs: undefined,
  };
}

/** Sparse version 0.0 repeats its records; they make up the map of version 0.1. */
function addRecord(records: Map<string, ByteText>, key: string, value: ByteText): void {
  if (key !== "GNU.sparse.offset" && key !== "GNU.sparse.numbytes") {
    records.set(key, value);
    return;
  }
  const before = records.get("GNU.sparse.map");
  records.set("GNU.sparse.map", (before ? `${before},${value}` : value) as ByteText);
}

/** The records of a pax extended header: "length key=value\n" each. */
export function parsePax(data: ByteText): Map<string, ByteText> {
  const records = new Map<string, ByteText>();
  for (let at = 0; at < data.length;) {
    const space = data.indexOf(" ", at);
    const length = Number(data.slice(at, space));
    const end = at + length;
    const equals = data.indexOf("=", space);
    const sane = space > at && length > 0 && end <= data.length && equals > space && equals < end;
    if (!sane || data[end - 1] !== "\n") {
      throw new LpmxError("bad-archive", "damaged pax header in tar archive");
    }
    addRecord(records, data.slice(space + 1, equals), data.slice(equals + 1, end - 1) as ByteText);
    at = end;
  }
  return records;
}

const names = new Map<string, (header: TarHeader, value: ByteText) => void>([
  ["path", (header, value) => header.name = value],
  ["linkpath", (header, value) => header.link = value],
  ["size", (header, value) => header.size = Number(value)],
  ["uid", (header, value) => header.uid = Number(value)],
  ["gid", (header, value) => header.gid = Number(value)],
  ["mtime", setMtime],
]);

function setMtime(header: TarHeader, value: ByteText): void {
  const [whole, fraction = ""] = value.split(".", 2) as [string, string?];
  header.mtime = Number(whole);
  header.mtimeNs = Number(fraction.slice(0, 9).padEnd(9, "0"));
  if (value.startsWith("-") && header.mtimeNs > 0) {
    header.mtime -= 1;
    header.mtimeNs = 1e9 - header.mtimeNs;
  }
}

/** Lets pax records override the block's fields. Extended attributes come from SCHILY.xattr.* and LIBARCHIVE.xattr.*. */
export function applyPax(header: TarHeader, records: Map<string, ByteText>): void {
  for (const [key, value] of records) {
    names.get(key)?.(header, value);
    if (key.startsWith("SCHILY.xattr.")) setXattr(header, key.slice(13), value);
    if (key.startsWith("LIBARCHIVE.xattr.")) {
      setXattr(header, decodeURIComponent(key.slice(17)), atob(value) as ByteText);
    }
  }
  const realSize = records.get("GNU.sparse.realsize") ?? records.get("GNU.sparse.size");
  if (realSize === undefined) return;
  header.name = records.get("GNU.sparse.name") ?? header.name;
  header.sparse = { realSize: Number(realSize), extents: paxExtents(records), more: false };
}

function setXattr(header: TarHeader, name: string, value: ByteText): void {
  header.xattrs ??= {};
  header.xattrs[name] = value;
}
