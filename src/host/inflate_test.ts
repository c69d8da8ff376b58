import assert from "node:assert/strict";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { concat, LpmxError } from "../base/mod.ts";
import { AutoInflater } from "./inflate.ts";

const text = new TextEncoder().encode(
  Array.from({ length: 30000 }, (_, n) => `line ${n * n}\n`).join(""),
);
const skippable = new Uint8Array([0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]);

function inflate(packed: Uint8Array, step: number): Uint8Array {
  const inflater = new AutoInflater();
  const parts: Uint8Array[] = [];
  for (let at = 0; at < packed.length; at += step) {
    inflater.push(
      new Uint8Array(packed.subarray(at, at + step)),
      (bytes) => parts.push(bytes.slice()),
    );
  }
  inflater.finish();
  return concat(parts);
}

const half = text.length >> 1;
const [first, second] = [text.subarray(0, half), text.subarray(half)];
const forms: Record<string, Uint8Array> = {
  "plain bytes": text,
  gzip: gzipSync(text),
  "gzip of several members": concat([gzipSync(first), gzipSync(second)]),
  "gzip padded with zeros": concat([gzipSync(text), new Uint8Array(700)]),
  zstd: zstdCompressSync(text),
  "zstd of several frames": concat([zstdCompressSync(first), zstdCompressSync(second)]),
  "zstd with skippable frames": concat([
    skippable,
    zstdCompressSync(first),
    skippable,
    zstdCompressSync(second),
    skippable,
  ]),
};

for (const [name, packed] of Object.entries(forms)) {
  for (const step of [7, 4096, 1 << 20]) {
    Deno.test(`AutoInflater reads ${name} in pieces of ${step}`, () => {
      assert.deepEqual(new Uint8Array(inflate(packed, step)), text);
    });
  }
}

const refused: Record<string, [Uint8Array, string]> = {
  "gzip that is cut off": [gzipSync(text).subarray(0, 20000), "bad-archive"],
  "gzip that is damaged": [
    gzipSync(text).map((byte, at) => at === 9000 ? byte ^ 0xff : byte),
    "bad-archive",
  ],
  "gzip with something behind": [concat([gzipSync(text), text.subarray(0, 50)]), "bad-archive"],
  "zstd that is damaged": [
    zstdCompressSync(text).map((byte, at) => at > 9000 && at < 9050 ? 0 : byte),
    "bad-archive",
  ],
  "xz": [new Uint8Array([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), "unsupported"],
};

for (const [name, [packed, code]] of Object.entries(refused)) {
  Deno.test(`AutoInflater refuses ${name}`, () => {
    assert.throws(
      () => inflate(packed, 4096),
      (error) => error instanceof LpmxError && error.code === code,
    );
  });
}
