import assert from "node:assert/strict";
import { concat, LpmxError } from "../../base/mod.ts";
import { digestOf } from "../../host/mod.ts";
import { parsePlatform, parseRef } from "../../image/mod.ts";
import { type Credentials } from "./credentials.ts";
import { RegistrySource } from "./registry.ts";
import { type FakeOptions, type FakeRegistry, startRegistry } from "./testing.ts";

const types = {
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar",
  index: "application/vnd.oci.image.index.v1+json",
  docker: "application/vnd.docker.distribution.manifest.v2+json",
};
const tar = crypto.getRandomValues(new Uint8Array(60000));

/** Puts an image into a registry and gives its manifest's digest. */
function addImage(
  registry: FakeRegistry,
  tag: string,
  architecture = "amd64",
  type = types.manifest,
): string {
  const config = {
    os: "linux",
    architecture,
    config: {},
    rootfs: { type: "layers", diff_ids: [digestOf(tar)] },
  };
  return registry.manifest(tag, {
    schemaVersion: 2,
    mediaType: type,
    config: { mediaType: types.config, ...registry.add(JSON.stringify(config)) },
    layers: [{ mediaType: types.layer, ...registry.add(tar) }],
  }, type);
}

async function withRegistry(
  options: FakeOptions,
  work: (registry: FakeRegistry) => Promise<void>,
): Promise<void> {
  const registry = startRegistry(options);
  try {
    await work(registry);
  } finally {
    await registry.stop();
  }
}

const warnings: string[] = [];
const source = (registry: FakeRegistry, reference: string, credentials?: Credentials) =>
  new RegistrySource(parseRef(`${registry.host}/a/b${reference}`), {
    credentials,
    plainHttp: false,
    platform: parsePlatform("linux/amd64"),
    retryPause: 1,
    warn: (line) => warnings.push(line),
  });

async function firstLayer(from: RegistrySource): Promise<Uint8Array> {
  const [image] = await from.images();
  const parts: Uint8Array[] = [];
  for await (const part of image!.layers[0]!.open()) parts.push(part);
  return concat(parts);
}

const code = (wanted: string) => (error: unknown) =>
  error instanceof LpmxError && error.code === wanted;

for (const type of [types.manifest, types.docker]) {
  Deno.test(`RegistrySource reads an image with a manifest of ${type}`, () =>
    withRegistry({}, async (registry) => {
      const digest = addImage(registry, "1", "amd64", type);
      const [image] = await source(registry, ":1").images();
      assert.deepEqual([image!.manifestDigest, image!.names], [digest, [`${registry.host}/a/b:1`]]);
      assert.deepEqual(await firstLayer(source(registry, `@${digest}`)), tar);
      assert.equal(await source(registry, ":1").currentDigest(), digest);
    }));
}

Deno.test("RegistrySource chooses the platform in an index, and records the index's digest", () =>
  withRegistry({}, async (registry) => {
    const manifests = ["arm64", "amd64"].map((architecture) => ({
      mediaType: types.manifest,
      digest: addImage(registry, architecture, architecture),
      size: 1,
      platform: { os: "linux", architecture },
    }));
    const digest = registry.manifest("1", { schemaVersion: 2, manifests }, types.index);
    const [image] = await source(registry, ":1").images();
    assert.deepEqual([image!.config.architecture, image!.manifestDigest], ["amd64", digest]);
    warnings.length = 0;
    await source(registry, ":arm64").images();
    assert.equal(warnings.length, 1);
  }));

const me = { username: "me", password: "secret" };

for (const tokens of [false, true]) {
  Deno.test(`RegistrySource logs in by ${tokens ? "a token" : "basic authentication"}`, () =>
    withRegistry({ password: "me:secret", tokens }, async (registry) => {
      addImage(registry, "1");
      assert.deepEqual(await firstLayer(source(registry, ":1", me)), tar);
      await assert.rejects(source(registry, ":1").images(), code("registry-denied"));
      const wrong = { username: "me", password: "other" };
      await assert.rejects(source(registry, ":1", wrong).images(), code("registry-denied"));
    }));
}

Deno.test("RegistrySource takes an anonymous token", () =>
  withRegistry({ tokens: true }, async (registry) => {
    addImage(registry, "1");
    assert.deepEqual(await firstLayer(source(registry, ":1")), tar);
  }));

Deno.test("RegistrySource tries again after hiccups, and says so when they do not end", async () => {
  let left = 3;
  const intercept = () =>
    left-- > 0 ? new Response("busy", { status: 503, headers: { "retry-after": "0" } }) : undefined;
  await withRegistry({ intercept }, async (registry) => {
    addImage(registry, "1");
    assert.deepEqual(await firstLayer(source(registry, ":1")), tar);
    left = Infinity;
    await assert.rejects(source(registry, ":1").images(), code("registry-error"));
  });
});

for (const ranges of [true, false]) {
  Deno.test(`RegistrySource goes on where a connection broke, ${ranges ? "by ranges" : "without ranges"}`, async () => {
    const cut = (request: Request): Response | undefined => {
      if (!request.url.endsWith(digestOf(tar))) return undefined;
      const start = Number(/bytes=(\d+)/.exec(request.headers.get("range") ?? "")?.[1] ?? 0);
      if (start >= 40000) return undefined;
      const from = ranges ? start : 0;
      const body = new ReadableStream({
        start(controller) {
          controller.enqueue(tar.slice(from, start + 20000));
          setTimeout(() => controller.error(new Error("cut")), 5);
        },
      });
      const headers: Record<string, string> = ranges && start > 0
        ? { "content-range": `bytes ${start}-${tar.length - 1}/${tar.length}` }
        : {};
      return new Response(body, { status: ranges && start > 0 ? 206 : 200, headers });
    };
    await withRegistry({ intercept: cut }, async (registry) => {
      addImage(registry, "1");
      assert.deepEqual(await firstLayer(source(registry, ":1")), tar);
      assert.ok(
        registry.requests.some((line) => line.includes("bytes=")),
        registry.requests.join("\n"),
      );
    });
  });
}

Deno.test("RegistrySource refuses manifests that are not what they were asked by", async () => {
  const intercept = (request: Request) =>
    request.url.includes("/manifests/") ? new Response('{"schemaVersion":2}') : undefined;
  await withRegistry({ intercept }, async (registry) => {
    const digest = addImage(registry, "1");
    await assert.rejects(source(registry, `@${digest}`).images(), code("digest-mismatch"));
    await assert.rejects(source(registry, ":1").images(), code("bad-manifest"));
  });
});

Deno.test("RegistrySource tells a missing tag from a missing registry", () =>
  withRegistry({}, async (registry) => {
    await assert.rejects(source(registry, ":none").images(), code("image-not-found"));
    const gone = { ...registry, host: "127.0.0.1:1" };
    await assert.rejects(source(gone, ":1").images(), code("registry-unreachable"));
  }));
