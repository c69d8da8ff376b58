// Everything the benches need on this machine: who runs lpmx, the images, the two C programs, a store of its own, and how to
// take all of it away again. As root it installs peers, builds images and makes chroots; lpmx and the peers always run as an
// ordinary user. Used by main.ts, sides.ts and benches.ts.
import { must, run } from "../tests/support/process.ts";
import type { ImageList } from "../tests/support/case.ts";
import { buildImage, type Recipe } from "../tests/images/image.ts";

const here = new URL(".", import.meta.url).pathname.replace(/\/$/, "");
const clone = new URL("..", import.meta.url).pathname.replace(/\/$/, "");
const TESTS = Deno.env.get("LPMX_TEST_CACHE") ?? "/var/cache/lpmx-tests";
const CACHE = Deno.env.get("LPMX_BENCH_CACHE") ?? "/var/cache/lpmx-bench";
const USER = "lpmx-test";

/** An image by its name: the flattened tree, and an archive that lpmx and podman load. */
export interface Image {
  name: string;
  rootfs: string;
  archive: string;
  /** A folder that apt can install from, for this image; "" where the tests have none. */
  packages: string;
}

export interface Machine {
  root: boolean;
  uid: number;
  gid: number;
  /** Put before a command that has to run as the ordinary user. */
  asUser: string[];
  env: Record<string, string>;
  /** A folder of this run only, of the ordinary user. */
  work: string;
  /** The same in memory. */
  memory: string;
  lpmx: string;
  /** Holds cost, calls, writes and Hello.class; shown inside of containers. */
  programs: string;
  images: Record<string, Image>;
}

/** Prepares the machine for benches that need the given images. Throws an Error of one line when it cannot. */
export async function prepare(needed: string[]): Promise<Machine> {
  const root = Deno.uid() === 0;
  if (root) await installPeers();
  const images = await findImages(needed, root);
  const [uid, gid] = root ? await userIds() : [Deno.uid()!, Deno.gid()!];
  await Deno.mkdir(CACHE, { recursive: true }).catch(() => {});
  const work = await Deno.makeTempDir(
    root ? { dir: CACHE, prefix: "work." } : { prefix: "lpmx-bench." },
  );
  const memory = await Deno.makeTempDir({ dir: "/dev/shm", prefix: "lpmx-bench." });
  const machine: Machine = {
    root,
    uid,
    gid,
    asUser: root ? ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"] : [],
    env: {
      PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      HOME: `${work}/home`,
      USER: root ? USER : Deno.env.get("USER") ?? USER,
      TMPDIR: `${work}/tmp`,
      LC_ALL: "C.UTF-8",
    },
    work,
    memory,
    lpmx: `${work}/lpmx`,
    programs: `${work}/programs`,
    images,
  };
  try {
    await fillWork(machine);
  } catch (error) {
    await cleanUp(machine);
    throw error;
  }
  return machine;
}

/** What cannot be installed is missing later on, and is listed then with that reason. */
async function installPeers() {
  const wanted = (await Deno.readTextFile(`${here}/packages.txt`)).trim().split("\n");
  const missing: string[] = [];
  for (const name of wanted) if ((await packageVersion(name)) === "") missing.push(name);
  if (missing.length === 0) return;
  console.error(`bench: installing ${missing.join(" ")}`);
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  await run(["apt-get", "update", "-qq"], { env });
  for (const name of missing) {
    await run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", name], { env });
  }
}

/** The installed version of a Debian package, "" if it is not installed. */
export async function packageVersion(name: string): Promise<string> {
  const outcome = await run(["dpkg-query", "-Wf", "${db:Status-Abbrev} ${Version}", name]).catch(
    () => null,
  );
  const [, version] = /^ii\s+(\S+)/.exec(outcome?.stdout ?? "") ?? [];
  return version ?? "";
}

async function userIds(): Promise<[number, number]> {
  if ((await run(["id", USER])).code !== 0) {
    await must(["useradd", "--system", "--home-dir", `${TESTS}/home`, "--shell", "/bin/sh", USER]);
  }
  return [Number(await must(["id", "-u", USER])), Number(await must(["id", "-g", USER]))];
}

