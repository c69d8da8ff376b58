import assert from "node:assert/strict";
import { LpmxError } from "../base/mod.ts";
import { parseConfig } from "./config.ts";
import { parseManifest } from "./manifest.ts";

const digest = `sha256:${"a".repeat(64)}`;
const blob = (mediaType: string) => ({ mediaType, digest, size: 3 });
const manifest = {
  schemaVersion: 2,
  config: blob("application/vnd.oci.image.config.v1+json"),
  layers: [blob("application/vnd.oci.image.layer.v1.tar+gzip")],
};
const code = (wanted: string) => (error: unknown) =>
  error instanceof LpmxError && error.code === wanted;

Deno.test("parseManifest() tells images from indexes without a media type", () => {
  assert.equal(parseManifest(JSON.stringify(manifest), "m").kind, "image");
  const index = {
    schemaVersion: 2,
    manifests: [blob("application/vnd.oci.image.manifest.v1+json")],
  };
  assert.equal(parseManifest(JSON.stringify(index), "m").kind, "index");
});

Deno.test("parseManifest() ignores parameters of the transport's media type", () => {
  const type = "application/vnd.docker.distribution.manifest.v2+json; charset=utf-8";
  assert.equal(parseManifest(JSON.stringify(manifest), "m", type).kind, "image");
});

Deno.test("parseManifest() refuses schema 1, other documents and other digests", () => {
  const schema1 = JSON.stringify({ schemaVersion: 1, fsLayers: [] });
  assert.throws(() => parseManifest(schema1, "m"), code("unsupported"));
  assert.throws(() => parseManifest("{}", "m"), code("bad-manifest"));
  assert.throws(() => parseManifest("null", "m"), code("bad-manifest"));
  assert.throws(() => parseManifest("{", "m"), code("bad-manifest"));
  const short = { ...manifest, config: { ...manifest.config, digest: "sha256:12" } };
  assert.throws(() => parseManifest(JSON.stringify(short), "m"), code("bad-manifest"));
});

Deno.test("parseConfig() takes null for absent and keeps unknown fields out", () => {
  const config = parseConfig(
    JSON.stringify({
      os: "linux",
      config: { Env: null, Cmd: ["a"], Foo: 1 },
      rootfs: { type: "layers", diff_ids: [digest] },
    }),
    "c",
  );
  assert.deepEqual([config.env, config.cmd, config.entrypoint, config.workingDir], [
    [],
    ["a"],
    [],
    "",
  ]);
  assert.deepEqual(config.diffIds, [digest]);
  assert.throws(() => parseConfig(JSON.stringify({ config: {} }), "c"), code("bad-manifest"));
});
