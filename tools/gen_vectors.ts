/* Writes tests/vectors/path_hash.json: paths (as hex, since names are bytes), seeds and hashes that the C side is held to.
 *
 *     deno run -A tools/gen_vectors.ts
 */
import { type ByteText, toByteText } from "../src/base/mod.ts";
import { hashPath } from "../src/runtime/mod.ts";

const paths: string[] = [
  "",
  "/etc",
  "/etc/passwd",
  "/usr/lib/x86_64-linux-gnu/libc.so.6",
  "/a",
  "/b",
  "/" + "x".repeat(255),
  "/" + "d/".repeat(2000) + "f",
  toByteText("/usr/share/Főtanúsítvány.crt"),
  "/latin1/\xe9\xff\x80",
  "/ blank",
  "/.wh.x",
];
const seeds = [0, 1, 2, 0xffffffff, 0x100000000, 0x1fffffffffffff];

const vectors = paths.flatMap((path) =>
  seeds.map((seed) => ({
    path: Array.from(path, (c) => c.charCodeAt(0).toString(16).padStart(2, "0")).join(""),
    seed: seed.toString(16),
    hash: hashPath(path as ByteText, seed).toString(16).padStart(16, "0"),
  }))
);
Deno.writeTextFileSync(
  new URL("../tests/vectors/path_hash.json", import.meta.url),
  "[\n" + vectors.map((vector) => "  " + JSON.stringify(vector)).join(",\n") + "\n]\n",
);
