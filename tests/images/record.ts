// Records what a plain chroot of each flattened image prints for every program case; lpmx has to print the same.
// Runs as root from tests/run.sh: `record.ts CACHE SPECS`. One JSON file per case and image in CACHE/expected, kept by the
// hash of the case and of the image. The tree is a copy, since an overlay would be another union.
import { findCases, recordKey } from "../support/case.ts";
import { must, run } from "../support/process.ts";

const [cache, specs] = Deno.args as [string, string];
const { images } = JSON.parse(await Deno.readTextFile(`${cache}/images.json`)) as { images: Record<string, string> };

/** $1 tree, $2 case, $3 where to copy the tree, rest: the command. Its /dev is made of nodes, so nothing of the host is mounted. */
const SCRIPT = `
tree=$1 case=$2 root=$3; shift 3
cp -a "$tree" "$root"
mkdir -p "$root/proc" "$root/dev/shm" "$root/tmp"; chmod 1777 "$root/dev/shm"
node() { [ -e "$root/dev/$1" ] || mknod -m 666 "$root/dev/$1" c "$2" "$3"; }
node null 1 3; node zero 1 5; node full 1 7; node random 1 8; node urandom 1 9; node tty 5 0
ln -sfn /proc/self/fd "$root/dev/fd"
for pair in stdin:0 stdout:1 stderr:2; do ln -sf "/proc/self/fd/\${pair#*:}" "$root/dev/\${pair%:*}"; done
cp -a "$case" "$root/case"
mount -t proc proc "$root/proc"; trap 'umount -l "$root/proc"' EXIT
unshare --root="$root" --wd=/case "$@"`;

await Deno.mkdir(`${cache}/expected`, { recursive: true });
const env = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", HOME: "/root" };
for (const found of findCases(specs)) {
  for (const image of found.test.program?.images ?? []) {
    const folder = images[image];
    if (!folder) throw new Error(`Case ${found.name}: no such test image: ${image}`);
    const file = `${cache}/expected/${await recordKey(found, folder.split("/").pop()!)}.json`;
    if (await Deno.stat(file).then(() => true, () => false)) continue;
    const copy = `${cache}/chroot`;
    await must(["rm", "-rf", copy]);
    const argv = ["sh", "-euc", SCRIPT, "sh", `${folder}/rootfs`, found.folder, copy];
    const outcome = await run([...argv, ...found.test.program!.argv], { env, clearEnv: true, timeout: 300 });
    if (outcome.code !== 0) {
      throw new Error(`Case ${found.name}: a chroot of ${image} ends with ${outcome.code}:\n${outcome.stderr}`);
    }
    await Deno.writeTextFile(file, JSON.stringify({ case: found.name, image, code: outcome.code, stdout: outcome.stdout }));
  }
}
await must(["rm", "-rf", `${cache}/chroot`]);
