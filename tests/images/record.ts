// Records what a plain chroot of each flattened image prints for every program case; lpmx has to print the same.
// Runs as root from tests/run.sh: `record.ts CACHE SPECS`. One JSON file per case and image in CACHE/expected, kept by the
// hash of the case and of the image. The tree is a copy, since an overlay would be another union.
import { findCases, type Found, type ImageList, recordKey } from "../support/case.ts";
import { must, run } from "../support/process.ts";

const [cache, specs] = Deno.args as [string, string];
const list: ImageList = JSON.parse(await Deno.readTextFile(`${cache}/images.json`));
const folders = { ...list.images, ...list.own };
const long = Deno.env.get("LPMX_TEST_LONG") === "1";
/** ./dev test builds them before; it is called in the clone. */
const BIN = "bundles/x86_64/test";
const env = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", HOME: "/root", TERM: "dumb" };

/** $1 tree, $2 case, $3 where to copy the tree. Its /dev is made of nodes, so nothing of the host is in it. */
const COPY = `
tree=$1 case=$2 root=$3
cp -a "$tree" "$root"
mkdir -p "$root/proc" "$root/dev/shm" "$root/dev/pts" "$root/tmp" "$root/repository"; chmod 1777 "$root/dev/shm"
node() { [ -e "$root/dev/$1" ] || mknod -m 666 "$root/dev/$1" c "$2" "$3"; }
node null 1 3; node zero 1 5; node full 1 7; node random 1 8; node urandom 1 9; node tty 5 0; node ptmx 5 2
ln -sfn /proc/self/fd "$root/dev/fd"
for pair in stdin:0 stdout:1 stderr:2; do ln -sf "/proc/self/fd/\${pair#*:}" "$root/dev/\${pair%:*}"; done
cp -a "$case" "$root/case"`;

/** $1 copy, $2 packages or "", rest: the command. Whatever it leaves running ends with the namespace. Where / is no mount point, as in a chroot,
 * it cannot be made private, and what is mounted here may show outside: so it is taken away again. */
const ENTER = `
root=$1 packages=$2; shift 2
mount --make-rprivate / 2>/dev/null || true
trap 'umount -l "$root/proc" "$root/dev/pts" "$root/dev/shm"; [ -z "$packages" ] || umount -l "$root/repository"' EXIT
mount -t proc proc "$root/proc"
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm" # glibc before 2.35 looks for one
[ -z "$packages" ] || mount --bind -o ro "$packages" "$root/repository"
unshare --root="$root" --wd=/case "$@" || exit`;

async function record(found: Found, image: string, file: string) {
  const { argv, after, repository } = found.test.program!;
  const copy = `${cache}/chroot`;
  await must(["rm", "-rf", copy]);
  await must(["sh", "-euc", COPY, "sh", `${folders[image]}/rootfs`, found.folder, copy]);
  for (const tool of found.test.program!.tools ?? []) await must(["cp", `${BIN}/${tool}`, `${copy}/case`]);
  const inside = async (command: string[]) => {
    const own = ["unshare", "--mount", "--propagation", "unchanged", "--pid", "--fork", "--kill-child", "sh", "-euc", ENTER, "sh"];
    const packages = repository ? list.repositories[image]! : "";
    const outcome = await run([...own, copy, packages, ...command], { env, clearEnv: true, timeout: 600 });
    if (outcome.code === 0) return outcome.stdout;
    throw new Error(`Case ${found.name}: a chroot of ${image} ends with ${outcome.code}:\n${outcome.stdout}${outcome.stderr}`);
  };
  const stdout = await inside(argv);
  const later = after ? { after: await inside(after) } : {};
  await Deno.writeTextFile(file, JSON.stringify({ case: found.name, image, code: 0, stdout, ...later }));
}

await Deno.mkdir(`${cache}/expected`, { recursive: true });
for (const found of findCases(specs, long)) {
  for (const image of found.test.program?.images ?? []) {
    if (!folders[image]) throw new Error(`Case ${found.name}: no such test image: ${image}`);
    const file = `${cache}/expected/${await recordKey(found, image, list, BIN)}.json`;
    if (await Deno.stat(file).then(() => true, () => false)) continue;
    await record(found, image, file);
  }
}
await must(["rm", "-rf", `${cache}/chroot`]);
