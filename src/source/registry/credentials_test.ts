import assert from "node:assert/strict";
import { LpmxError } from "../../base/mod.ts";
import { inTempFolder } from "../../host/testing.ts";
import { parseRef } from "../../image/mod.ts";
import { findCredentials } from "./credentials.ts";

/** Runs work in an environment where only the given files can be found. */
function withFiles(
  files: Record<string, unknown>,
  work: (folder: string) => Promise<void>,
): Promise<void> {
  const names = [
    "HOME",
    "XDG_RUNTIME_DIR",
    "XDG_CONFIG_HOME",
    "DOCKER_CONFIG",
    "REGISTRY_AUTH_FILE",
    "PATH",
  ];
  const before = names.map((name) => [name, Deno.env.get(name)] as const);
  return inTempFolder(async (folder) => {
    for (const [path, content] of Object.entries(files)) {
      Deno.mkdirSync(`${folder}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
      Deno.writeTextFileSync(
        `${folder}/${path}`,
        typeof content === "string" ? content : JSON.stringify(content),
      );
    }
    names.forEach((name) => Deno.env.delete(name));
    Deno.env.set("HOME", `${folder}/home`);
    Deno.env.set("XDG_RUNTIME_DIR", `${folder}/run`);
    Deno.env.set("PATH", `${folder}/bin:/usr/bin:/bin`);
    try {
      await work(folder);
    } finally {
      for (const [name, value] of before) {
        value === undefined ? Deno.env.delete(name) : Deno.env.set(name, value);
      }
    }
  });
}

const auth = (user: string, password: string) => ({ auth: btoa(`${user}:${password}`) });
const find = async (ref: string) => (await findCredentials(parseRef(ref)))?.username;

Deno.test("findCredentials() takes the most specific key", () =>
  withFiles({
    "run/containers/auth.json": {
      auths: {
        "h.org": auth("host", "x"),
        "h.org/a": auth("space", "x"),
        "h.org/a/b": auth("repo", "x"),
      },
    },
  }, async () => {
    assert.equal(await find("h.org/a/b:1"), "repo");
    assert.equal(await find("h.org/a/c:1"), "space");
    assert.equal(await find("h.org/d:1"), "host");
    assert.equal(await find("other.org/d:1"), undefined);
  }));

Deno.test("findCredentials() goes on to docker's file, and knows docker.io by its old key", () =>
  withFiles({
    "run/containers/auth.json": { auths: {} },
    "home/.docker/config.json": { auths: { "https://index.docker.io/v1/": auth("me", "a:b") } },
  }, async () => {
    assert.deepEqual(await findCredentials(parseRef("debian")), {
      username: "me",
      password: "a:b",
    });
  }));

Deno.test("findCredentials() asks a credential helper", () =>
  withFiles({
    "home/.docker/config.json": {
      credHelpers: { "h.org": "fake" },
      auths: { "i.org": auth("file", "x") },
    },
    "bin/docker-credential-fake":
      '#!/bin/sh\nread server\necho "{\\"ServerURL\\":\\"$server\\",\\"Username\\":\\"from-$server\\",\\"Secret\\":\\"s\\"}"\n',
  }, async (folder) => {
    Deno.chmodSync(`${folder}/bin/docker-credential-fake`, 0o755);
    assert.equal(await find("h.org/a"), "from-h.org");
    assert.equal(await find("i.org/a"), "file");
  }));

Deno.test("findCredentials() does without a helper that is missing, not without a named file", () =>
  withFiles({
    "home/.docker/config.json": { credsStore: "missing", auths: { "h.org": auth("file", "x") } },
  }, async () => {
    assert.equal(await find("h.org/a"), "file");
    await assert.rejects(
      findCredentials(parseRef("h.org/a"), "/nonexistent"),
      (e) => e instanceof LpmxError && e.code === "io",
    );
  }));
