// What one run of the tests works with: its folders, the test images, the environment of every command, and what the machine
// offers. Prepared by tests/run.sh, which tells the runner by LPMX_TEST_* variables; the runner itself is never root.
import type { ImageList } from "./case.ts";

export interface Machine {
  /** The clone or its copy: src, tests, shim. */
  source: string;
  /** Folder of this run; removed afterwards. */
  work: string;
  /** Empty when nobody built test images. */
  list: ImageList;
  expected: string;
  /** What only root could prepare and has: "mounts" (small, noexec, empty root), "images", "gridengine", "slurm", "cron", "moved". */
  offers: Set<string>;
  /** What takes long is run too. */
  long: boolean;
  /** The engine that contains programs; absent: the one that lpmx chooses. */
  engine?: "preload";
  /** With this an unmet need is a failure: the machine was prepared to offer everything. */
  strict: boolean;
}

export function machineFromEnvironment(): Machine {
  const get = (name: string) => {
    const value = Deno.env.get(`LPMX_TEST_${name}`);
    if (value === undefined) throw new Error(`LPMX_TEST_${name} is not set: start the tests with ./dev test`);
    return value;
  };
  const cache = get("CACHE");
  const list = readJson(`${get("WORK")}/images.json`);
  return {
    source: get("SOURCE"),
    work: get("WORK"),
    list: { images: {}, own: {}, repositories: {}, archives: "", registry: "", treeImages: "", ...list },
    expected: `${cache}/expected`,
    offers: new Set(get("OFFERS").split(" ")),
    long: Deno.env.get("LPMX_TEST_LONG") === "1",
    strict: get("STRICT") === "1",
  };
}

function readJson(path: string) {
  try {
    return JSON.parse(Deno.readTextFileSync(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** The whole environment of a test's command: nothing of the caller's, so a run is the same on every machine. */
export function environment(machine: Machine, store: string): Record<string, string> {
  return {
    PATH: `${machine.work}/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin`,
    HOME: `${machine.work}/home`,
    XDG_CACHE_HOME: `${machine.work}/cache`,
    LPMX_HOME: store,
    LANG: "C.UTF-8",
    TERM: "dumb",
    ...(machine.engine ? { LPMX_ENGINE: machine.engine } : {}),
  };
}

export const sharedStore = (machine: Machine) => `${machine.work}/store`;

/** What users of the run's batch schedulers need, by the names of the variables: SGE_ROOT, SLURM_CONF… */
export function schedulerVariables(machine: Machine): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of ["gridengine", "slurm"].filter((name) => machine.offers.has(name))) {
    const lines = Deno.readTextFileSync(`${machine.work}/${name}/env`).trim().split("\n");
    for (const line of lines) found[line.split("=")[0]!] = line.split("=")[1]!;
  }
  return found;
}
