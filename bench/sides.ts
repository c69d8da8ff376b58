// The ways to run a program of an image: natively in a chroot, by lpmx, by the peers that Debian offers. Each is a function
// from an image and a command to a whole command line, and is probed before it is measured. Used by main.ts and benches.ts.
import { run } from "../tests/support/process.ts";
import { type Image, type Machine, packageVersion, userOptions } from "./machine.ts";

export interface Side {
  name: string;
  /** Debian package whose version is told; "" for native and lpmx. */
  package: string;
  /** A word on how it runs here. */
  how: string;
  /** Where a command line with `tools` sees the folder of our programs. */
  tools: string;
  /** Only peers that make a container of an image are asked for one; the rest take any tree. */
  images?: string[];
  command(image: Image, argv: string[], tools: boolean): string[];
  /** Before the first command, where it takes more than a tree. Throws when it cannot. */
  prepare?(): Promise<void>;
}

export interface Peer {
  name: string;
  version: string;
  how: string;
  /** Why it is not in the tables, null if it is. */
  reason: string | null;
}

/** $1 uid:gid, $2 tree, $3 tools or "", rest: the command. The mounts end with the namespace and change nothing in the tree. */
const CHROOT = `
ids=$1 root=$2 tools=$3; shift 3
mount --rbind /dev "$root/dev"; mount -t proc proc "$root/proc"
[ -z "$tools" ] || mount --bind "$tools" "$root/mnt"
exec chroot --userspec="$ids" --groups= "$root" "$@"`;

export function nativeSide(machine: Machine): Side {
  if (!machine.root) {
    return {
      ...bubblewrap(machine),
      name: "native",
      package: "",
      how: "bubblewrap, as root is not at hand",
    };
  }
  return {
    name: "native",
    package: "",
    how: `chroot of the flattened image, uid ${machine.uid}`,
    tools: "/mnt",
    command: (image, argv, tools) => {
      const mounts = tools ? machine.programs : "";
      return [
        "unshare",
        "--mount",
        "sh",
        "-euc",
        CHROOT,
        "sh",
        `${machine.uid}:${machine.gid}`,
        image.rootfs,
        mounts,
        ...argv,
      ];
    },
  };
}

/** Contained by the engine that lpmx chooses here (trap), or by another. */
export function lpmxSide(machine: Machine, engine?: "preload"): Side {
  const options = engine ? ["--engine", engine] : [];
  return {
    name: engine ? `lpmx ${engine}` : "lpmx",
    package: "",
    how: "",
    tools: "/mnt",
    command: (image, argv, tools) => {
      const volume = tools ? ["-v", `${machine.programs}:/mnt:ro`] : [];
      return [...machine.asUser, machine.lpmx, "run", "--rm", ...options, ...volume, image.name, ...argv];
    },
  };
}

function bubblewrap(machine: Machine): Side {
  return {
    name: "bubblewrap",
    package: "bubblewrap",
    how: "user and mount namespace over the flattened image",
    tools: "/mnt",
    command: (image, argv, tools) => {
      const bind = tools ? ["--ro-bind", machine.programs, "/mnt"] : [];
      const view = ["--ro-bind", image.rootfs, "/", "--dev", "/dev", "--proc", "/proc", ...bind];
      return [...machine.asUser, "bwrap", ...view, "--", ...argv];
    },
  };
}

function proot(machine: Machine): Side {
  return {
    name: "proot",
    package: "proot",
    how: "ptrace over the flattened image",
    tools: "/mnt",
    command: (image, argv, tools) => {
      const bind = tools ? ["-b", `${machine.programs}:/mnt`] : [];
      return [
        ...machine.asUser,
        "proot",
        "-r",
        image.rootfs,
        "-b",
        "/dev",
        "-b",
        "/proc",
        ...bind,
        "-w",
        "/",
        ...argv,
      ];
    },
  };
}

/** It has no binds, only paths that it leaves alone, so the programs are seen where they are. */
function fakechroot(machine: Machine): Side {
  const left = `FAKECHROOT_EXCLUDE_PATH=${machine.programs}:/dev:/proc`;
  return {
    name: "fakechroot",
    package: "fakechroot",
    how:
      "LD_PRELOAD over the flattened image, the host's own ld.so and libraries; wrapper scripts included",
    tools: machine.programs,
    command: (
      image,
      argv,
    ) => [...machine.asUser, "env", left, "fakechroot", "--", "chroot", image.rootfs, ...argv],
  };
}

function charliecloud(machine: Machine): Side {
  return {
    name: "charliecloud",
    package: "charliecloud-runtime",
    how: "user and mount namespace over the flattened image",
    tools: "/mnt",
    command: (image, argv, tools) => {
      const bind = tools ? ["-b", `${machine.programs}:/mnt`] : [];
      return [...machine.asUser, "ch-run", ...bind, image.rootfs, "--", ...argv];
    },
  };
}

/** Its default driver here is vfs, which copies the whole image for every container. */
const PODMAN = [
  "--storage-driver",
  "overlay",
  "--cgroup-manager",
  "cgroupfs",
  "--events-backend",
  "none",
];

/** Loads debian12 only: making room for all images takes longer than the benches. */
function podman(machine: Machine, runtime: string): Side {
  const own = ["--root", `${machine.work}/p/root`, "--runroot", `${machine.work}/p/run`];
  const base = [...machine.asUser, "podman", ...own, ...PODMAN, "--runtime", runtime];
  return {
    name: "podman",
    package: "podman",
    how: `rootless, ${runtime}, overlay, the host's network`,
    tools: "/mnt",
    images: ["debian12"],
    command: (image, argv, tools) => {
      const volume = tools ? ["-v", `${machine.programs}:/mnt:ro`] : [];
      return [...base, "run", "--rm", "--network", "host", ...volume, image.name, ...argv];
    },
    prepare: async () => {
      const outcome = await run(
        [...base, "load", "-q", "-i", machine.images["debian12"]!.archive],
        userOptions(machine, 300),
      );
      if (outcome.code !== 0) throw new Error(lastLine(outcome.stderr));
    },
  };
}

/** Tries every peer with /bin/true and returns those that start, and a line on each. */
export async function findPeers(machine: Machine): Promise<{ sides: Side[]; peers: Peer[] }> {
  // crun needs a cgroup set-up that not every machine has; runc is what podman would take next.
  const ways = [
    [bubblewrap(machine)],
    [proot(machine)],
    [fakechroot(machine)],
    [charliecloud(machine)],
    [podman(machine, "crun"), podman(machine, "runc")],
  ];
  const sides: Side[] = [];
  const peers: Peer[] = [];
  for (const candidates of ways) {
    let reason: string | null = null;
    for (const side of candidates) {
      reason = await probe(machine, side);
      if (reason !== null && side !== candidates.at(-1)) continue;
      peers.push({
        name: side.name,
        version: await packageVersion(side.package),
        how: side.how,
        reason,
      });
      if (reason === null) sides.push(side);
      break;
    }
  }
  return { sides, peers };
}

/** Null if the side runs /bin/true of debian12, else why not. */
export async function probe(machine: Machine, side: Side): Promise<string | null> {
  try {
    await side.prepare?.();
    const outcome = await run(
      side.command(machine.images["debian12"]!, ["/bin/true"], true),
      userOptions(machine),
    );
    return outcome.code === 0 ? null : `exit code ${outcome.code}: ${lastLine(outcome.stderr)}`;
  } catch (error) {
    return error instanceof Deno.errors.NotFound
      ? "not installed"
      : lastLine(String((error as Error).message));
  }
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
