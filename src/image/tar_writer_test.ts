import assert from "node:assert/strict";
import { type ByteText, byteText, concat } from "../base/mod.ts";
import { inTempFolder, shell } from "../host/testing.ts";
import { type LayerEntry } from "./entry.ts";
import { type TarHeader } from "./tar_header.ts";
import { TarReader } from "./tar_reader.ts";
import { tarEnd, tarHeader, tarPadding } from "./tar_writer.ts";

const text = (value: string) => value as ByteText;
const bytes = (value: string) => Uint8Array.from(value, (char) => char.charCodeAt(0));

function entry(path: string, more: Partial<LayerEntry> = {}): LayerEntry {
  const plain = { mode: 0o644, uid: 0, gid: 0, size: 0, mtime: 1e9, mtimeNs: 0 };
  return { path: text(path), type: "file", ...plain, ...more };
}

function read(archive: Uint8Array<ArrayBuffer>): (TarHeader & { content: string })[] {
  const members: (TarHeader & { content: string })[] = [];
  const reader = new TarReader({
    entry: (header) => members.push({ ...header, content: "" }),
    data: (piece) => members.at(-1)!.content += byteText(piece),
    hole: (length) => members.at(-1)!.content += "\0".repeat(length),
    end: () => {},
  });
  reader.push(archive);
  reader.finish();
  return members;
}

const long = `${"d".repeat(120)}/${"e".repeat(120)}`;
const entries: LayerEntry[] = [
  entry("", { type: "dir", mode: 0o555 }),
  entry("etc", { type: "dir", mode: 0o2775, gid: 42 }),
  entry("etc/old", { type: "whiteout" }),
  entry("etc", { type: "opaque" }),
  entry("etc/hard", { type: "hardlink", target: text("etc/link") }),
  entry("etc/link", { type: "symlink", mode: 0o777, target: text("/" + "x/".repeat(100)) }),
  entry(`${long}/f`, { uid: 3_000_000, gid: 4_000_000_000, mode: 0o4755 }),
  entry("caf\xe9", { mtime: -5, mtimeNs: 250_000_000 }),
  entry("late", { mtime: 2e10, mtimeNs: 1 }),
  entry("dev", { type: "block", major: 8, minor: 300 }),
  entry("tty", { type: "char", major: 5, minor: 1, mode: 0o620 }),
  entry("pipe", { type: "fifo" }),
  entry("cap", {
    xattrs: { "security.capability": text("\x01\0\0\x02\xff"), "user.a=b": text("c\n") },
  }),
];

Deno.test("tarHeader() writes what TarReader reads back", () => {
  const archive = concat([...entries.map((entry) => tarHeader(entry)), tarEnd()]);
  const members = read(archive);
  assert.deepEqual(members.map(({ name, flag }) => `${flag} ${name}`), [
    ...["5 ./", "5 etc/", "0 etc/.wh.old", "0 etc/.wh..wh..opq", "1 etc/hard", "2 etc/link"],
    ...[`0 ${long}/f`, "0 caf\xe9", "0 late", "4 dev", "3 tty", "6 pipe", "0 cap"],
  ]);
  for (const [at, { mode, uid, gid, mtime, mtimeNs, target, xattrs }] of entries.entries()) {
    const got = members[at]!;
    assert.deepEqual(
      [got.mode, got.uid, got.gid, got.mtime, got.mtimeNs, got.link, got.xattrs],
      [mode, uid, gid, mtime, mtimeNs, target ?? "", xattrs],
      members[at]!.name,
    );
  }
  assert.deepEqual([members[9]!.major, members[9]!.minor], [8, 300]);
});

Deno.test("tarHeader() describes holes as GNU tar does", () =>
  inTempFolder((folder) => {
    const extents = [{ offset: 4096, length: 512 }, { offset: 999_936, length: 3 }];
    const sparse = entry(`${long}/sparse`, { size: 2_000_000 });
    const archive = concat([
      tarHeader(sparse, extents),
      bytes("hello".padEnd(512) + "end"),
      tarPadding(515),
      tarHeader(entry("after", { size: 1 })),
      bytes("x"),
      tarPadding(1),
      tarEnd(),
    ]);
    const [first, after] = read(archive);
    assert.deepEqual([first!.name, first!.content.length, after!.content], [
      sparse.path,
      2_000_000,
      "x",
    ]);
    Deno.writeFileSync(`${folder}/a.tar`, archive);
    const seen = shell(
      folder,
      `tar xf a.tar; wc -c <${long}/sparse; tail -c +4097 ${long}/sparse | head -c 5; tail -c +999937 ${long}/sparse | head -c 3
       test $(stat -c %b ${long}/sparse) -lt 200; cat after`,
    );
    assert.equal(seen, "2000000\nhelloendx");
  }));

Deno.test("GNU tar lists what tarHeader() writes", () =>
  inTempFolder((folder) => {
    Deno.writeFileSync(
      `${folder}/a.tar`,
      concat([...entries.map((entry) => tarHeader(entry)), tarEnd()]),
    );
    const lines = shell(folder, "LC_ALL=C TZ=UTC tar --numeric-owner --full-time -tvf a.tar 2>&1")
      .split("\n");
    assert.match(lines[6]!, /^-rwsr-xr-x 3000000\/4000000000 +0 2001-09-09 01:46:40 d+\/e+\/f$/);
    assert.match(lines[9]!, /^brw-r--r-- 0\/0 +8,300 /);
    assert.match(lines[4]!, /^hrw-r--r-- .* etc\/hard link to etc\/link$/);
  }));
