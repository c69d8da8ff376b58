// Tests the tests: puts one fault of faults.jsonc at a time into a copy of the core, builds the test that is to catch it, and runs it.
// A fault counts as caught when that test reports a failure; one that no longer applies, does not compile or is not caught fails.
// Started as root by tests/run.sh, like the hosted tests themselves:
//     run.ts choose LONG               prints the names of this run, one a line: all with LONG, else a few by a seed that it prints first
//     run.ts run ZIG FOLDER NAME...    writes FOLDER/fault_NAME.{out,code}; code is 0 when the fault was caught
import { parseJsonc } from "../support/case.ts";

interface Fault {
  name: string;
  why: string;
  file: string;
  from: string;
  to: string;
  test: string;
  /** What to run of test_kill, all of whose scenarios would take many minutes. */
  scenario?: string;
}

const SAMPLE = 3;
const FLAGS = "-target x86_64-linux-musl -std=gnu11 -O1 -g -w -DLPMX_HOSTED -fno-sanitize=all -I shim -I shim/include";
const SECONDS = { test_model: 400, test_stress: 120, test_kill: 120 } as Record<string, number>;
const ARGUMENTS = { test_model: ["--count=4000"], test_stress: ["--seconds=90"], test_kill: [] } as Record<string, string[]>;

const faults = parseJsonc(await Deno.readTextFile(new URL("faults.jsonc", import.meta.url))) as Fault[];

/** A few of them, others with each seed. */
function choose(seed: number): Fault[] {
  const rank = (fault: Fault, at: number) => Math.imul(seed + at * 40503, 0x9e3779b1) >>> 0 ^ fault.name.length;
  const ranked = faults.map((fault, at) => ({ fault, rank: rank(fault, at) }));
  return ranked.sort((a, b) => a.rank - b.rank).slice(0, SAMPLE).map(({ fault }) => fault);
}

/** The source with the fault in it. Throws when the place is not there exactly once. */
function seeded(source: string, fault: Fault): string {
  const parts = source.split(fault.from);
  if (parts.length !== 2) throw new Error(`${fault.file} holds the place ${parts.length - 1} times: mend faults.jsonc`);
  return parts.join(fault.to);
}

const cFiles = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.endsWith(".c")).sort();

/** What a test is made of: the core, the support code, the test itself. */
function sources(test: string): string[] {
  const support = cFiles("shim/test").filter((name) => !/^(test|probe|tool)_/.test(name));
  return [...cFiles("shim/core").map((name) => `shim/core/${name}`), ...[...support, `${test}.c`].map((name) => `shim/test/${name}`)];
}

async function must(argv: string[], cwd: string): Promise<void> {
  const [program, ...args] = argv as [string, ...string[]];
  const { success, stderr } = await new Deno.Command(program, { args, cwd, stdin: "null", stdout: "null", stderr: "piped" }).output();
  if (!success) throw new Error(`it does not compile:\n${new TextDecoder().decode(stderr)}`);
}

/** Builds and runs one; what the test printed when it caught the fault. Throws when it did not. */
async function attempt(fault: Fault, zig: string, folder: string): Promise<string> {
  const place = `${folder}/${fault.file}`;
  const source = await Deno.readTextFile(place);
  const program = `${folder}/${fault.test}`;
  try {
    await Deno.writeTextFile(place, seeded(source, fault));
    await must([zig, "cc", ...FLAGS.split(" "), ...sources(fault.test), "-static", "-o", program], folder);
  } finally {
    await Deno.writeTextFile(place, source);
  }
  const limit = SECONDS[fault.test]!;
  const { code, stdout, stderr } = await new Deno.Command("timeout", {
    args: [String(limit), program, ...ARGUMENTS[fault.test]!, ...fault.scenario ? [`--scenario=${fault.scenario}`] : []],
    cwd: folder,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const output = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  if (code !== 1 || !/^FAILED /m.test(output)) throw new Error(`${fault.test} did not catch it (exit code ${code})\n${output}`);
  for (const [, kept] of output.matchAll(/: kept (\/\S+)$/gm)) await Deno.remove(kept!, { recursive: true });
  return output;
}

async function runAll(zig: string, results: string, names: string[]): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "lpmx-faults." });
  await must(["cp", "-r", "shim", "tests", folder], ".");
  for (const fault of faults.filter(({ name }) => names.includes(name))) {
    const outcome = await attempt(fault, zig, folder).then((text) => ({ code: 0, text }), (error) => ({ code: 1, text: String(error) }));
    await Deno.writeTextFile(`${results}/fault_${fault.name}.out`, `${fault.why}\n${outcome.text}\n`);
    await Deno.writeTextFile(`${results}/.fault`, `${outcome.code}\n`);
    await Deno.rename(`${results}/.fault`, `${results}/fault_${fault.name}.code`);
  }
  await Deno.remove(folder, { recursive: true });
}

const [verb, ...rest] = Deno.args;
if (verb === "choose") {
  const seed = Date.now() >>> 0;
  const chosen = rest[0] ? faults : choose(seed);
  console.error(`faults: seed ${seed}, ${chosen.length} of ${faults.length}: ${chosen.map(({ name }) => name).join(" ")}`);
  for (const { name } of chosen) console.log(name);
} else {
  await runAll(rest[0]!, rest[1]!, rest.slice(2));
}
