/* The file `entries` of an unpacked layer: what its tar archive said, one line per member, in the archive's order.
 *
 * Form: JSON lines. The first is {"lpmx":"entries","version":1,"diffId":"sha256:…","count":N,"size":BYTES}; each other one is
 * an object with p path, t type (EntryType), m mode, u uid, g gid, and where not zero or absent: s size, mt mtime in seconds,
 * ns its nanoseconds, l link target, d [major, minor], x {xattr: base64}. Names are the archive's own bytes, so the file
 * is UTF-8 exactly when they are. Written once, before the layer is published, and never changed.
 */
import {
  type ByteText,
  byteText,
  fromByteText,
  LpmxError,
  parseJson,
  toByteText,
} from "../base/mod.ts";
import { type EntryType, type LayerEntry } from "../image/mod.ts";

/** What the first line says. `size` is the sum of the files' sizes. */
export interface EntriesHeader {
  diffId: string;
  count: number;
  size: number;
}

interface Line {
  p: string;
  t: EntryType;
  m: number;
  u: number;
  g: number;
  s?: number;
  mt?: number;
  ns?: number;
  l?: string;
  d?: [number, number];
  x?: Record<string, string>;
}

function toLine(entry: LayerEntry): Line {
  const line: Line = { p: entry.path, t: entry.type, m: entry.mode, u: entry.uid, g: entry.gid };
  if (entry.size) line.s = entry.size;
  if (entry.mtime) line.mt = entry.mtime;
  if (entry.mtimeNs) line.ns = entry.mtimeNs;
  if (entry.target !== undefined) line.l = entry.target;
  if (entry.major !== undefined) line.d = [entry.major, entry.minor ?? 0];
  if (entry.xattrs) {
    const pairs = Object.entries(entry.xattrs);
    line.x = Object.fromEntries(pairs.map(([name, value]) => [toByteText(name), btoa(value)]));
  }
  return line;
}

function fromLine(line: Line): LayerEntry {
  const entry: LayerEntry = {
    path: line.p as ByteText,
    type: line.t,
    mode: line.m,
    uid: line.u,
    gid: line.g,
    size: line.s ?? 0,
    mtime: line.mt ?? 0,
    mtimeNs: line.ns ?? 0,
  };
  if (line.l !== undefined) entry.target = line.l as ByteText;
  if (line.d) [entry.major, entry.minor] = line.d;
  if (line.x) {
    const pairs = Object.entries(line.x);
    entry.xattrs = Object.fromEntries(
      pairs.map(([name, value]) => [name, atob(value) as ByteText]),
    );
  }
  return entry;
}

/** The bytes of an `entries` file. */
export function encodeEntries(
  diffId: string,
  entries: readonly LayerEntry[],
): Uint8Array<ArrayBuffer> {
  const size = entries.reduce((sum, entry) => sum + (entry.type === "file" ? entry.size : 0), 0);
  const lines = [
    JSON.stringify({ lpmx: "entries", version: 1, diffId, count: entries.length, size }),
  ];
  for (const entry of entries) lines.push(JSON.stringify(toLine(entry)));
  return fromByteText(lines.join("\n") + "\n" as ByteText);
}

/** Reads only the first line. Throws LpmxError("bad-record"). */
export function decodeEntriesHeader(firstLine: string, what: string): EntriesHeader {
  const header = parseJson(firstLine, what, "bad-record") as Record<string, unknown>;
  if (header["lpmx"] !== "entries" || header["version"] !== 1) {
    throw new LpmxError("bad-record", `Cannot read ${what}: unknown version`);
  }
  return header as unknown as EntriesHeader;
}

/** The entries of a layer. Throws LpmxError("bad-record") when the file is not whole. */
export function decodeEntries(bytes: Uint8Array, what: string): LayerEntry[] {
  const lines = byteText(bytes).split("\n");
  const header = decodeEntriesHeader(lines[0] ?? "", what);
  if (lines.length !== header.count + 2 || lines.at(-1) !== "") {
    throw new LpmxError("bad-record", `Cannot read ${what}: truncated`, {
      hint: "remove the image and load it again",
    });
  }
  const json = `[${lines.slice(1, -1).join(",")}]`;
  return (parseJson(json, what, "bad-record") as Line[]).map(fromLine);
}
