// File system images as clusters have them: squashfs by mksquashfs, SIF by siftool, of a tree with all that a tree can hold and of a
// Debian tree with a tool. Runs as root, only from build.ts. Files:
//   odd.gzip.sif odd.zstd.sif odd.xz.sif odd.lz4.sif   one tree, with each compression
//   odd.list          what unsquashfs makes of each of them, by tests/support/tree_list.py
//   odd.sqsh odd.simg the squashfs alone, and as Singularity 2 wrote it
//   samtools.sif      Debian with samtools, made as apptainer makes it of a definition file
//   old.simg noshell.sif arm64.sif ext3.sif data.sif overlay.sif lzo.sqsh   what is special about it, the name says
import { must } from "../support/process.ts";

const here = new URL(".", import.meta.url).pathname;
const compressions = ["gzip", "zstd", "xz", "lz4"];
const launch = "#!/usr/bin/env run-singularity\n";

/** `layered` and `samtools` are flattened trees of test images. */
export async function buildTreeImages(trees: { layered: string; samtools: string }, folder: string) {
  const odd = `${folder}/odd`;
  await must(["cp", "-a", trees.layered, odd]);
  await must(["sh", "-euc", oddScript], { cwd: odd });
  for (const name of compressions) {
    await squash(odd, `${folder}/odd.${name}.sqsh`, name);
    await sif(`${folder}/odd.${name}.sif`, `${folder}/odd.${name}.sqsh`, {});
    await must(["unsquashfs", "-quiet", "-no-progress", "-dest", `${folder}/out`, `${folder}/odd.${name}.sqsh`]);
    const list = await must(["python3", `${here}/../support/tree_list.py`, "tree", `${folder}/out`]);
    const before = name === "gzip" ? list : await Deno.readTextFile(`${folder}/odd.list`);
    if (list !== before) throw new Error(`unsquashfs makes another tree of odd.${name}.sqsh than of odd.gzip.sqsh`);
    await Deno.writeTextFile(`${folder}/odd.list`, list);
    await Deno.remove(`${folder}/out`, { recursive: true });
  }
  await Deno.rename(`${folder}/odd.gzip.sqsh`, `${folder}/odd.sqsh`);
  await Deno.writeTextFile(`${folder}/odd.simg`, launch);
  await must(["sh", "-euc", 'cat odd.sqsh >>odd.simg; rm odd.*.sqsh; rm -r odd'], { cwd: folder });
  await special(trees.layered, folder);
  await samtools(trees.samtools, folder);
  await must(["chmod", "-R", "a+rX", folder]);
}

/** Beside what the image "layered" has: devices, fifos, set-id programs, hard links, owners, odd names. */
const oddScript = `
rm -f data/null; mkdir -p odd/many dev; cd odd
mknod null c 1 3; mknod big b 300 70000; mkfifo queue
head -c 400000 /dev/urandom >random; seq 1 200000 >numbers; echo small >small; : >empty
ln small twin1; ln small many/twin2; ln random random2
truncate -s 40000000 holes; printf middle | dd of=holes bs=1 seek=20000123 conv=notrunc status=none; truncate -s 3000000 all-holes
python3 - <<'END'
import os
for n in range(6000): open(f"many/a name that is somewhat long, number {n}", "w").close()
for name in [b"\\xff\\xfe", b"new\\nline", b"tab\\t", b"n" * 255, " ü".encode(), b"-rf", b"back\\\\slash"]: open(name, "wb").write(name)
os.symlink(b"to \\xff", b"link \\xff"); os.symlink("x" * 4000, "long")
deep = "deep"
for n in range(60): deep += f"/folder{n:02d}"
os.makedirs(deep)
for n in range(40):
    open(f"noted{n}", "w").close()
    os.setxattr(f"noted{n}", "user.same", b"the same long value " * 100)
    os.setxattr(f"noted{n}", "user.number", bytes([n, 0, 255]))
os.setxattr("numbers", "user.big", os.urandom(3000)); os.setxattr("many", "user.of=folder", b""); os.setxattr("numbers", "trusted.note", b"t")
os.setxattr("random", "security.capability", bytes.fromhex("0100000200040000000000000000000000000000"))
END
chown -h 12:34 small "$(printf 'link \\377')"; chown 70000:80000 numbers; chmod 6755 random; chmod 1777 many; chmod 0 empty
touch -d @0 small; touch -d @4000000000 numbers; touch -d @86400 many
`;

