import assert from "node:assert/strict";
import { type ByteText, byteText, LpmxError } from "../base/mod.ts";
import { inTempFolder, readBytes, shell } from "../host/testing.ts";
import { type TarHeader } from "./tar_header.ts";
import { TarReader } from "./tar_reader.ts";

interface Member extends TarHeader {
  content: string;
}

function read(archive: Uint8Array<ArrayBuffer>, step: number): Map<string, Member> {
  const members = new Map<string, Member>();
  let last: Member | undefined;
  const reader = new TarReader({
    entry: (header) => members.set(header.name, last = { ...header, content: "" }),
    data: (piece) => last!.content += byteText(piece),
    hole: (length) => last!.content += "\0".repeat(length),
    end: () => {},
  });
  for (let at = 0; at < archive.length; at += step) reader.push(archive.slice(at, at + step));
  reader.finish();
  return members;
}

const long = "d".repeat(90) + "/" + "e".repeat(90) + "/" + "f".repeat(90);
const prepare = `
  mkdir -p t/${long} t/etc
  printf hello >t/etc/file; touch -d @1000000000.123456789 t/etc/file; chmod 4751 t/etc/file
  printf long >t/${long}/x; ln -s ${"l/".repeat(100)}x t/longlink
  ln t/etc/file t/etc/hard; ln -s file t/etc/soft; mkfifo t/fifo
  printf caf >t/$(printf 'caf\\351'); head -c 100000 /dev/zero >t/zeros`;

for (const format of ["gnu", "pax", "ustar", "v7"] as const) {
  for (const step of [1 << 20, 513]) {
    Deno.test(`TarReader reads what tar --format=${format} writes, in pieces of ${step}`, () =>
      inTempFolder((folder) => {
        shell(folder, prepare);
        // The old forms have no room for the long names.
        const leaveOut = format === "v7" || format === "ustar"
          ? "--exclude=ddd* --exclude=longlink"
          : "";
        const skipFifo = format === "v7" ? "--exclude=fifo" : "";
        shell(folder, `tar --format=${format} ${leaveOut} ${skipFifo} -C t -cf a.tar .`);
        const members = read(readBytes(`${folder}/a.tar`), step);
        const [name, link] = members.get("./etc/file")?.flag === "0"
          ? ["file", "hard"]
          : ["hard", "file"];
        const file = members.get(`./etc/${name}`)!;
        assert.deepEqual([file.content, file.mode, file.mtime], ["hello", 0o4751, 1000000000]);
        if (format === "pax") assert.equal(file.mtimeNs, 123456789);
        const hard = members.get(`./etc/${link}`)!;
        assert.deepEqual([hard.flag, hard.link], ["1", `./etc/${name}`]);
        assert.equal(members.get("./etc/soft")!.link, "file");
        assert.equal(members.get("./etc/")!.flag, "5");
        assert.equal(members.get("./caf\xe9")!.content, "caf");
        assert.equal(members.get("./zeros")!.content.length, 100000);
        if (!leaveOut) {
          assert.equal(members.get(`./${long}/x`)!.content, "long");
          assert.equal(members.get("./longlink")!.link, "l/".repeat(100) + "x");
        }
        if (!skipFifo) assert.equal(members.get("./fifo")!.flag, "6");
      }));
  }
}

Deno.test("TarReader knows large numbers in base 256 and extended attributes of pax", () =>
  inTempFolder((folder) => {
    shell(
      folder,
      `printf x >f; tar --format=gnu --owner=3000000 --group=3000001 --mtime=@-5 -cf g.tar f
      tar --format=pax --pax-option='SCHILY.xattr.user.note:=hi=there,LIBARCHIVE.xattr.user.b:=AQI=' -cf p.tar f`,
    );
    const gnu = read(readBytes(`${folder}/g.tar`), 4096).get("f")!;
    assert.deepEqual([gnu.uid, gnu.gid, gnu.mtime], [3000000, 3000001, -5]);
    const pax = read(readBytes(`${folder}/p.tar`), 4096).get("f")!;
    assert.deepEqual(pax.xattrs, {
      "user.note": "hi=there" as ByteText,
      "user.b": "\x01\x02" as ByteText,
    });
  }));

const code = (wanted: string) => (error: unknown) =>
  error instanceof LpmxError && error.code === wanted;

for (
  const [version, flags] of [
    ["old GNU", "--format=gnu"],
    ["pax 0.0", "--format=pax --sparse-version=0.0"],
    ["pax 0.1", "--format=pax --sparse-version=0.1"],
    ["pax 1.0", "--format=pax --sparse-version=1.0"],
  ] as const
) {
  for (const step of [1 << 20, 511]) {
    Deno.test(`TarReader spreads sparse members, ${version}, in pieces of ${step}`, () =>
      inTempFolder((folder) => {
        // Thirty stretches do not fit into one block of the old form; one file ends in a hole, one is a hole.
        shell(
          folder,
          `for n in $(seq 30); do printf "part $n" | dd of=many bs=1 seek=$((n * 65536)) conv=notrunc status=none; done
          printf start >tail; truncate -s 300000 tail; truncate -s 200000 hole; seq 9 >plain
          tar ${flags} -S -cf a.tar many tail hole plain`,
        );
        const members = read(readBytes(`${folder}/a.tar`), step);
        for (const name of ["many", "tail", "hole", "plain"]) {
          const wanted = byteText(readBytes(`${folder}/${name}`));
          assert.equal(members.get(name)!.content.length, wanted.length, name);
          assert.ok(members.get(name)!.content === wanted, name);
          assert.equal(members.get(name)!.size, wanted.length, name);
        }
      }));
  }
}

Deno.test("TarReader refuses truncated and foreign files, and damaged maps", () =>
  inTempFolder((folder) => {
    shell(
      folder,
      `truncate -s 1M sparse; printf x >>sparse; seq 5000 >plain
      tar --format=pax -S -cf s.tar sparse; tar -cf p.tar plain`,
    );
    const sparse = readBytes(`${folder}/s.tar`);
    const map = byteText(sparse).indexOf("\n1048576\n");
    assert.ok(map > 0);
    sparse[map + 1] = 0x39;
    assert.throws(() => read(sparse, 4096), code("bad-archive"));
    const plain = readBytes(`${folder}/p.tar`);
    for (const length of [100, 512, 700, 5000]) {
      assert.throws(
        () => read(plain.slice(0, length), 4096),
        code("bad-archive"),
        `${length} bytes`,
      );
    }
    assert.throws(() => read(readBytes(`${folder}/plain`), 4096), code("bad-archive"));
  }));
