/* Writes the members of a layer's tar archive, the counterpart of tar_reader.ts. Pure; the same entry always gives the same bytes.
 *
 * Form: POSIX.1-2017 pax over ustar, as Go's archive/tar writes it for docker: a pax header only where the block cannot say it.
 * Holes of files: GNU tar manual, "Storing Sparse Files", pax version 1.0. Whiteouts: OCI image spec, "Whiteouts".
 */
import { type ByteText, concat, fromByteText, LpmxError, showByteText } from "../base/mod.ts";
import { type EntryType, type LayerEntry } from "./entry.ts";
import { joinPath, nameOf, parentOf } from "./guest_path.ts";
import { type Extent } from "./tar_sparse.ts";

const BLOCK = 512;
const flags: Partial<Record<EntryType, string>> = {
  file: "0",
  hardlink: "1",
  symlink: "2",
  char: "3",
  block: "4",
  dir: "5",
  fifo: "6",
};
const maxOctal = 0o7777777;
const maxLongOctal = 0o77777777777;

/** Zeros up to the next block. */
export function tarPadding(size: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array((BLOCK - size % BLOCK) % BLOCK);
}

/** The end of an archive. */
export function tarEnd(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(2 * BLOCK);
}

/** The name of an entry as layers spell it. */
function memberName(entry: LayerEntry): ByteText {
  if (entry.type === "whiteout") {
    return joinPath(parentOf(entry.path), `.wh.${nameOf(entry.path)}`);
  }
  if (entry.type === "opaque") return joinPath(entry.path, ".wh..wh..opq");
  if (entry.type !== "dir") return entry.path;
  return (entry.path === "" ? "./" : `${entry.path}/`) as ByteText;
}

/** The header of an entry. Extents begin and, but for the last, end at multiples of 512: GNU tar reads no others. It
 * is to be followed by its `size` bytes (with extents: by theirs only) and padding.
 * Throws LpmxError("unsupported") for a socket, which archives cannot hold. */
export function tarHeader(
  entry: LayerEntry,
  extents?: readonly Extent[],
): Uint8Array<ArrayBuffer> {
  const whiteout = entry.type === "whiteout" || entry.type === "opaque";
  const flag = whiteout ? "0" : flags[entry.type];
  if (!flag) {
    throw new LpmxError(
      "unsupported",
      `Cannot write "${showByteText(entry.path)}": a ${entry.type}`,
    );
  }
  const name = memberName(entry);
  const records = new Map<string, string>();
  const map = extents ? sparseMap(extents, entry.size) : undefined;
  if (map) describeHoles(records, name, entry.size);
  const stored = map
    ? map.length + extents!.reduce((sum, { length }) => sum + length, 0)
    : entry.type === "file"
    ? entry.size
    : 0;
  const shown = (map ? `GNUSparseFile.0/${nameOf(entry.path)}` : name) as ByteText;
  const block = headerBlock(records, entry, { name: shown, flag, stored });
  const pax = records.size > 0 ? paxMember(records, entry) : [];
  return concat([...pax, block, ...(map ? [map] : [])]);
}

function describeHoles(records: Map<string, string>, name: ByteText, size: number): void {
  records.set("GNU.sparse.major", "1");
  records.set("GNU.sparse.minor", "0");
  records.set("GNU.sparse.name", name);
  records.set("GNU.sparse.realsize", String(size));
}

/** The map before the data; GNU tar knows the size only from an empty stretch at the end. */
function sparseMap(extents: readonly Extent[], size: number): Uint8Array<ArrayBuffer> {
  const all = [...extents, { offset: size, length: 0 }];
  const numbers = [all.length, ...all.flatMap(({ offset, length }) => [offset, length])];
  const text = fromByteText(numbers.map((n) => `${n}\n`).join("") as ByteText);
  return concat([text, tarPadding(text.length)]);
}

interface Shown {
  name: ByteText;
  flag: string;
  stored: number;
}

