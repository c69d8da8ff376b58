/* The 64-bit hash of a guest path: contract.h, "Hash of a path". A durable format; vectors in tests/vectors/path_hash.json.
 */
import { type ByteText } from "../base/mod.ts";

/** The running state of a hash: the path read so far, to be continued by "/name". */
export interface HashState {
  a: number;
  b: number;
}

/** The state before the first byte. The seed is a number below 2^53. */
export function hashStart(seed: number): HashState {
  return { a: (0x811c9dc5 ^ seed) >>> 0, b: (0x9e3779b9 ^ Math.floor(seed / 2 ** 32)) >>> 0 };
}

/** The state after more bytes. */
export function hashMore(state: HashState, bytes: string): HashState {
  let { a, b } = state;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes.charCodeAt(at);
    a = Math.imul(a ^ byte, 0x01000193);
    b = Math.imul(b ^ byte, 0x85ebca6b);
  }
  return { a: a >>> 0, b: b >>> 0 };
}

function finish(lane: number): number {
  let x = lane >>> 0;
  x ^= x >>> 15;
  x = Math.imul(x, 0x2c1b3c6d) >>> 0;
  x ^= x >>> 12;
  x = Math.imul(x, 0x297a2d39) >>> 0;
  x ^= x >>> 15;
  return x >>> 0;
}

/** Low and high half of the hash. */
export function hashEnd(state: HashState): { low: number; high: number } {
  return { low: finish(state.a), high: finish(state.b) };
}

/** The hash of a canonical guest path ("" is the root, others begin with "/"). */
export function hashPath(path: ByteText, seed = 0): bigint {
  const { low, high } = hashEnd(hashMore(hashStart(seed), path));
  return BigInt(high) << 32n | BigInt(low);
}
