import assert from "node:assert/strict";
import { type ByteText } from "../base/mod.ts";
import { type LayerEntry } from "../image/mod.ts";
import { decodeEntries, encodeEntries } from "./entries.ts";
import { Merger, walkMerged } from "./merge.ts";

/** "d etc", "f etc/x", "l bin -> usr/bin", "h b -> a", "w etc/x" (whiteout), "o etc" (opaque) */
function layer(...lines: string[]): LayerEntry[] {
  const types = {
    d: "dir",
    f: "file",
    l: "symlink",
    h: "hardlink",
    w: "whiteout",
    o: "opaque",
  } as const;
  return lines.map((line) => {
    const [, kind, path, target] = /^(\w) (\S*)(?: -> (\S+))?$/.exec(line)!;
    const entry: LayerEntry = {
      path: path as ByteText,
      type: types[kind as keyof typeof types],
      mode: kind === "d" ? 0o700 : 0o640,
      uid: 7,
      gid: 8,
      size: 0,
      mtime: 1,
      mtimeNs: 2,
    };
    if (target !== undefined) entry.target = target as ByteText;
    return entry;
  });
}

function merged(...layers: LayerEntry[][]): string[] {
  const merger = new Merger();
  layers.forEach((entries) => merger.add(entries));
  return [...walkMerged(merger.root)].map(([path, { type, layer }]) => `${type} ${path}@${layer}`)
    .sort();
}

Deno.test("Merger lets upper layers replace, and keeps the children of folders", () => {
  assert.deepEqual(merged(layer("d etc", "f etc/a", "f etc/b"), layer("d etc", "f etc/b")), [
    "dir @0",
    "dir etc@1",
    "file etc/a@0",
    "file etc/b@1",
  ]);
});

Deno.test("Merger follows links inside", () => {
  const merger = new Merger();
  merger.add(layer("d a", "l b -> a", "l a/up -> ../c/./d", "l root -> /a/up", "l loop -> loop"));
  const resolve = (path: string) => merger.resolve(path as ByteText);
  assert.deepEqual(["/b/x", "b/up", "/root/../x", "../nothing/", "loop/x"].map(resolve), [
    "a/x",
    "c/d",
    "c/x",
    "nothing",
    "loop/x",
  ]);
});

Deno.test("Merger applies whiteouts to lower layers only, wherever they stand", () => {
  const lower = layer("d etc", "f etc/a", "f etc/b");
  assert.deepEqual(merged(lower, layer("f etc/a", "w etc/a", "w etc/b")), [
    "dir @0",
    "dir etc@0",
    "file etc/a@1",
  ]);
});

Deno.test("Merger hides all lower children of an opaque folder", () => {
  const lower = layer("d etc", "d etc/d", "f etc/d/x", "f etc/b");
  assert.deepEqual(merged(lower, layer("d etc", "f etc/n", "o etc")), [
    "dir @0",
    "dir etc@1",
    "file etc/n@1",
  ]);
  assert.deepEqual(merged(lower, layer("o ")), ["dir @0"]);
});

Deno.test("Merger replaces a folder by a file and a link by a folder", () => {
  assert.deepEqual(merged(layer("d a", "f a/x"), layer("f a")), ["dir @0", "file a@1"]);
  assert.deepEqual(merged(layer("l a -> b"), layer("f a/x")), ["dir @0", "dir a@1", "file a/x@1"]);
});

Deno.test("Merger gives hard links the attributes of what they name, in this layer and below", () => {
  const merger = new Merger();
  merger.add(layer("f a"));
  merger.add(layer("h b -> a"));
  const link = merger.find("b" as ByteText)!;
  assert.deepEqual([link.type, link.mode, link.uid, link.layer], ["file", 0o640, 7, 1]);
});

Deno.test("Merger makes parents that no layer describes as 0755 of root, and keeps described ones", () => {
  const merger = new Merger();
  merger.add(layer("d a"));
  merger.add(layer("f a/b/c"));
  const [a, b] = ["a", "a/b"].map((path) => merger.find(path as ByteText)!);
  assert.deepEqual([a!.mode, a!.uid, a!.layer], [0o700, 7, 0]);
  assert.deepEqual([b!.mode, b!.uid, b!.layer], [0o755, 0, 1]);
});

Deno.test("decodeEntries() gives back what encodeEntries() got, odd names included", () => {
  const entries = layer("d etc", 'f "\\quoted', "l caf\xe9 -> \xff\xfe", "w gone");
  entries[1]!.xattrs = { "security.capability": "\x01\x00\xff" as ByteText };
  entries.push({ ...entries[1]!, type: "char", major: 5, minor: 1, size: 0 });
  delete entries.at(-1)!.xattrs;
  assert.deepEqual(decodeEntries(encodeEntries("sha256:x", entries), "e"), entries);
  assert.throws(
    () => decodeEntries(encodeEntries("sha256:x", entries).slice(0, -5), "e"),
    /truncated|not valid/,
  );
});