/** The images of the tests, and those of recipes.json here: more layers over debian12. */
async function findImages(needed: string[], root: boolean): Promise<Record<string, Image>> {
  if (root && !(await exists(`${TESTS}/images.json`))) {
    await must([Deno.execPath(), "run", "-A", `${clone}/tests/images/build.ts`, TESTS, zig()], {
      timeout: 3000,
    });
  }
  if (!(await exists(`${TESTS}/images.json`))) {
    throw new Error(`no test images on this machine; build them once with: sudo ./dev test`);
  }
  const built: ImageList = JSON.parse(await Deno.readTextFile(`${TESTS}/images.json`));
  const recipes: Record<string, Recipe> = JSON.parse(
    await Deno.readTextFile(`${here}/recipes.json`),
  );
  const images: Record<string, Image> = {};
  for (const name of needed) {
    if (!recipes[name]) {
      images[name] = testImage(name, built);
      continue;
    }
    const folder = await ownImage(name, recipes, built.images, root);
    images[name] = {
      name,
      rootfs: `${folder}/rootfs`,
      archive: `${folder}/image.tar`,
      packages: "",
    };
  }
  return images;
}

function testImage(name: string, built: ImageList): Image {
  const own = built.own[name];
  const archive = own ? `${own}/image.oci.tar` : `${built.archives}/${name}.docker.tar`;
  return {
    name,
    rootfs: `${own ?? built.images[name]}/rootfs`,
    archive,
    packages: built.repositories[name] ?? "",
  };
}

/** Builds an image of recipes.json, and those it starts from, unless the cache has them. Returns its folder. */
async function ownImage(
  name: string,
  recipes: Record<string, Recipe>,
  built: Record<string, string>,
  root: boolean,
): Promise<string> {
  const recipe = recipes[name]!;
  const from = recipe.from!;
  const parent = recipes[from] ? await ownImage(from, recipes, built, root) : built[from]!;
  const key = new TextEncoder().encode(JSON.stringify(recipe) + parent.split("/").pop());
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", key)).toHex().slice(0, 12);
  const folder = `${CACHE}/${name}-${hash}`;
  if (await exists(`${folder}/.done`)) return folder;
  if (!root) {
    throw new Error(
      `the image ${name} is not built on this machine; build it once with: sudo ./dev bench`,
    );
  }
  console.error(`bench: building the image ${name}`);
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await Deno.mkdir(folder, { recursive: true });
  await buildImage(recipe, parent, folder, { mirror: "", zig: zig(), trees: {} });
  const archive = `docker-archive:${folder}/image.tar:${name}:latest`;
  await must([
    "skopeo",
    "--insecure-policy",
    "copy",
    "--quiet",
    `oci:${folder}/oci:latest`,
    archive,
  ]);
  await must(["chmod", "a+r", `${folder}/image.tar`]);
  await Deno.writeTextFile(`${folder}/.done`, "");
  return folder;
}

function zig(): string {
  return `${clone}/.toolchain/bin/zig`;
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** The programs, and a copy of lpmx, since another build must not replace it half-way. */
async function fillWork(machine: Machine) {
  for (const folder of ["home", "tmp", "programs"]) {
    await Deno.mkdir(`${machine.work}/${folder}`, { recursive: true });
  }
  await Deno.copyFile(`${clone}/dist/lpmx`, machine.lpmx).catch(() => {
    throw new Error("dist/lpmx is not there; build it with: ./dev build");
  });
  for (const name of ["cost", "calls", "writes"]) {
    const target = ["-target", "x86_64-linux-gnu.2.31", "-O2", "-Wall", "-Wextra", "-Werror"];
    const env = { ZIG_LOCAL_CACHE_DIR: `${machine.work}/zig` };
    await must([zig(), "cc", ...target, "-o", `${machine.programs}/${name}`, `${here}/${name}.c`], {
      env,
    });
  }
  if (machine.root) {
    await must(["chown", "-R", `${machine.uid}:${machine.gid}`, machine.work, machine.memory]);
  }
}

/** Loads an image into the store of this run. */
export async function loadImage(machine: Machine, image: Image) {
  await must(
    [...machine.asUser, machine.lpmx, "load", "-q", "-i", image.archive],
    userOptions(machine),
  );
}

/** For run() and must(): the clean environment of the ordinary user. */
export function userOptions(machine: Machine, timeout = 120) {
  return { env: machine.env, clearEnv: true, cwd: "/", timeout };
}

/** Removes the run's folder. Podman has left a process of its own, and files of another uid where root is not at hand. */
export async function cleanUp(machine: Machine) {
  const podman = (...args: string[]) =>
    run([...machine.asUser, "podman", ...args], userOptions(machine)).catch(() => {});
  if (!machine.root) await podman("unshare", "rm", "-rf", `${machine.work}/p`);
  await podman("system", "migrate");
  await run(["chmod", "-R", "u+rwX", machine.work]);
  const outcome = await run(["rm", "-rf", machine.work, machine.memory]);
  if (outcome.code !== 0) {
    console.error(`bench: cannot remove ${machine.work}: ${outcome.stderr.trim().split("\n")[0]}`);
  }
}