function squash(tree: string, to: string, compression: string, flags: string[] = []) {
  return must(["mksquashfs", tree, to, "-comp", compression, "-noappend", "-quiet", "-no-progress", ...flags]);
}

interface Kind {
  type?: number;
  fileSystem?: number;
  architecture?: number;
}

/** The numbers are siftool's; 2, 1, 2: a primary partition with a squashfs for amd64. */
async function sif(to: string, partition: string, { type = 2, fileSystem = 1, architecture = 2 }: Kind) {
  const words = ["--datatype", "4", "--parttype", `${type}`, "--partfs", `${fileSystem}`, "--partarch", `${architecture}`];
  const exists = await Deno.stat(to).then(() => true, () => false);
  if (!exists) await must(["siftool", "new", to]);
  await must(["siftool", "add", to, partition, "--groupid", "1", ...words]);
}

/** Images that are refused, or that lack something. All small. */
async function special(layered: string, folder: string) {
  const tree = `${folder}/tree`;
  await must(["cp", "-a", layered, tree]);
  await must(["sh", "-euc", "rm -f data/null; printf '#!/bin/sh\\necho old \"$@\" $COLOUR\\n' >singularity; chmod 755 singularity; echo 'COLOUR=red; export COLOUR' >environment"], { cwd: tree });
  await squash(tree, `${folder}/old.sqsh`, "gzip");
  await Deno.writeTextFile(`${folder}/old.simg`, launch);
  await must(["sh", "-euc", "cat old.sqsh >>old.simg"], { cwd: folder });
  await sif(`${folder}/arm64.sif`, `${folder}/old.sqsh`, { architecture: 4 });
  await sif(`${folder}/ext3.sif`, `${folder}/old.sqsh`, { fileSystem: 2 });
  await sif(`${folder}/data.sif`, `${folder}/old.sqsh`, { type: 3 });
  await sif(`${folder}/overlay.sif`, `${folder}/old.sqsh`, {});
  await sif(`${folder}/overlay.sif`, `${folder}/old.sqsh`, { type: 4, fileSystem: 2 });
  await squash(tree, `${folder}/lzo.sqsh`, "lzo");
  await must(["sh", "-euc", "rm -r bin/sh environment singularity; mkdir -p .singularity.d/env; echo 'export COLOUR=plain' >.singularity.d/env/90-environment.sh"], { cwd: tree });
  await squash(tree, `${folder}/noshell.sqsh`, "gzip");
  await sif(`${folder}/noshell.sif`, `${folder}/noshell.sqsh`, {});
  await must(["sh", "-euc", "rm -r tree old.sqsh noshell.sqsh"], { cwd: folder });
}

/** What `apptainer build` adds to a tree of docker's: Environment, runscript and labels of the definition file, and its own scripts. */
async function samtools(source: string, folder: string) {
  const tree = `${folder}/tree`;
  await must(["cp", "-a", source, tree]);
  await must(["cp", "-a", `${here}/singularity.d`, `${tree}/.singularity.d`]);
  await must(["sh", "-euc", "chown -R 0:0 .singularity.d; chmod -R u=rwX,go=rX .singularity.d; chmod 755 .singularity.d/env/* .singularity.d/runscript; ln -s .singularity.d/runscript singularity; ln -s .singularity.d/env/90-environment.sh environment"], { cwd: tree });
  await squash(tree, `${folder}/samtools.sqsh`, "zstd");
  await must(["siftool", "new", `${folder}/samtools.sif`]);
  await must(["sh", "-euc", "echo 'Bootstrap: docker' >def; siftool add samtools.sif def --datatype 1"], { cwd: folder });
  await sif(`${folder}/samtools.sif`, `${folder}/samtools.sqsh`, {});
  await must(["sh", "-euc", "rm -r tree samtools.sqsh def"], { cwd: folder });
}
