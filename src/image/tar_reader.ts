/* Reads a tar archive that is pushed in piece by piece. Pure: no I/O, no promises, no copy of file data.
 *
 * Global and local pax headers, GNU long names and links and the maps of sparse files are resolved.
 */
import { type ByteText, byteText, concat, LpmxError, showByteText } from "../base/mod.ts";
import { applyPax, parsePax, parseTarHeader, type TarHeader } from "./tar_header.ts";
import { gnuExtents, SparseMember } from "./tar_sparse.ts";

/** Who gets what the archive holds, in its order. */
export interface TarSink {
  /** A member begins; its data follow (size bytes, for plain files only). `offset` is that of its data in the archive. */
  entry(header: TarHeader, offset: number): void;
  /** A piece of the current member's data; valid during the call only. */
  data(piece: Uint8Array<ArrayBuffer>): void;
  /** So many bytes of zeros, of a sparse file. */
  hole(length: number): void;
  /** The current member is complete. */
  end(): void;
}

const metaLimit = 16 << 20;

/** A tar reader; push() as the bytes come, then finish(). Throws LpmxError("bad-archive"). */
export class TarReader {
  #sink: TarSink;
  #offset = 0;
  #partial = new Uint8Array(512);
  #partialLength = 0;
  #left = 0;
  #padding = 0;
  #state: "header" | "extents" | "data" | "meta" | "ended" = "header";
  #stored = 0;
  #pending: TarHeader["sparse"];
  #sparse: SparseMember | undefined;
  #meta: Uint8Array[] = [];
  #metaFlag = "";
  #zeroBlocks = 0;
  #global = new Map<string, ByteText>();
  #local: Map<string, ByteText> | undefined;
  #longName: ByteText | undefined;
  #longLink: ByteText | undefined;

  constructor(sink: TarSink) {
    this.#sink = sink;
  }

  /** Takes the next bytes of the archive. */
  push(chunk: Uint8Array<ArrayBuffer>): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#left > 0) at += this.#takeData(chunk, at);
      else if (this.#padding > 0) at += this.#skipPadding(chunk.length - at);
      else at += this.#takeHeader(chunk, at);
    }
  }

  /** Says that the archive is over. */
  finish(): void {
    if (this.#state === "header" && this.#partialLength === 0 && this.#padding === 0) return;
    if (this.#state !== "ended") throw new LpmxError("bad-archive", "tar archive is truncated");
  }

  /** For readers that can seek: leaves out the rest of the current member's data and padding; returns how many bytes. */
  skipMember(): number {
    if (this.#state === "meta") return 0;
    const skipped = this.#left + this.#padding;
    this.#offset += skipped;
    this.#left = this.#padding = 0;
    if (this.#state === "data") this.#state = "header";
    return skipped;
  }

  #takeData(chunk: Uint8Array<ArrayBuffer>, at: number): number {
    const length = Math.min(this.#left, chunk.length - at);
    const piece = length === chunk.length ? chunk : chunk.subarray(at, at + length);
    if (this.#state === "meta") this.#meta.push(piece.slice());
    else if (this.#sparse) this.#sparse.data(piece);
    else this.#sink.data(piece);
    this.#left -= length;
    this.#offset += length;
    if (this.#left === 0) this.#endMember();
    return length;
  }

  #skipPadding(available: number): number {
    const length = Math.min(this.#padding, available);
    this.#padding -= length;
    this.#offset += length;
    return length;
  }

  #takeHeader(chunk: Uint8Array<ArrayBuffer>, at: number): number {
    const length = Math.min(512 - this.#partialLength, chunk.length - at);
    let block = chunk.subarray(at, at + length);
    this.#offset += length;
    if (length < 512) {
      this.#partial.set(block, this.#partialLength);
      this.#partialLength += length;
      if (this.#partialLength < 512) return length;
      block = this.#partial;
      this.#partialLength = 0;
    }
    if (this.#state === "extents") this.#moreExtents(block);
    else if (this.#state !== "ended") this.#header(block);
    return length;
  }

  #header(block: Uint8Array): void {
    const header = parseTarHeader(block);
    if (!header) {
      if (++this.#zeroBlocks === 2) this.#state = "ended";
      return;
    }
    this.#zeroBlocks = 0;
    if ("xgLK".includes(header.flag)) return this.#beginMeta(header);
    applyPax(header, this.#global);
    if (this.#local) applyPax(header, this.#local);
    if (this.#longName !== undefined) header.name = this.#longName;
    if (this.#longLink !== undefined) header.link = this.#longLink;
    this.#local = this.#longName = this.#longLink = undefined;
    // A slash at the end means a folder in old archives; the short name beside a pax one may end so by accident ("data/ü").
    if (header.flag === "0" && header.name.endsWith("/")) header.flag = "5";
    this.#begin(header);
  }

  #beginMeta(header: TarHeader): void {
    if (header.size > metaLimit) throw new LpmxError("bad-archive", "oversized tar header");
    this.#state = "meta";
    this.#metaFlag = header.flag;
    this.#meta = [];
    this.#setSize(header.size);
  }

  #begin(header: TarHeader): void {
    const sparse = header.sparse;
    const stored = header.size;
    if (sparse) header.size = sparse.realSize;
    for (const size of [stored, header.size]) {
      if (Number.isSafeInteger(size) && size >= 0) continue;
      throw new LpmxError("bad-archive", `bad size of "${showByteText(header.name)}" in tar`);
    }
    const hasData = header.flag === "0" || !"123456".includes(header.flag);
    this.#sink.entry(header, this.#offset);
    this.#stored = hasData ? stored : 0;
    this.#sparse = undefined;
    if (sparse?.more) this.#state = "extents";
    else this.#beginData(sparse);
    this.#pending = sparse;
  }

  #beginData(sparse: TarHeader["sparse"]): void {
    this.#state = "data";
    if (sparse) this.#sparse = new SparseMember(this.#sink, sparse.realSize, sparse.extents);
    this.#setSize(this.#stored);
  }

  /** Blocks that go on with the map of an old sparse member. */
  #moreExtents(block: Uint8Array): void {
    const sparse = this.#pending!;
    const { extents, more } = gnuExtents(block, 0, 21, 504);
    sparse.extents!.push(...extents);
    if (!more) this.#beginData(sparse);
  }

  #setSize(size: number): void {
    this.#left = size;
    this.#padding = (512 - size % 512) % 512;
    if (size === 0) this.#endMember();
  }

  #endMember(): void {
    if (this.#state === "meta") this.#endMeta();
    else {
      this.#sparse?.end();
      this.#sink.end();
    }
    this.#state = "header";
  }

  #endMeta(): void {
    const data = byteText(concat(this.#meta));
    this.#meta = [];
    if (this.#metaFlag === "g") {
      parsePax(data).forEach((value, key) => this.#global.set(key, value));
    } else if (this.#metaFlag === "x") this.#local = parsePax(data);
    else if (this.#metaFlag === "L") this.#longName = data.replace(/\0.*$/s, "") as ByteText;
    else this.#longLink = data.replace(/\0.*$/s, "") as ByteText;
  }
}
