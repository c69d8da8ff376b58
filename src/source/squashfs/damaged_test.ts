// Damaged images, thousands of them, made of real ones. fast-check prints its seed when one of them does harm.
import assert from "node:assert/strict";
import fc from "fast-check";
import { LpmxError } from "../../base/mod.ts";
import { inTempFolder, readBytes, runSync, shell } from "../../host/testing.ts";
import { openTreeImage } from "../tree_image.ts";
import { memoryFile } from "./testing.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Small, so that most of the image is metadata; with everything whose numbers matter. */
const script = `
mkdir -p tree/a/b tree/.singularity.d/env tree/many; cd tree
seq 1 20000 >numbers; head -c 9000 /dev/urandom >random; echo small >a/small; ln a/small hard
ln -s a/small link; mkfifo fifo; truncate -s 400000 holes; printf x >>holes
i=0; while [ $i -lt 300 ]; do : >many/name-$i; i=$((i+1)); done
echo 'export A=b' >.singularity.d/env/90-environment.sh
python3 -c 'import os
for name in ["numbers", "random", "a"]: os.setxattr(name, "user.note", b"long " * 300)' 2>/dev/null || true
`;

const runs = Deno.env.get("LPMX_TEST_LONG") === "1" ? 5000 : 250;
/** What reading a damaged image may give at most: far more than the whole one, far less than a machine. */
const mostBytes = 1 << 28;

interface Change {
  at: number;
  byte: number;
  width: number;
}

/** Some changes anywhere, some where the tables are: in the last third and in the first bytes (of a SIF the descriptors). */
function changes(size: number): fc.Arbitrary<Change[]> {
  const at = fc.oneof(
    fc.nat(size - 1),
    fc.integer({ min: Math.floor(size * 2 / 3), max: size - 1 }),
    fc.nat(Math.min(size - 1, 95)),
    fc.nat(Math.min(size - 1, 128 + 3 * 585)),
  );
  const byte = fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff));
  return fc.array(fc.record({ at, byte, width: fc.constantFrom(1, 1, 2, 4, 8) }), { maxLength: 6 });
}

function damage(whole: Bytes, list: readonly Change[], length: number): Bytes {
  const bytes = whole.slice(0, length);
  for (const { at, byte, width } of list) bytes.fill(byte, at, at + width);
  return bytes;
}

/** Does what `lpmx load` does with an image; how many bytes it got. */
async function readAll(bytes: Bytes): Promise<number> {
  const tree = await openTreeImage(memoryFile(bytes));
  if (!tree) return 0;
  let total = 0;
  try {
    for (const name of tree.names("/.singularity.d/env")) tree.text(`/.singularity.d/env/${name}`);
    tree.isProgram("/a/../link");
    for (const piece of tree.archive(() => {})) {
      if ((total += piece.length) > mostBytes) return total;
    }
    return total;
  } finally {
    tree.close();
  }
}

/** Damages an image again and again. */
async function tryAll(whole: Bytes): Promise<void> {
  assert.ok(await readAll(whole) > 100_000);
  const cut = fc.option(fc.nat(whole.length), { nil: whole.length, freq: 6 });
  await fc.assert(
    fc.asyncProperty(changes(whole.length), cut, async (list, length) => {
      try {
        assert.ok(await readAll(damage(whole, list, length)) <= mostBytes);
      } catch (error) {
        if (!(error instanceof LpmxError)) throw error;
      }
    }),
    { numRuns: runs },
  );
}

for (
  const flags of ["gzip", "zstd", "xz", "lz4", "gzip -noI -noX -noF -b 4096", "zstd -noD -b 1M"]
) {
  Deno.test(`a damaged squashfs (${flags}) is refused or read, in bounds`, async () => {
    await inTempFolder(async (folder) => {
      shell(folder, script);
      const words = ["-noappend", "-quiet", "-no-progress", "-comp", ...flags.split(" ")];
      runSync(folder, ["mksquashfs", "tree", "a.sqsh", ...words]);
      await tryAll(readBytes(`${folder}/a.sqsh`));
    });
  });
}

Deno.test("a damaged SIF is refused or read, in bounds", async () => {
  await inTempFolder(async (folder) => {
    shell(folder, script);
    runSync(folder, ["mksquashfs", "tree", "a.sqsh", "-quiet", "-no-progress", "-b", "4096"]);
    const words = "--datatype 4 --partfs 1 --partarch 2 --groupid 1 --parttype";
    shell(
      folder,
      `echo 'Bootstrap: docker' >def; siftool new a.sif; siftool add a.sif def --datatype 1
siftool add a.sif a.sqsh ${words} 2; siftool add a.sif a.sqsh ${words} 3`,
    );
    const whole = readBytes(`${folder}/a.sif`);
    await tryAll(whole);
    await tryAll(packedSif(whole));
  });
});

/** The same with three descriptors right behind the header, in place of 48 that are mostly empty. */
function packedSif(whole: Bytes): Bytes {
  const bytes = whole.slice();
  const view = new DataView(bytes.buffer);
  view.setBigInt64(88, 3n, true);
  view.setBigInt64(96, 128n, true);
  bytes.set(whole.subarray(4096, 4096 + 3 * 585), 128);
  return bytes;
}
