// Benches of whole jobs that write: installing packages, building a program, mapping reads, changing files, importing an image,
// moving large files. Used by benches.ts. Native is a chroot of a fresh copy of the flattened image. Both sides see themselves
// as root, as one does who installs: natively it is the real one, in lpmx an ordinary user.
import { must, run } from "../tests/support/process.ts";
import { type Machine, userOptions } from "./machine.ts";
import type { Bench } from "./benches.ts";
import type { Lane } from "./measure.ts";

type Sample = Record<string, number>;
type Reader = (text: string) => Sample;

/** $1 copy, $2 programs, $3 packages or "", rest: the command; the mounts end with the namespace. */
const CHROOT = `
root=$1 programs=$2 packages=$3; shift 3
mount --rbind /dev "$root/dev"; mount -t proc proc "$root/proc"; mount --bind "$programs" "$root/mnt"
[ -z "$packages" ] || { mkdir -p "$root/repository"; mount --bind "$packages" "$root/repository"; }
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root chroot "$root" "$@"`;

const APT = `
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
echo 'deb [trusted=yes] file:/repository ./' >/etc/apt/sources.list
apt-get update -qq && apt-get install -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 python3 vim git make && [ -z "$(dpkg --audit)" ]`;
const BUILD = `
cd /tmp && tar -xzf /srv/hello.tar.gz && cd hello-2.10 && FORCE_UNSAFE_CONFIGURE=1 ./configure CFLAGS=-O1 && make -j2 && ./hello`;
const READS = `
my $x = 42; my $s = ""; for (1 .. 500000) { $x = ($x * 1103515245 + 12345) % 2147483648; $s .= substr("ACGT", ($x >> 16) % 4, 1) }
open my $r, ">", "/tmp/ref.fa"; print $r ">chr1\\n$s\\n"; open my $q, ">", "/tmp/reads.fq";
for my $i (1 .. 60000) { $x = ($x * 1103515245 + 12345) % 2147483648; my $p = ($x >> 8) % 499000; my $t = substr($s, $p, 150);
substr($t, 70, 1) = "A"; print $q "\\@read$i\\n$t\\n+\\n", "I" x 150, "\\n" }`;
const MAP = `
[ -e /tmp/reads.fq ] || exit 1
minimap2 -t 2 -a -x sr /tmp/ref.fa /tmp/reads.fq 2>/dev/null | samtools sort -@ 2 -m 4M -T /tmp/sort -o /tmp/out.bam - 2>/dev/null && samtools index /tmp/out.bam`;
/** Files of the image of at most 4 kB each. */
const WRITES =
  "exec /mnt/writes /tmp/w $(find /usr/share/zoneinfo /usr/share/perl5 -type f -size -9 | head -n 400)";
const LARGE = `
set -e; time_of() { row=$1; shift; start=$(date +%s%N); "$@" >/dev/null 2>&1; echo "$row $(($(date +%s%N) - start))"; }
time_of "write 512 MB, 1 MB each" dd if=/dev/zero of=/tmp/large bs=1M count=512
time_of "read 512 MB by cat" cat /tmp/large
time_of "copy 512 MB by cp" cp --reflink=never --sparse=never /tmp/large /tmp/copy
time_of "write 64 MB, 4 kB each" dd if=/dev/zero of=/tmp/pieces bs=4k count=16k
time_of "read 64 MB, 4 kB each" dd if=/tmp/pieces of=/dev/null bs=4k
time_of "sha256 of 512 MB" sha256sum /tmp/large`;

const rows: Reader = (text) => {
  const sample: Sample = {};
  for (const line of text.trim().split("\n")) {
    const at = line.lastIndexOf(" ");
    sample[line.slice(0, at)] = Number(line.slice(at + 1));
  }
  return sample;
};
const cost: Reader = (text) => {
  const { wall, cpu } = rows(text);
  return { wall: wall!, "user + sys CPU": cpu! };
};

interface Job {
  image: string;
  /** Run first in the same tree, not measured. */
  before?: string[];
  argv: string[];
  packages?: boolean;
  /** The tree is in memory on both sides: ext4 passes over every inode that was freed in the last minutes, which then is all one sees. */
  memory?: boolean;
  read: Reader;
}

