import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { lpmx_payload, lpmx_piece } from "../src/runtime/contract.ts";
import { assemble, type Piece } from "./pack.ts";

const piece = (name: string, text: string): Piece => ({
  name,
  bytes: new TextEncoder().encode(text),
  mode: 0o755,
  flags: 1,
});
const launcher = new TextEncoder().encode("launcher");
const pieces = [piece("rt/b", "bb".repeat(50)), piece("a", "aa".repeat(50))];
const make = (list: Piece[]) =>
  assemble(launcher, list, 1, "1.2.3", ({ bytes }) => new Uint8Array(zstdCompressSync(bytes)));

Deno.test("assemble() ends the file with a footer that leads to every piece", () => {
  const file = make(pieces);
  const view = new DataView(file.buffer);
  const footer = file.length - lpmx_payload.size;
  const number = (at: number) => Number(view.getBigUint64(at, true));
  assert.equal(new TextDecoder().decode(file.subarray(footer, footer + 7)), "LPMXPAY");
  const table = number(footer + lpmx_payload.fields.pieces[1]);
  const hash = file.subarray(footer + lpmx_payload.fields.hash[1], file.length);
  assert.deepEqual(
    Buffer.from(hash),
    createHash("sha256").update(file.subarray(table, footer)).digest(),
  );
  const found = Array.from(
    { length: view.getUint32(footer + lpmx_payload.fields.count[1], true) },
    (_, n) => {
      const at = table + n * lpmx_piece.size;
      const offset = number(at + lpmx_piece.fields.offset[1]);
      const packed = file.subarray(offset, offset + number(at + lpmx_piece.fields.packed[1]));
      const name = new TextDecoder().decode(file.subarray(at, at + 64)).replace(/\0+$/, "");
      return [name, new TextDecoder().decode(zstdDecompressSync(packed))];
    },
  );
  assert.deepEqual(found, [["a", "aa".repeat(50)], ["rt/b", "bb".repeat(50)]]);
  assert.deepEqual(file.subarray(0, launcher.length), launcher);
});

Deno.test("assemble() gives the same bytes whatever order the pieces come in", () => {
  assert.deepEqual(make(pieces.toReversed()), make(pieces));
});
