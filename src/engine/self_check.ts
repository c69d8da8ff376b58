/* What the build asks of an engine that it has just made: that the parts of Deno which lpmx relies on work in it.
 */
import { messageOf, toByteText } from "../base/mod.ts";
import { AT_FDCWD, closeFd, digestOf, Inflater, O_RDONLY, openAt, packed } from "../host/mod.ts";

const text = "lpmx ".repeat(1000);

function inflates(codec: "gzip" | "zstd", packed: Uint8Array): boolean {
  const inflater = new Inflater(codec);
  let got = "";
  inflater.push(new Uint8Array(packed), (bytes) => got += new TextDecoder().decode(bytes));
  inflater.finish();
  return got === text;
}

const checks: Record<string, () => boolean> = {
  libc: () => {
    closeFd(openAt(AT_FDCWD, toByteText("/"), O_RDONLY));
    return true;
  },
  gzip: () => inflates("gzip", packed("gzip", text)),
  zstd: () => inflates("zstd", packed("zstd", text)),
  sha256: () => digestOf("").endsWith("b855"),
  fetch: () => typeof fetch === "function",
};

/** Names of the checks that failed, with the reason. */
export function selfTest(): string[] {
  return Object.entries(checks).flatMap(([name, check]) => {
    try {
      return check() ? [] : [name];
    } catch (error) {
      return [`${name}: ${messageOf(error)}`];
    }
  });
}
