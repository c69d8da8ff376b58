/* Content digests: "sha256:" and 64 lower-case hex digits. Pure.
 */
import { LpmxError } from "../base/mod.ts";

/** Whether a text is a sha256 digest in OCI's form. */
export function isDigest(text: string): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(text);
}

/** The hex part of a digest. Throws LpmxError("bad-digest") for another algorithm or a malformed one. */
export function digestHex(digest: string): string {
  if (!isDigest(digest)) {
    throw new LpmxError("bad-digest", `digest "${digest}" is not of the form sha256:HEX`);
  }
  return digest.slice(7);
}