/** One job in a fresh copy of the image, natively and in lpmx with each engine. */
function lanesOf(machine: Machine, job: Job): Lane[] {
  if (!machine.root) {
    throw new Error("root is needed to make the tree that native runs in: sudo ./dev bench");
  }
  const image = machine.images[job.image]!;
  const packages = job.packages ? image.packages : "";
  const steps = [...(job.before ? [job.before] : []), job.argv];
  const native = async () => {
    const tree = `${job.memory ? machine.memory : machine.work}/tree`;
    await must(["cp", "-a", image.rootfs, tree]);
    const chroot = [
      "unshare",
      "--mount",
      "sh",
      "-euc",
      CHROOT,
      "sh",
      tree,
      machine.programs,
      packages,
    ];
    const printed = await inOrder(steps.map((argv) => [...chroot, ...argv]), machine);
    await must(["rm", "-rf", tree]);
    return job.read(printed);
  };
  const lpmx = (engine: string) => async () => {
    const stores = [
      `LPMX_HOME=${machine.memory}/home`,
      `LPMX_STORES=${machine.work}/home/.local/share/lpmx`,
    ];
    const own = [...machine.asUser, ...(job.memory ? ["env", ...stores] : []), machine.lpmx];
    const options = [
      "--engine",
      engine,
      "-v",
      `${machine.programs}:/mnt:ro`,
      ...(packages ? ["-v", `${packages}:/repository:ro`] : []),
    ];
    const id =
      (await must([...own, "create", ...options, image.name, "true"], userOptions(machine))).trim();
    const printed = await inOrder(steps.map((argv) => [...own, "exec", id, ...argv]), machine);
    await must([...own, "rm", id], userOptions(machine));
    return job.read(printed);
  };
  return [
    { column: "native", against: "native", sample: native },
    { column: "lpmx", against: "native", sample: lpmx("auto") },
    { column: "lpmx preload", against: "native", sample: lpmx("preload") },
  ];
}

/** Runs one after the other and returns what the last one printed. */
async function inOrder(commands: string[][], machine: Machine): Promise<string> {
  let printed = "";
  for (const argv of commands) {
    const outcome = await run(argv, userOptions(machine, 300));
    if (outcome.code !== 0) {
      throw new Error(
        `exit code ${outcome.code}: ${
          (outcome.stderr + outcome.stdout).trim().split("\n").slice(-2).join("; ")
        }`,
      );
    }
    printed = outcome.stdout;
  }
  return printed;
}

const timed = (script: string) => ["/mnt/cost", "1", "sh", "-c", script];
const lanes = (job: Job) => (machine: Machine) => Promise.resolve(lanesOf(machine, job));

/** $0 archive; leaves the name of the folder it made in $0.last. A single layer, so no whiteouts: that much lpmx does in addition. */
const UNPACK = `
folder=$(mktemp -d) && echo $folder >$0.last && tar -C $folder -xf $0 && mkdir $folder/fs
for blob in $folder/blobs/sha256/*; do
  if gzip -t $blob 2>/dev/null; then gzip -dc $blob | tar -C $folder/fs --no-same-owner --delay-directory-restore --exclude './dev/*' -xf -; fi
done
sync -f $folder/fs; [ -e $folder/fs/usr/bin/python3 ]`;

/** Imports of the same archive, both to the disk: natively gzip and tar, as near as one gets to what an import has to do. */
async function imports(machine: Machine): Promise<Lane[]> {
  const user = (argv: string[]) => must([...machine.asUser, ...argv], userOptions(machine, 300));
  const layout = `${machine.work}/programs/layout`;
  const archive = `${layout}.tar`;
  const source = `docker-archive:${machine.images["debian12-python"]!.archive}`;
  await user(["skopeo", "--insecure-policy", "copy", "-q", source, `oci:${layout}:x`]);
  await user(["tar", "-C", layout, "-cf", archive, "."]);
  const take = async (argv: string[], left: () => Promise<string>) => {
    const sample = cost(await user([`${machine.programs}/cost`, "1", ...argv]));
    await must(["sh", "-c", 'chmod -R u+rwX "$0" && rm -rf "$0"', await left()]);
    return sample;
  };
  const store = `${machine.work}/programs/import`;
  const native = async () => (await Deno.readTextFile(`${archive}.last`)).trim();
  const load = ["env", `LPMX_HOME=${store}`, machine.lpmx, "load", "-q", "-i", archive];
  return [
    {
      column: "native",
      against: "native",
      sample: () => take(["sh", "-c", UNPACK, archive], native),
    },
    { column: "lpmx", against: "native", sample: () => take(load, () => Promise.resolve(store)) },
  ];
}

export const WORK: Bench[] = [
  {
    name: "writes",
    title: "one change of a file, in memory",
    images: ["debian12"],
    lanes: lanes({ image: "debian12", argv: ["sh", "-c", WRITES], memory: true, read: rows }),
  },
  {
    name: "map",
    title: "minimap2 and samtools sort of 60,000 synthetic reads, two threads each",
    images: ["debian12-samtools"],
    lanes: lanes({
      image: "debian12-samtools",
      before: ["perl", "-e", READS],
      argv: timed(MAP),
      read: cost,
    }),
  },
  {
    name: "apt",
    title: "apt-get install of python3, vim, git and make from a local folder",
    images: ["debian12"],
    lanes: lanes({ image: "debian12", argv: timed(APT), packages: true, read: cost }),
  },
  {
    name: "build",
    title: "configure and make -j2 of GNU hello",
    images: ["debian12-tools"],
    extra: true,
    lanes: lanes({ image: "debian12-tools", argv: timed(BUILD), read: cost }),
  },
  {
    name: "large",
    title: "large files through the page cache",
    images: ["debian12"],
    extra: true,
    lanes: lanes({ image: "debian12", argv: ["sh", "-c", LARGE], read: rows }),
  },
  {
    name: "import",
    title: "lpmx load of a compressed archive; native: tar, gzip -dc, tar, sync -f",
    images: ["debian12-python"],
    extra: true,
    lanes: imports,
  },
];
