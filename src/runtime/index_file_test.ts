import assert from "node:assert/strict";
import { type ByteText, byteText, unhex } from "../base/mod.ts";
import { type MergedNode, type MergedType } from "../image/mod.ts";
import { lpmx_entry, LPMX_ENTRY_STUB, lpmx_index } from "./contract.ts";
import { decodeIndex, encodeIndex } from "./index_file.ts";
import { hashPath } from "./path_hash.ts";

interface Vector {
  path: string;
  seed: string;
  hash: string;
}

Deno.test("hashPath() agrees with the vectors that the C side is held to", () => {
  const file = new URL("../../tests/vectors/path_hash.json", import.meta.url);
  const vectors = JSON.parse(Deno.readTextFileSync(file)) as Vector[];
  assert.ok(vectors.length > 50);
  for (const { path, seed, hash } of vectors) {
    assert.equal(
      hashPath(byteText(unhex(path)), parseInt(seed, 16)).toString(16).padStart(16, "0"),
      hash,
    );
  }
});

function node(
  name: string,
  type: MergedType,
  children: MergedNode[] = [],
  target = "",
): MergedNode {
  return {
    name: name as ByteText,
    type,
    mode: 0o755,
    uid: 1,
    gid: 2,
    layer: 0,
    target: target as ByteText,
    major: 5,
    minor: 6,
    xattrs: undefined,
    children: type === "dir" ? new Map(children.map((child) => [child.name, child])) : undefined,
  };
}

const tree = node("", "dir", [
  node("usr", "dir", [node("bin", "dir", [node("z", "file"), node("a", "file")])]),
  node("bin", "symlink", [], "usr/bin"),
  node("dev", "dir", [node("null", "char")]),
  node("caf\xe9", "file"),
]);

Deno.test("encodeIndex() gives back what went in", () => {
  const rows = decodeIndex(encodeIndex(tree, 1));
  assert.deepEqual([...rows.keys()], [
    "",
    "/bin",
    "/caf\xe9",
    "/dev",
    "/usr",
    "/dev/null",
    "/usr/bin",
    "/usr/bin/a",
    "/usr/bin/z",
  ]);
  const link = rows.get("/bin" as ByteText)!;
  assert.deepEqual([link.mode, link.target], [0o120755, "usr/bin"]);
  const device = rows.get("/dev/null" as ByteText)!;
  assert.deepEqual([device.mode, device.a, device.b, device.flags], [
    0o020755,
    5,
    6,
    LPMX_ENTRY_STUB,
  ]);
  for (const [path, row] of rows) assert.equal(row.hash, hashPath(path));
});

Deno.test("encodeIndex() holds extended attributes of any bytes", () => {
  const bytes = (text: string) => text as ByteText;
  const large = bytes("\xff\0".repeat(32768));
  const file = {
    ...node("f", "file"),
    xattrs: { "user.b": bytes(""), "security.capability": bytes("\x01\0\0\x02"), "user.a": large },
  };
  const rows = decodeIndex(encodeIndex(node("", "dir", [file, node("g", "file")]), 1));
  assert.deepEqual(rows.get(bytes("/f"))!.xattrs, file.xattrs);
  assert.deepEqual(rows.get(bytes("/g"))!.xattrs, {});
});

Deno.test("encodeIndex() lets a probe find every path, and children be a sorted slice", () => {
  const file = encodeIndex(tree, 1);
  const view = new DataView(file.buffer);
  const at = (field: "slots" | "entries") =>
    Number(view.getBigUint64(lpmx_index.fields[field][1], true));
  const slots = view.getUint32(lpmx_index.fields.nslots[1], true);
  const paths = [...decodeIndex(file).keys()];
  assert.ok(slots >= 2 * paths.length && (slots & (slots - 1)) === 0);
  for (const [number, path] of paths.entries()) {
    const hash = hashPath(path);
    let slot = Number(hash & BigInt(slots - 1));
    for (;; slot = (slot + 1) % slots) {
      const entry = view.getUint32(at("slots") + 4 * slot, true);
      assert.notEqual(entry, 0, `${path} is not in the table`);
      const stored = view.getBigUint64(at("entries") + (entry - 1) * lpmx_entry.size, true);
      if (stored === hash) {
        assert.equal(entry - 1, number);
        break;
      }
    }
  }
});

Deno.test("encodeIndex() gives the same bytes whatever order the names came in", () => {
  const turned = node("", "dir", [...tree.children!.values()].reverse());
  assert.deepEqual(encodeIndex(turned, 1), encodeIndex(tree, 1));
});
