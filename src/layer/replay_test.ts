import assert from "node:assert/strict";
import { type ByteText } from "../base/mod.ts";
import { type LayerEntry } from "../image/mod.ts";
import { liveEntries } from "./replay.ts";

const types = { d: "dir", f: "file", l: "symlink", h: "hardlink", w: "whiteout" } as const;

/** "d etc", "f etc/x 7" (mode), "h b -> a" */
function entryOf(line: string): LayerEntry {
  const [, kind, path, , mode, target] = /^(\w) (\S+)( (\d+))?(?: -> (\S+))?$/.exec(line)!;
  return {
    path: path as ByteText,
    type: types[kind as keyof typeof types],
    mode: Number(mode ?? 0),
    uid: 0,
    gid: 0,
    size: 0,
    mtime: 0,
    mtimeNs: 0,
    ...(target === undefined ? {} : { target: target as ByteText }),
  };
}

function left(...lines: string[]): string[] {
  return liveEntries(lines.map(entryOf)).map(({ path, type, mode, target }) =>
    `${type} ${path}${mode ? ` ${mode}` : ""}${target === undefined ? "" : ` -> ${target}`}`
  );
}

Deno.test("liveEntries leaves an ordinary layer as it is", () => {
  assert.deepEqual(left("d a", "f a/x", "h a/y -> a/x", "w a/z", "l b -> a"), [
    "dir a",
    "file a/x",
    "hardlink a/y -> a/x",
    "whiteout a/z",
    "symlink b -> a",
  ]);
});

Deno.test("liveEntries leaves out what was replaced, with all below it", () => {
  assert.deepEqual(left("f a 1", "f a 2"), ["file a 2"]);
  assert.deepEqual(left("d a", "f a/x", "f a"), ["file a"]);
  assert.deepEqual(left("f a", "f a/x"), ["file a/x"]);
  assert.deepEqual(left("d a 1", "f a/x", "d a 2"), ["dir a 2", "file a/x"]);
});

Deno.test("liveEntries gives an object that lost its first name another one", () => {
  assert.deepEqual(left("f a 7", "h b -> a", "h c -> a", "h d -> b", "f a 9"), [
    "file b 7",
    "hardlink c -> b",
    "hardlink d -> b",
    "file a 9",
  ]);
  assert.deepEqual(left("f a 7", "h b -> a", "h c -> a", "f a 9", "h a -> b"), [
    "file b 7",
    "hardlink c -> b",
    "hardlink a -> b",
  ]);
  assert.deepEqual(left("f a 7", "h a -> a"), ["file a 7"]);
});
