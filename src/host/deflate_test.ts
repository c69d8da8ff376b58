import { AutoInflater } from "./inflate.ts";
import { packInto } from "./deflate.ts";
import { digestOf } from "./hash.ts";
import { inTempFolder } from "./testing.ts";

Deno.test("packInto() writes what inflates to the same bytes, and tells both digests", () =>
  inTempFolder((folder) => {
    // Text, zeros, and what cannot be compressed: more of it than the output buffer holds.
    const noise = new Uint8Array(3 << 20);
    for (let at = 0; at < noise.length; at += 65536) {
      crypto.getRandomValues(noise.subarray(at, at + 65536));
    }
    const pieces = [new TextEncoder().encode("text\n".repeat(70000)), new Uint8Array(0), noise];
    pieces.push(new Uint8Array(5 << 20));
    const { digest, size, plainDigest, plainSize } = packInto(`${folder}/x`, pieces);
    const packed = Deno.readFileSync(`${folder}/x`);
    const inflater = new AutoInflater(), got: number[] = [];
    const plain = new Uint8Array(plainSize);
    inflater.push(packed, (bytes) => {
      plain.set(bytes, got.reduce((sum, length) => sum + length, 0));
      got.push(bytes.length);
    });
    inflater.finish();
    const right = size === packed.length && digest === digestOf(packed) &&
      plainDigest === digestOf(plain) && size < plainSize &&
      plainSize === pieces.reduce((sum, { length }) => sum + length, 0);
    if (!right) throw new Error(JSON.stringify({ digest, size, plainDigest, plainSize }));
  }));

Deno.test("packInto() passes on what its pieces throw", () =>
  inTempFolder((folder) => {
    const pieces = function* (): Generator<Uint8Array<ArrayBuffer>> {
      yield new Uint8Array(10);
      throw new RangeError("no more");
    };
    try {
      packInto(`${folder}/x`, pieces());
    } catch (error) {
      if (error instanceof RangeError) return;
      throw error;
    }
    throw new Error("nothing was thrown");
  }));
