import assert from "node:assert/strict";
import { LpmxError } from "../../base/mod.ts";
import { parsePackage } from "./format.ts";
import { createWords } from "./words.ts";

const digest = `sha256:${"a".repeat(64)}`;

function container(more: Record<string, unknown> = {}) {
  return {
    name: "tool",
    manifest: digest,
    env: [],
    labels: [],
    hostname: null,
    addHosts: [],
    grid: null,
    stopSignal: 0,
    stopTimeout: 10,
    engine: null,
    rm: false,
    readOnly: false,
    tty: false,
    interactive: false,
    entry: [],
    broker: [],
    mounts: [],
    maps: [],
    commands: [],
    ...more,
  };
}

function parse(containers: unknown[], more: Record<string, unknown> = {}) {
  return parsePackage(JSON.stringify({ version: 1, lpmx: "0", images: [], containers, ...more }));
}

function command(name: string) {
  return { name, program: "x", env: [], user: null, workdir: null, clean: false };
}

Deno.test("parsePackage() refuses what would lead out of the store or is said twice", () => {
  const content = { digest, diffId: digest, size: 1 };
  const volume = { type: "volume", target: "/v", readOnly: false, content };
  const toCommand = { guest: "/x", target: { type: "command", command: "missing" } };
  const bad: unknown[][] = [
    [container({ name: "a/b" })],
    [container({ name: ".." })],
    [container({ mounts: [{ ...volume, name: "../x" }] })],
    [container({ mounts: [{ ...volume, name: ".x" }] })],
    [container({ mounts: [{ ...volume, name: null, target: "v" }] })],
    [container({
      mounts: [{ type: "bind", target: "/v", readOnly: false, source: "x", file: false }],
    })],
    [container({ commands: [command("../x")] })],
    [container({ commands: [command(".")] })],
    [
      container({ commands: [command("one")] }),
      container({ name: "other", commands: [command("one")] }),
    ],
    [container(), container()],
    [container({ maps: [toCommand] })],
    [container({ env: ["A=\0"] })],
    [container({ manifest: "sha256:../../x" })],
  ];
  for (const containers of bad) assert.throws(() => parse(containers), LpmxError);
  assert.equal(parse([container({ mounts: [{ ...volume, name: "vol" }] })]).containers.length, 1);
});

Deno.test("parsePackage() tells an unknown version from no version", () => {
  assert.throws(() => parse([], { version: 2 }), { code: "unsupported" });
  assert.throws(() => parse([], { version: "1" }), { code: "bad-archive" });
  assert.throws(() => parsePackage("[]"), { code: "bad-archive" });
  assert.throws(() => parsePackage("null"), { code: "bad-archive" });
});

Deno.test("createWords() quotes mounts and says what is not the default", () => {
  const mounts = [
    { type: "bind", target: '/a,"b"', readOnly: true, source: "/x:y", file: true },
    { type: "tmpfs", target: "/t", readOnly: false },
  ];
  const entry = ["gpu=device=0,1", "x11=yes"];
  const all = { mounts, entry, labels: ["a=b c"], stopSignal: 2, rm: true, grid: "none" };
  const { containers: [one] } = parse([container(all)]);
  assert.deepEqual(createWords(one!, { name: "new", image: "id", idFile: "/f" }), [
    "create",
    "--name=new",
    "--cidfile=/f",
    "--pull=never",
    "--label=a=b c",
    "--grid=none",
    "--stop-signal=2",
    "--stop-timeout=10",
    "--rm",
    '--mount=type=bind,"target=/a,""b""",source=/x:y,absent=file,readonly',
    "--mount=type=tmpfs,target=/t",
    "--gpus=device=0,1",
    "--x11",
    "id",
  ]);
});
