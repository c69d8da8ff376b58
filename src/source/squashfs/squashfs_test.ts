import assert from "node:assert/strict";
import { type ByteText, fromByteText, hex, LpmxError, toByteText } from "../../base/mod.ts";
import { inTempFolder, runSync, shell } from "../../host/testing.ts";
import { sha256 } from "../../host/mod.ts";
import { type LayerEntry, TarReader } from "../../image/mod.ts";
import { archiveOf } from "./archive.ts";
import { lookUp, readSmall } from "./lookup.ts";
import { Squashfs } from "./squashfs.ts";
import { Stretch } from "./stretch.ts";
import { compressions, loaded, makeImages } from "./testing.ts";

async function opened<T>(path: string, work: (tree: Squashfs) => T): Promise<T> {
  const file = loaded(path);
  const tree = await Squashfs.open(new Stretch(file, 0, file.size));
  try {
    return work(tree);
  } finally {
    tree.close();
  }
}

/** As `unsquashfs -lln` shows an entry, but for the time. */
function line({ path, type, mode, uid, gid, size, major, minor, target }: LayerEntry): string {
  const letter = { dir: "d", symlink: "l", block: "b", char: "c", fifo: "p" }[type as "dir"] ?? "-";
  const rights = [..."rwxrwxrwx"].map((right, at) => mode >> 8 - at & 1 ? right : "-");
  const special = (at: number, bit: number, on: string, off: string) => {
    if (mode & bit) rights[at] = rights[at] === "-" ? off : on;
  };
  special(2, 0o4000, "s", "S");
  special(5, 0o2000, "s", "S");
  special(8, 0o1000, "t", "T");
  const what = major === undefined ? String(target?.length ?? size) : `${major},${minor}`;
  const link = target === undefined ? "" : ` -> ${target}`;
  const name = path === "" ? "squashfs-root" : `squashfs-root/${path}`;
  return `${letter}${rights.join("")} ${uid}/${gid} ${what} ${name}${link}`;
}

/** Lines of unsquashfs without the time; sizes of folders are its own business. */
function shown(folder: string, name: string): string[] {
  const { stdout } = new Deno.Command("unsquashfs", {
    args: ["-lln", `${name}.sqsh`],
    cwd: folder,
  }).outputSync();
  const text = Array.from(stdout, (byte) => String.fromCharCode(byte)).join("");
  const form = /^(\S+) +(\S+) +(\d+(?:, *\d+)?) \S+ \S+ (.*)$/;
  return text.trimEnd().split("\n").filter((line) => form.test(line)).map((line) => {
    const [, mode, owner, size, rest] = form.exec(line)!;
    return `${mode} ${owner} ${mode![0] === "d" ? 0 : size!.replace(/ /g, "")} ${rest}`;
  }).sort();
}

for (
  const flags of [[], ["-b", "4096"], ["-b", "1M", "-always-use-fragments"], ["-no-fragments"]]
) {
  Deno.test(`Squashfs reads what mksquashfs ${flags.join(" ")} wrote, as unsquashfs does`, async () => {
    await inTempFolder(async (folder) => {
      makeImages(folder, flags);
      for (const name of compressions) {
        const digests = new Map<ByteText, string>();
        const lines = await opened(
          `${folder}/${name}.sqsh`,
          (tree) =>
            Array.from(tree.walk(), (found) => {
              const { file } = found.inode;
              if (file) {
                const hash = sha256();
                for (const piece of tree.blocks.read(tree.blocks.list(file), true)) {
                  hash.update(piece);
                }
                digests.set(found.path, hash.hex());
              }
              return line(tree.entry(found));
            }),
        );
        // unsquashfs -lln shows large numbers of devices wrong.
        const other = (text: string) => !text.includes("dev/big");
        assert.ok(lines.includes("brw-r----- 7/8 300,70000 squashfs-root/dev/big"));
        assert.deepEqual(lines.filter(other).sort(), shown(folder, name).filter(other));
        shell(
          folder,
          `rm -rf out; unsquashfs -q -n -no-xattrs -d out -excludes ${name}.sqsh dev 2>/dev/null || true; chmod -R u+rwX out`,
        );
        for (const [path, digest] of digests) {
          const command = [
            "sh",
            "-c",
            'cat "$(printf "$1")" | sha256sum',
            "sh",
            escaped(`${folder}/out/`, path),
          ];
          if (!path.startsWith("many/")) {
            assert.equal(runSync(folder, command).slice(0, 64), digest, path);
          }
        }
        assert.ok(digests.size > 700);
      }
    });
  });
}

function escaped(folder: string, path: ByteText): string {
  const bytes = hex(fromByteText(path)).replace(
    /../g,
    (byte) => `\\${parseInt(byte, 16).toString(8).padStart(3, "0")}`,
  );
  return folder + bytes;
}

