/* Writes the index of an image: contract.h, "Index". Native code maps it read-only and trusts it after validation.
 *
 * Entries are breadth first, children sorted bytewise; the seed is the first for which no two entries have the same hash.
 * The same layers always give the same bytes.
 */
import { type ByteText, byteText, LpmxError } from "../base/mod.ts";
import { type MergedNode, type MergedType } from "../image/mod.ts";
import { LPMX_ABI, lpmx_entry, LPMX_ENTRY_STUB, lpmx_index, LPMX_MAGIC_INDEX } from "./contract.ts";
import { hashEnd, hashMore, hashStart, type HashState } from "./path_hash.ts";

const typeBits: Record<MergedType, number> = {
  fifo: 0o010000,
  char: 0o020000,
  dir: 0o040000,
  block: 0o060000,
  file: 0o100000,
  symlink: 0o120000,
  socket: 0o140000,
};
const stubs = new Set<MergedType>(["char", "block", "fifo", "socket"]);
const maxSeeds = 64;

interface Row {
  node: MergedNode;
  parent: number;
  firstChild: number;
  name: number;
  text: number;
  ext: number;
}

class Strings {
  #parts: string[] = ["\0"];
  #known = new Map<string, number>([["", 0]]);
  size = 1;

  add(text: string): number {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const at = this.size;
    this.#parts.push(text, "\0");
    this.#known.set(text, at);
    this.size += text.length + 1;
    return at;
  }

  writeTo(bytes: Uint8Array, at: number): void {
    for (const part of this.#parts) {
      for (let i = 0; i < part.length; i++) bytes[at++] = part.charCodeAt(i);
    }
  }
}

function sortedChildren(node: MergedNode): MergedNode[] {
  return [...node.children?.values() ?? []].sort((x, y) => x.name < y.name ? -1 : 1);
}

/** Where the extended attributes of a node stand in the pool: name, NUL, length and value of each; 0 for none. */
function attributes({ xattrs }: MergedNode, strings: Strings): number {
  if (!xattrs) return 0;
  const sorted = Object.entries(xattrs).filter(([name]) => name !== "" && name.length < 256)
    .sort(([x], [y]) => x < y ? -1 : 1);
  return strings.add(
    sorted.map(([name, value]) => {
      const length = [0, 8, 16, 24].map((shift) =>
        String.fromCharCode(value.length >> shift & 255)
      );
      return `${name}\0${length.join("")}${value}`;
    }).join(""),
  );
}

function breadthFirst(root: MergedNode, strings: Strings): Row[] {
  const ext = attributes(root, strings);
  const rows: Row[] = [{ node: root, parent: 0, firstChild: 0, name: 0, text: 0, ext }];
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at]!;
    row.firstChild = rows.length;
    for (const node of sortedChildren(row.node)) {
      const text = node.type === "symlink" ? strings.add(node.target) : 0;
      const name = strings.add(node.name), ext = attributes(node, strings);
      rows.push({ node, parent: at, firstChild: 0, name, text, ext });
    }
  }
  return rows;
}

interface Hashes {
  seed: number;
  low: Uint32Array;
  high: Uint32Array;
  slots: Uint32Array;
}

/** Hashes all rows and fills the table; undefined when two have the same hash. */
function hashRows(rows: readonly Row[], seed: number): Hashes | undefined {
  const nslots = 2 ** Math.ceil(Math.log2(Math.max(2, 2 * rows.length)));
  const hashes: Hashes = {
    seed,
    low: new Uint32Array(rows.length),
    high: new Uint32Array(rows.length),
    slots: new Uint32Array(nslots),
  };
  const states: HashState[] = [];
  for (const [at, { node, parent }] of rows.entries()) {
    const state = at === 0 ? hashStart(seed) : hashMore(states[parent]!, "/" + node.name);
    states.push(state);
    const { low, high } = hashEnd(state);
    hashes.low[at] = low;
    hashes.high[at] = high;
    let slot = (low & (nslots - 1)) >>> 0;
    for (let there; (there = hashes.slots[slot]!) !== 0; slot = (slot + 1) & (nslots - 1)) {
      if (hashes.low[there - 1] === low && hashes.high[there - 1] === high) return undefined;
    }
    hashes.slots[slot] = at + 1;
  }
  return hashes;
}

function hashWithoutCollision(rows: readonly Row[]): Hashes {
  for (let seed = 0; seed < maxSeeds; seed++) {
    const hashes = hashRows(rows, seed);
    if (hashes) return hashes;
  }
  throw new LpmxError(
    "unsupported",
    `Cannot index the image: path hashes collide for ${maxSeeds} seeds`,
  );
}

/** The bytes of the index of a merged tree. */
export function encodeIndex(root: MergedNode, layers: number): Uint8Array<ArrayBuffer> {
  const strings = new Strings();
  const rows = breadthFirst(root, strings);
  const hashes = hashWithoutCollision(rows);
  const entries = lpmx_index.size;
  const slots = entries + rows.length * lpmx_entry.size;
  const pool = slots + hashes.slots.length * 4;
  const bytes = new Uint8Array(Math.ceil((pool + strings.size) / 8) * 8);
  const view = new DataView(bytes.buffer);
  writeHeader(view, {
    layers,
    hashes,
    rows: rows.length,
    entries,
    slots,
    pool,
    strings: strings.size,
  });
  for (const [at, row] of rows.entries()) {
    writeRow(view, entries + at * lpmx_entry.size, row, hashes, at);
  }
  for (const [at, slot] of hashes.slots.entries()) view.setUint32(slots + 4 * at, slot, true);
  strings.writeTo(bytes, pool);
  return bytes;
}

