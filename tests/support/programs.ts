// The tests that are programs of their own: TypeScript unit tests (one per file), hosted native tests, and probes, which must
// print the same contained as natively. Used by run.ts.
import { environment, type Machine, sharedStore } from "./machine.ts";
import { run } from "./process.ts";
import type { Test } from "./run.ts";

/** Images a probe of each libc is shown to: glibc ones need an image with glibc. */
const PROBE_IMAGES = { glibc: ["debian12", "bullseye", "trixie"], musl: ["debian12", "layered"] };

export async function unitTests(machine: Machine): Promise<Test[]> {
  const files: string[] = [];
  for (const folder of ["src", "tools", "tests/support", "tests/golden", "tests/faults"]) await collect(machine.source, folder, files);
  const isTest = (file: string) => Deno.readTextFileSync(`${machine.source}/${file}`).includes("Deno.test(");
  return files.filter(isTest).sort().map((file) => ({
    name: `unit:${file}`,
    needs: [],
    serial: false,
    run: async () => {
      const argv = [Deno.execPath(), "test", "-A", "--quiet", "--no-check", file];
      const outcome = await run(argv, { cwd: machine.source, env: { NO_COLOR: "1" }, timeout: 300 });
      const counted = /(\d+) passed.*\| (\d+) failed/.exec(outcome.stdout);
      if (outcome.code === 0 && Number(counted?.[1] ?? 0) > 0 && !/[1-9]\d* ignored/.test(outcome.stdout)) return [];
      return [outcome.stdout + outcome.stderr];
    },
  }));
}

async function collect(root: string, folder: string, files: string[]) {
  try {
    for await (const entry of Deno.readDir(`${root}/${folder}`)) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory) await collect(root, path, files);
      else if (entry.name.endsWith("_test.ts")) files.push(path);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function programs(machine: Machine, prefix: string): string[] {
  const names = [...Deno.readDirSync(`${machine.work}/bin`)].map((entry) => entry.name);
  return names.filter((name) => name.startsWith(prefix)).sort();
}

export function nativeTests(machine: Machine): Test[] {
  return programs(machine, "test_").map((name) => ({
    name: `native:${name}`,
    needs: [],
    serial: false,
    run: () => machine.strict ? startedByRoot(machine, name) : runNative(machine, name),
  }));
}

/** The faults that tests/run.sh chose for this run: one passes when the test that is to catch it did. */
export function faultTests(machine: Machine): Test[] {
  if (!machine.strict) return [];
  const names = Deno.readTextFileSync(`${machine.work}/native/faults`).split("\n").filter((name) => name !== "");
  return names.map((name) => ({
    name: `fault:${name}`,
    needs: [],
    serial: false,
    run: () => startedByRoot(machine, `fault_${name}`),
  }));
}

async function runNative(machine: Machine, name: string): Promise<string[]> {
  const cwd = await Deno.makeTempDir({ dir: `${machine.work}/cases` });
  const outcome = await run([`${machine.work}/bin/${name}`], { cwd, timeout: Deno.env.has("LPMX_TEST_LONG") ? 9900 : 600 });
  const end = outcome.timedOut ? "it did not end" : outcome.signal ?? `exit code ${outcome.code}`;
  return outcome.code === 0 ? [] : [`${end}\n${outcome.stdout}${outcome.stderr}`];
}

/** What tests/run.sh started as root: waits for its end. */
async function startedByRoot(machine: Machine, name: string): Promise<string[]> {
  const result = `${machine.work}/native/${name}`;
  for (let waited = 0; waited < (Deno.env.has("LPMX_TEST_LONG") ? 10_000 : 1000); waited++) {
    try {
      const code = (await Deno.readTextFile(`${result}.code`)).trim();
      return code === "0" ? [] : [`exit code ${code}\n${await Deno.readTextFile(`${result}.out`)}`];
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  return ["it did not end"];
}

export function probes(machine: Machine): Test[] {
  return programs(machine, "probe_").flatMap((name) => {
    const libc = name.endsWith("-musl") ? "musl" as const : "glibc" as const;
    return PROBE_IMAGES[libc].map((image) => ({
      name: `probe:${name}:${image}`,
      needs: ["images"],
      serial: false,
      run: () => compareProbe(machine, name, image),
    }));
  });
}

async function compareProbe(machine: Machine, name: string, image: string): Promise<string[]> {
  const long = Deno.env.get("LPMX_TEST_LONG") ? { LPMX_TEST_LONG: "1" } : {};
  const timeout = Deno.env.get("LPMX_TEST_LONG") ? 1200 : 120;
  const common = { ...long, PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", HOME: "/root" };
  const folder = await Deno.makeTempDir({ dir: `${machine.work}/cases` });
  await Deno.copyFile(`${machine.work}/bin/${name}`, `${folder}/probe`);
  await Deno.chmod(`${folder}/probe`, 0o755);
  const native = await run([`${folder}/probe`], { cwd: folder, env: common, clearEnv: true, timeout });
  const env = environment(machine, sharedStore(machine));
  const options = ["--rm", "-v", `${folder}:${folder}`, "-w", folder, ...Object.keys(long).flatMap((name) => ["-e", `${name}=1`])];
  const argv = [`${machine.work}/bin/lpmx`, "run", ...options, image, `${folder}/probe`];
  const contained = await run(argv, { cwd: folder, env, clearEnv: true, timeout });
  if (native.code !== 0) return [`natively: exit code ${native.code}\n${native.stdout}${native.stderr}`];
  if (contained.code === 0 && contained.stdout === native.stdout) return [];
  const end = contained.timedOut ? "it did not end" : contained.signal ?? `exit code ${contained.code}`;
  return [`contained: ${end}\n${difference(native.stdout, contained.stdout)}\n${contained.stderr}`];
}

function difference(native: string, contained: string): string {
  const [left, right] = [native.split("\n"), contained.split("\n")];
  const at = left.findIndex((line, i) => line !== right[i]);
  return at < 0 ? "same output" : `line ${at + 1}\n  native:    ${left[at]}\n  contained: ${right[at] ?? "(nothing)"}`;
}
