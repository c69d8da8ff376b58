// Builds one test image as a real tool would: mmdebstrap or shell scripts fill a tree, umoci makes layers of it.
// Runs as root, only from build.ts. Leaves FOLDER/oci (OCI layout, tag "latest") and FOLDER/rootfs (the flattened image,
// for chroot). A finished folder is never changed again; its name carries the hash of its recipe and of its parents.
import { must } from "../support/process.ts";

export interface Recipe {
  /** Debian suite for a base made by mmdebstrap. */
  suite?: string;
  /** Image whose layers this one continues. */
  from?: string;
  packages?: string[];
  /** Files of the Debian mirror that layer scripts use, by the name they get in $sources. */
  sources?: Record<string, { path: string; sha256: string }>;
  /** Shell scripts, run by the host's sh in the root of the tree; each makes one layer. */
  layers?: string[];
  /** How often the scripts are run again, with $n counting, each time as a new layer. */
  repeat?: number;
  /** Arguments of `umoci config`. */
  config?: string[];
  /** Files of tests/images/programs that layer scripts use: they lie in $programs. */
  programs?: string[];
  /** Only program cases and cases with a fresh store use it: one archive in its own folder, none of every form. */
  own?: boolean;
  /** Not an image, but these packages of the image `from` with all they need, as a folder for apt. */
  repository?: string[];
  /** Built only where all is run: LPMX_TEST_LONG=1. */
  long?: boolean;
  /** Needed by other recipes only. With `from` it is just a tree: nobody loads it. */
  private?: boolean;
}

export interface Tools {
  mirror: string;
  zig: string;
  /** Flattened trees of the images built so far. */
  trees: Record<string, string>;
}

// Not the man pages: update-alternatives wants the folders, and Java fails to install without them.
const EXCLUDED = ["/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/info/*"];
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export async function buildImage(recipe: Recipe, parent: string | undefined, folder: string, tools: Tools) {
  const image = `${folder}/oci:latest`;
  const bundle = `${folder}/bundle`;
  const rootfs = `${bundle}/rootfs`;
  if (parent && recipe.private) {
    await must(["cp", "-a", `${parent}/rootfs`, `${folder}/rootfs`]);
    return await installPackages(`${folder}/rootfs`, recipe.packages ?? []);
  }
  if (parent) {
    await must(["cp", "-a", `${parent}/oci`, `${folder}/oci`]);
  } else {
    await must(["umoci", "init", "--layout", `${folder}/oci`]);
    await must(["umoci", "new", "--image", image]);
    await must(["umoci", "config", "--image", image, "--config.env", `PATH=${PATH}`]);
  }
  await must(["umoci", "unpack", "--image", image, bundle]);
  const repack = () => must(["umoci", "repack", "--refresh-bundle", "--image", image, bundle]);
  if (recipe.suite) {
    await bootstrap(recipe.suite, rootfs, folder, tools.mirror);
    await repack();
  }
  if (recipe.packages) {
    await installPackages(rootfs, recipe.packages);
    await repack();
  }
  const programs = new URL("programs", import.meta.url).pathname;
  const sources = await fetchSources(recipe, folder, tools.mirror);
  for (let n = 1; n <= (recipe.repeat ?? 1); n++) {
    for (const script of recipe.layers ?? []) {
      const env = { ...tools.trees, sources, zig: tools.zig, deno: Deno.execPath(), programs, n: String(n), DENO_TLS_CA_STORE: "system" };
      await must(["sh", "-euc", script], { cwd: rootfs, env });
      await repack();
    }
  }
  // Not before: umoci repack goes on from the settings that it unpacked.
  if (recipe.suite) await must(["umoci", "config", "--image", image, "--config.cmd", "bash"]);
  if (recipe.config) await must(["umoci", "config", "--image", image, ...recipe.config]);
  await must(["umoci", "gc", "--layout", `${folder}/oci`]);
  await Deno.remove(bundle, { recursive: true });
  // Unpacked again, since a layer holds less than the tree it was made of: whole seconds, for one.
  await must(["umoci", "raw", "unpack", "--image", image, `${folder}/rootfs`]);
  if (sources) await Deno.remove(sources, { recursive: true });
}

async function bootstrap(suite: string, rootfs: string, folder: string, mirror: string) {
  const tar = `${folder}/base.tar`;
  const exclude = EXCLUDED.map((pattern) => `--dpkgopt=path-exclude=${pattern}`);
  await must([
    "mmdebstrap",
    "--quiet",
    "--mode=root",
    "--variant=minbase",
    "--dpkgopt=force-unsafe-io",
    ...exclude,
    '--aptopt=Acquire::Languages "none"',
    '--customize-hook=rm -f "$1/etc/resolv.conf" "$1/etc/hostname"',
    suite,
    tar,
    mirror,
  ], { timeout: 1200 });
  await must(["tar", "-C", rootfs, "--numeric-owner", "--xattrs", "--xattrs-include=*", "-xpf", tar]);
  await Deno.remove(tar);
}

/** Installs packages inside the tree. */
async function installPackages(rootfs: string, packages: string[]) {
  await withApt(rootfs, async (apt) => {
    await apt("install", "-y", "--no-install-recommends", "-o", "Dpkg::Use-Pty=0", ...packages);
    await apt("clean");
  });
  await must(["sh", "-euc", "rm -rf var/lib/apt/lists/* var/log/* var/cache/apt/*.bin etc/resolv.conf"], { cwd: rootfs });
}

/** Calls `work` with the apt-get of the tree, whose lists are new; /proc is needed by the install scripts of Java. */
export async function withApt(rootfs: string, work: (apt: (...args: string[]) => Promise<string>) => Promise<void>) {
  await must(["cp", "-L", "/etc/resolv.conf", `${rootfs}/etc/resolv.conf`]);
  await must(["mount", "-t", "proc", "proc", `${rootfs}/proc`]);
  // Proxies are set by environment on some machines, and apt understands that.
  const env = { PATH, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C.UTF-8" };
  const apt = (...args: string[]) => must(["chroot", rootfs, "apt-get", "-qq", ...args], { env, timeout: 1500 });
  try {
    await apt("update");
    await work(apt);
  } finally {
    await must(["umount", "-l", `${rootfs}/proc`]);
  }
}

async function fetchSources(recipe: Recipe, folder: string, mirror: string): Promise<string> {
  if (!recipe.sources) return "";
  const target = `${folder}/sources`;
  await Deno.mkdir(target);
  for (const [name, { path, sha256 }] of Object.entries(recipe.sources)) {
    const answer = await fetch(`${mirror}/${path}`);
    if (!answer.ok) throw new Error(`Cannot download ${mirror}/${path}: status ${answer.status}`);
    const bytes = await answer.bytes();
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
    if (digest !== sha256) throw new Error(`Cannot use ${mirror}/${path}: sha256 is ${digest}`);
    await Deno.writeFile(`${target}/${name}`, bytes);
  }
  return target;
}