interface Parts {
  layers: number;
  hashes: Hashes;
  rows: number;
  entries: number;
  slots: number;
  pool: number;
  strings: number;
}

function writeHeader(view: DataView, parts: Parts): void {
  const { fields } = lpmx_index;
  for (const [at, char] of [...LPMX_MAGIC_INDEX].entries()) view.setUint8(at, char.charCodeAt(0));
  view.setUint32(fields.abi[1], LPMX_ABI, true);
  view.setUint32(fields.nlayers[1], parts.layers, true);
  view.setBigUint64(fields.seed[1], BigInt(parts.hashes.seed), true);
  view.setBigUint64(fields.size[1], BigInt(view.byteLength), true);
  view.setUint32(fields.nentries[1], parts.rows, true);
  view.setUint32(fields.nslots[1], parts.hashes.slots.length, true);
  view.setBigUint64(fields.slots[1], BigInt(parts.slots), true);
  view.setBigUint64(fields.entries[1], BigInt(parts.entries), true);
  view.setBigUint64(fields.strings[1], BigInt(parts.pool), true);
  view.setBigUint64(fields.strings_size[1], BigInt(parts.strings), true);
}

function writeRow(view: DataView, to: number, row: Row, hashes: Hashes, at: number): void {
  const { fields } = lpmx_entry;
  const { node } = row;
  view.setUint32(to + fields.hash[1], hashes.low[at]!, true);
  view.setUint32(to + fields.hash[1] + 4, hashes.high[at]!, true);
  view.setUint32(to + fields.parent[1], row.parent, true);
  view.setUint32(to + fields.name[1], row.name, true);
  view.setUint16(to + fields.name_len[1], node.name.length, true);
  view.setUint16(to + fields.layer[1], node.layer, true);
  view.setUint32(to + fields.mode[1], typeBits[node.type] | node.mode, true);
  view.setUint32(to + fields.uid[1], node.uid, true);
  view.setUint32(to + fields.gid[1], node.gid, true);
  const [a, b] = operands(row);
  view.setUint32(to + fields.a[1], a, true);
  view.setUint32(to + fields.b[1], b, true);
  view.setUint32(to + fields.flags[1], stubs.has(node.type) ? LPMX_ENTRY_STUB : 0, true);
  view.setUint32(to + fields.ext[1], row.ext, true);
}

function operands({ node, firstChild, text }: Row): [number, number] {
  if (node.type === "dir") return [firstChild, node.children!.size];
  if (node.type === "symlink") return [text, node.target.length];
  return [node.major, node.minor];
}

/** The seed in the first bytes of an index. Throws LpmxError("bad-record") for another kind of file. */
export function indexSeed(start: Uint8Array<ArrayBuffer>): number {
  const magic = String.fromCharCode(...start.subarray(0, 7));
  if (magic !== LPMX_MAGIC_INDEX || start.length < lpmx_index.size) {
    throw new LpmxError("bad-record", "not an index");
  }
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  return Number(view.getBigUint64(lpmx_index.fields.seed[1], true));
}

/** For tests and tools: all entries of an index by path. Throws LpmxError("bad-record") for another kind of file. */
export function decodeIndex(bytes: Uint8Array<ArrayBuffer>): Map<ByteText, IndexRow> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = String.fromCharCode(...bytes.subarray(0, 7));
  if (magic !== LPMX_MAGIC_INDEX) throw new LpmxError("bad-record", "not an index");
  const pool = Number(view.getBigUint64(lpmx_index.fields.strings[1], true));
  const string = (at: number, length: number) =>
    String.fromCharCode(...bytes.subarray(pool + at, pool + at + length));
  const result = new Map<ByteText, IndexRow>();
  const paths: string[] = [];
  const { fields } = lpmx_entry;
  for (let at = 0; at < view.getUint32(lpmx_index.fields.nentries[1], true); at++) {
    const from = Number(view.getBigUint64(lpmx_index.fields.entries[1], true)) +
      at * lpmx_entry.size;
    const name = string(
      view.getUint32(from + fields.name[1], true),
      view.getUint16(from + fields.name_len[1], true),
    );
    const path = at === 0 ? "" : paths[view.getUint32(from + fields.parent[1], true)] + "/" + name;
    paths.push(path);
    const mode = view.getUint32(from + fields.mode[1], true);
    const [a, b] = [
      view.getUint32(from + fields.a[1], true),
      view.getUint32(from + fields.b[1], true),
    ];
    result.set(path as ByteText, {
      mode,
      hash: view.getBigUint64(from + fields.hash[1], true),
      layer: view.getUint16(from + fields.layer[1], true),
      uid: view.getUint32(from + fields.uid[1], true),
      gid: view.getUint32(from + fields.gid[1], true),
      a,
      b,
      target: (mode & 0o170000) === typeBits.symlink ? string(a, b) : "",
      flags: view.getUint32(from + fields.flags[1], true),
      xattrs: readAttributes(bytes, pool, view.getUint32(from + fields.ext[1], true)),
    });
  }
  return result;
}

function readAttributes(
  bytes: Uint8Array<ArrayBuffer>,
  pool: number,
  ext: number,
): Record<string, string> {
  const found: Record<string, string> = {};
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = pool + ext; ext !== 0 && bytes[at] !== 0;) {
    const end = bytes.indexOf(0, at), length = view.getUint32(end + 1, true);
    found[byteText(bytes, at, end)] = byteText(bytes, end + 5, end + 5 + length);
    at = end + 5 + length;
  }
  return found;
}

/** One decoded entry. */
export interface IndexRow {
  mode: number;
  hash: bigint;
  layer: number;
  uid: number;
  gid: number;
  a: number;
  b: number;
  target: string;
  flags: number;
  xattrs: Record<string, string>;
}