function headerBlock(
  records: Map<string, string>,
  entry: LayerEntry,
  { name, flag, stored }: Shown,
): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(BLOCK);
  const put = (at: number, text: string) => {
    for (let i = 0; i < text.length; i++) block[at + i] = text.charCodeAt(i);
  };
  const octal = (at: number, digits: number, value: number) =>
    put(at, value.toString(8).padStart(digits, "0"));
  const text = (key: string, at: number, value: string) => {
    if (value.length > 100 || !isAscii(value)) records.set(key, value);
    put(at, shortText(value));
  };
  const number = (key: string, at: number, digits: number, value: number, max: number) => {
    if (value > max) records.set(key, String(value));
    octal(at, digits, value > max ? 0 : value);
  };
  text("path", 0, name);
  octal(100, 7, entry.mode & 0o7777);
  number("uid", 108, 7, entry.uid, maxOctal);
  number("gid", 116, 7, entry.gid, maxOctal);
  number("size", 124, 11, stored, maxLongOctal);
  const plainTime = entry.mtimeNs === 0 && entry.mtime >= 0 && entry.mtime <= maxLongOctal;
  if (!plainTime) records.set("mtime", paxTime(entry.mtime, entry.mtimeNs));
  octal(136, 11, Math.min(Math.max(entry.mtime, 0), maxLongOctal));
  put(156, flag);
  text("linkpath", 157, entry.target ?? "");
  put(257, "ustar\x0000");
  if (flag !== "x") {
    octal(329, 7, entry.major ?? 0);
    octal(337, 7, entry.minor ?? 0);
  }
  for (const [key, value] of Object.entries(entry.xattrs ?? {})) addXattr(records, key, value);
  seal(block);
  return block;
}

const isAscii = (text: string) => /^\p{ASCII}*$/u.test(text);

/** What fits of a text; no folder's name is cut so that it ends in a slash. */
function shortText(text: string): string {
  const plain = isAscii(text) ? text : text.replace(/\P{ASCII}/gu, "");
  return plain.length > 100 ? plain.slice(0, 100).replace(/\/+$/, "") : plain;
}

/** Sums up the block in its checksum field. */
function seal(block: Uint8Array): void {
  block.fill(0x20, 148, 156);
  const sum = block.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, "0") + "\0 ";
  for (let at = 0; at < 8; at++) block[148 + at] = sum.charCodeAt(at);
}

/** Seconds and nanoseconds since 1970; nanoseconds count forward also before it. */
function paxTime(seconds: number, nanoseconds: number): string {
  const before = seconds < 0 && nanoseconds > 0;
  const whole = before ? seconds + 1 : seconds;
  const rest = before ? 1e9 - nanoseconds : nanoseconds;
  const fraction = String(rest).padStart(9, "0").replace(/0+$/, "");
  return `${before && whole === 0 ? "-0" : whole}${fraction ? `.${fraction}` : ""}`;
}

/** A pax key cannot hold "=": libarchive's form encodes names. */
function addXattr(records: Map<string, string>, name: string, value: ByteText): void {
  if (!name.includes("=")) records.set(`SCHILY.xattr.${name}`, value);
  else records.set(`LIBARCHIVE.xattr.${encodeURIComponent(name)}`, btoa(value));
}

function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length;
  while (length !== rest.length + String(length).length) {
    length = rest.length + String(length).length;
  }
  return length + rest;
}

/** What the header of a member is called, for programs that know no pax. */
function paxName(member: ByteText): ByteText {
  const [folder, name] = [parentOf(member), nameOf(member)];
  return shortText([folder, "PaxHeaders.0", name].filter((part) => part !== "").join("/"))
    .replace(/\/+$/, "") as ByteText;
}

function paxMember(records: Map<string, string>, entry: LayerEntry): Uint8Array<ArrayBuffer>[] {
  const sorted = [...records].sort(([x], [y]) => x < y ? -1 : 1);
  const body = fromByteText(
    sorted.map(([key, value]) => paxRecord(key, value)).join("") as ByteText,
  );
  const block = headerBlock(new Map(), {
    path: "" as ByteText,
    type: "file",
    mode: 0,
    uid: 0,
    gid: 0,
    size: body.length,
    mtime: 0,
    mtimeNs: 0,
  }, {
    name: paxName(memberName(entry)),
    flag: "x",
    stored: body.length,
  });
  return [block, body, tarPadding(body.length)];
}
