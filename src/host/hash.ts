/* SHA-256 of streams (OpenSSL's through node:crypto; the web API cannot hash piece by piece).
 */
import { createHash } from "node:crypto";

/** A running sha256. */
export interface Sha256 {
  update(bytes: Uint8Array): void;
  /** Lower-case hex; ends it. */
  hex(): string;
}

/** Starts a sha256. */
export function sha256(): Sha256 {
  const hash = createHash("sha256");
  return { update: (bytes) => void hash.update(bytes), hex: () => hash.digest("hex") };
}

/** Of a whole text or array: "sha256:" and hex. */
export function digestOf(content: Uint8Array | string): string {
  return "sha256:" + createHash("sha256").update(content).digest("hex");
}
