import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import zlib from "node:zlib";
import fc from "fast-check";
import { LpmxError } from "../base/mod.ts";
import { type BlockCodecName, openBlockCodec } from "./block_codec.ts";
import { inTempFolder, readBytes, shell } from "./testing.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A text that repeats and does not, larger than the buffers of xz-decompress. */
const text = new TextEncoder().encode(
  Array.from({ length: 20000 }, (_, n) => `${(n * 2654435761) % 4294967296} line\n`).join(""),
);

/** A raw block of lz4: what `lz4` writes, without its frame (lz4 frame format, "Data Blocks"). */
function rawLz4(framed: Bytes): Bytes {
  const size = new DataView(framed.buffer).getUint32(7, true);
  return framed.slice(11, 11 + size);
}

async function packed(name: BlockCodecName): Promise<Bytes> {
  if (name === "zlib") return new Uint8Array(zlib.deflateSync(text));
  if (name === "zstd") return new Uint8Array(zlib.zstdCompressSync(text));
  return await inTempFolder((folder) => {
    Deno.writeFileSync(`${folder}/text`, text);
    if (name === "xz") shell(folder, "xz -k --check=crc32 text");
    else shell(folder, "lz4 -q --no-frame-crc -B6 text text.lz4");
    const bytes = readBytes(`${folder}/text.${name}`);
    return name === "lz4" ? rawLz4(bytes) : bytes;
  });
}

for (const name of ["zlib", "zstd", "xz", "lz4"] as const) {
  Deno.test(`the ${name} codec gives back what was packed, again and again`, async () => {
    const codec = await openBlockCodec(name);
    const block = await packed(name);
    const into = new Uint8Array(text.length + 100);
    for (let n = 0; n < 3; n++) {
      assert.equal(codec.unpack(block, into.fill(0)), text.length);
      assert.ok(Buffer.from(into.buffer, 0, text.length).equals(text));
      assert.throws(() => codec.unpack(block, new Uint8Array(text.length - 1)), LpmxError);
    }
    codec.close();
  });

  Deno.test(`the ${name} codec throws nothing but LpmxError for damaged blocks, and goes on`, async () => {
    const codec = await openBlockCodec(name);
    const block = await packed(name);
    const into = new Uint8Array(text.length);
    const change = fc.record({ at: fc.nat(block.length - 1), byte: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 8 }), fc.nat(block.length), (changes, length) => {
        const bad = block.slice(0, length);
        for (const { at, byte } of changes) if (at < length) bad[at] = byte;
        try {
          assert.ok(codec.unpack(bad, into) <= into.length);
        } catch (error) {
          if (!(error instanceof LpmxError)) throw error;
        }
      }),
      { numRuns: 60 },
    );
    assert.equal(codec.unpack(block, into), text.length);
    codec.close();
  });
}
