import assert from "node:assert/strict";
import { LpmxError } from "../base/mod.ts";
import { type ImageIndex } from "./manifest.ts";
import { choosePlatform, parsePlatform, platformFits } from "./platform.ts";

const entry = (text: string, digit: string) => ({
  mediaType: "application/vnd.oci.image.manifest.v1+json",
  digest: `sha256:${digit.repeat(64)}`,
  size: 1,
  platform: parsePlatform(text),
});
const index = (...entries: ReturnType<typeof entry>[]): ImageIndex => ({
  schemaVersion: 2,
  manifests: entries,
});

Deno.test("choosePlatform() skips attestations and takes the first that fits", () => {
  const chosen = choosePlatform(
    index(
      entry("unknown/unknown", "0"),
      entry("linux/arm64/v8", "1"),
      entry("linux/amd64", "2"),
      entry("linux/amd64", "3"),
    ),
    parsePlatform("linux/amd64"),
    "x",
  );
  assert.equal(chosen.digest[7], "2");
});

Deno.test("choosePlatform() names what there is", () => {
  assert.throws(
    () => choosePlatform(index(entry("linux/arm64/v8", "1")), parsePlatform("amd64"), "x:1"),
    (e) =>
      e instanceof LpmxError && e.code === "platform-mismatch" &&
      /only linux\/arm64\/v8/.test(e.message),
  );
});

Deno.test("platformFits() takes arm64 and arm64/v8 for the same", () => {
  assert.ok(platformFits(parsePlatform("linux/arm64"), parsePlatform("linux/arm64/v8")));
  assert.ok(!platformFits(parsePlatform("linux/arm/v6"), parsePlatform("linux/arm/v7")));
  assert.ok(platformFits(parsePlatform("linux/amd64"), parsePlatform("x86_64")));
});

Deno.test("parsePlatform() refuses what is no platform", () => {
  for (const text of ["", "a/b/c/d", "linux/", "/amd64"]) {
    assert.throws(() => parsePlatform(text), LpmxError);
  }
});