Deno.test("archiveOf() says holes and hard links, and gives the same bytes for every compression", async () => {
  await inTempFolder(async (folder) => {
    makeImages(folder, ["-all-time", "1700000000"]); // devices have the time at which they were made
    const digests = new Set<string>();
    for (const name of compressions) {
      const hash = sha256();
      const seen = new Map<string, { flag: string; link: string; holes: number }>();
      let current = { flag: "", link: "", holes: 0 };
      const reader = new TarReader({
        entry: ({ name, flag, link }) => seen.set(name, current = { flag, link, holes: 0 }),
        data: () => {},
        hole: (length) => current.holes += length,
        end: () => {},
      });
      await opened(`${folder}/${name}.sqsh`, (tree) => {
        for (const piece of archiveOf(tree, () => assert.fail("nothing is left out"))) {
          hash.update(piece);
          reader.push(piece);
        }
      });
      reader.finish();
      digests.add(hash.hex());
      assert.deepEqual(seen.get("hard1")?.flag, "0");
      assert.deepEqual(
        [seen.get("hard2"), seen.get("small")].map((made) => [made?.flag, made?.link]),
        [["1", "hard1"], ["1", "hard1"]],
      );
      assert.ok(seen.get("holes")!.holes > 2_700_000);
      assert.equal(seen.get("all-holes")!.holes, 5_000_000);
    }
    assert.equal(digests.size, 1);
  });
});

Deno.test("archiveOf() leaves out sockets, and names that would delete others", async () => {
  await inTempFolder(async (folder) => {
    shell(
      folder,
      "mkdir -p tree/.wh.folder tree/plain; : >tree/.wh.gone; : >tree/.wh.folder/x; : >tree/plain/.wh; mkdir tree/.wh.folder/y",
    );
    shell(
      folder,
      "python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"tree/socket\")'",
    );
    runSync(folder, ["mksquashfs", "tree", "a.sqsh", "-quiet", "-no-progress"]);
    const left: string[] = [];
    const seen: string[] = [];
    const ignore = { data() {}, hole() {}, end() {} };
    const reader = new TarReader({ ...ignore, entry: ({ name }) => seen.push(name) });
    await opened(`${folder}/a.sqsh`, (tree) => {
      for (const piece of archiveOf(tree, (path) => left.push(path))) reader.push(piece);
    });
    reader.finish();
    assert.deepEqual(seen, ["./", "plain/", "plain/.wh"]);
    assert.deepEqual(left, [".wh.folder", ".wh.folder/x", ".wh.folder/y", ".wh.gone", "socket"]);
  });
});

Deno.test("lookUp() follows links inside the tree, and gives up loops", async () => {
  await inTempFolder(async (folder) => {
    makeImages(folder);
    await opened(`${folder}/zstd.sqsh`, (tree) => {
      assert.equal(readSmall(tree, "/deep/link", 100), "small\n");
      assert.equal(readSmall(tree, "/deep/../../deep/er/../link", 100), "small\n");
      assert.equal(readSmall(tree, "/small", 3), undefined);
      assert.equal(readSmall(tree, "/loop1", 100), undefined);
      assert.equal(readSmall(tree, "/dangling", 100), undefined);
      assert.equal(readSmall(tree, "/small/x", 100), undefined);
      assert.equal(lookUp(tree, "/dev/null")?.type, "char");
      assert.equal(tree.child(tree.root, toByteText("nothing")), undefined);
    });
  });
});

Deno.test("Squashfs.open() refuses compressions that it lacks, and what is cut off", async () => {
  await inTempFolder(async (folder) => {
    shell(folder, "mkdir tree; head -c 99999 /dev/urandom >tree/file");
    const code = (wanted: string) => (error: unknown) =>
      error instanceof LpmxError && error.code === wanted;
    for (const flags of ["-comp lzo", "-comp xz -Xbcj x86"]) {
      shell(folder, "cp /bin/ls tree");
      const words = ["-noappend", "-quiet", "-no-progress", ...flags.split(" ")];
      runSync(folder, ["mksquashfs", "tree", "a.sqsh", ...words]);
      const all = (tree: Squashfs) => void Array.from(archiveOf(tree, () => {}), () => 0);
      await assert.rejects(opened(`${folder}/a.sqsh`, all), code("unsupported"));
    }
    runSync(folder, ["mksquashfs", "tree", "b.sqsh", "-quiet", "-no-progress"]);
    shell(folder, "truncate -s 50000 b.sqsh");
    await assert.rejects(opened(`${folder}/b.sqsh`, () => {}), code("bad-archive"));
  });
});
