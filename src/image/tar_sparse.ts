/* Sparse members of tar archives: which stretches of the file the stored data are. Pure; used by tar_reader.ts.
 *
 * Source: GNU tar manual, "Storing Sparse Files": the old GNU form (type "S") and pax versions 0.0, 0.1 and 1.0.
 */
import { type ByteText, byteText, concat, LpmxError } from "../base/mod.ts";
import { type TarSink } from "./tar_reader.ts";

/** A stretch with data. */
export interface Extent {
  offset: number;
  length: number;
}

const damaged = () => new LpmxError("bad-archive", "damaged map of a sparse file in tar archive");

function octal(block: Uint8Array, at: number): number {
  if (block[at]! & 0x80) {
    return block.subarray(at + 1, at + 12).reduce((value, byte) => value * 256 + byte, 0);
  }
  return parseInt(byteText(block, at, at + 12), 8) || 0;
}

/** Reads `count` extents of the old GNU form at `start`, and whether another block of them follows (byte `flagAt`). */
export function gnuExtents(
  block: Uint8Array,
  start: number,
  count: number,
  flagAt: number,
): { extents: Extent[]; more: boolean } {
  const extents: Extent[] = [];
  for (let n = 0; n < count; n++) {
    const at = start + 24 * n;
    if (block[at] === 0) break;
    extents.push({ offset: octal(block, at), length: octal(block, at + 12) });
  }
  return { extents, more: block[flagAt] === 1 };
}

function pairs(numbers: number[]): Extent[] {
  if (numbers.length % 2 !== 0) throw damaged();
  return numbers.flatMap((offset, at) =>
    at % 2 === 0 ? [{ offset, length: numbers[at + 1]! }] : []
  );
}

/** Extents that pax records tell; undefined when they stand before the data (version 1.0). */
export function paxExtents(records: ReadonlyMap<string, ByteText>): Extent[] | undefined {
  if (records.get("GNU.sparse.major") === "1") return undefined;
  const map = records.get("GNU.sparse.map") ?? "";
  return pairs(map === "" ? [] : map.split(",").map(Number));
}

/** Spreads the stored data over the file that they are of. */
export class SparseMember {
  #sink: TarSink;
  #realSize: number;
  #extents: Extent[] | undefined;
  #start: Uint8Array[] = [];
  #position = 0;
  #current = 0;

  constructor(sink: TarSink, realSize: number, extents: Extent[] | undefined) {
    this.#sink = sink;
    this.#realSize = realSize;
    if (extents) this.#setExtents(extents);
  }

  /** Takes stored data. */
  data(piece: Uint8Array<ArrayBuffer>): void {
    if (this.#extents) return this.#spread(piece);
    this.#start.push(piece.slice());
    const start = concat(this.#start);
    const map = leadingMap(start);
    if (!map) return;
    this.#setExtents(map.extents);
    this.#spread(start.subarray(map.size));
  }

  /** Says that the stored data are over. */
  end(): void {
    if (!this.#extents || this.#extents.some(({ length }) => length > 0)) throw damaged();
    this.#skipTo(this.#realSize);
  }

  #setExtents(extents: Extent[]): void {
    let end = 0;
    for (const { offset, length } of extents) {
      const sane = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= end &&
        length >= 0;
      end = offset + length;
      if (!sane || end > this.#realSize) throw damaged();
    }
    this.#extents = extents.map((extent) => ({ ...extent }));
  }

  #spread(piece: Uint8Array<ArrayBuffer>): void {
    for (let at = 0; at < piece.length;) {
      while (this.#extents![this.#current]?.length === 0) this.#current++;
      const extent = this.#extents![this.#current];
      if (!extent) throw damaged();
      this.#skipTo(extent.offset);
      const length = Math.min(extent.length, piece.length - at);
      this.#sink.data(piece.subarray(at, at + length));
      extent.offset += length;
      extent.length -= length;
      this.#position += length;
      at += length;
    }
  }

  #skipTo(offset: number): void {
    if (offset > this.#position) this.#sink.hole(offset - this.#position);
    this.#position = offset;
  }
}

/** The map of version 1.0: decimal lines, the count first, padded to a block; undefined while it is not complete. */
function leadingMap(start: Uint8Array): { extents: Extent[]; size: number } | undefined {
  const text = byteText(start);
  const count = Number(/^(\d+)\n/.exec(text)?.[1] ?? NaN);
  if (Number.isNaN(count)) {
    if (start.length < 512) return undefined;
    throw damaged();
  }
  let end = text.indexOf("\n") + 1;
  const numbers: number[] = [];
  while (numbers.length < 2 * count) {
    const next = text.indexOf("\n", end);
    if (next < 0) return undefined;
    numbers.push(Number(text.slice(end, next)));
    end = next + 1;
  }
  const size = Math.ceil(end / 512) * 512;
  return size > start.length ? undefined : { extents: pairs(numbers), size };
}
