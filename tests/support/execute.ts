// Runs one case: copies its folder, runs its steps, compares. Returns what is wrong as text, or nothing. Used by run.ts.
import { type Found, type Step } from "./case.ts";
import { runProgram } from "./compare.ts";
import { environment, type Machine, sharedStore } from "./machine.ts";
import { type Outcome, run } from "./process.ts";
import { matches } from "./wildcard.ts";

export type Variables = Record<string, string>;

/** Runs every test of a case. Returns the faults found, one text each; an empty list is a pass. */
export async function runCase(found: Found, machine: Machine, variables: Variables): Promise<string[]> {
  const { test } = found;
  const faults = test.program ? await runProgram(found, machine) : [];
  const tests = test.tests ?? (test.steps ? { "": test.steps } : {});
  for (const [name, steps] of Object.entries(tests)) {
    const inCase = await copyCase(found, machine);
    const store = test.store === "fresh" ? `${inCase}/.lpmx` : sharedStore(machine);
    const all = { ...variables, case: inCase, store };
    const env = { ...environment(machine, store), ...mapValues(test.env ?? {}, filler(all)) };
    const prepared = test.store === "fresh" ? await loadImages(test.images ?? [], machine, env) : undefined;
    const fault = prepared ?? await runSteps(steps, all, env, found.folder);
    if (fault) faults.push(name ? `test "${name}": ${fault}` : fault);
    else await remove(inCase);
  }
  return faults;
}

async function must(argv: string[]) {
  const outcome = await run(argv);
  if (outcome.code !== 0) throw new Error(`Cannot run "${argv.join(" ")}": ${outcome.stderr}`);
}

/** A store holds folders that are not even writable for their owner, as images have them. */
export async function remove(folder: string) {
  await must(["sh", "-c", 'chmod -R u+rwx "$0" 2>/dev/null; rm -rf "$0"', folder]);
}

export async function copyCase(found: Found, machine: Machine): Promise<string> {
  const folder = await Deno.makeTempDir({ dir: `${machine.work}/cases`, prefix: `${found.name.replace("/", "-")}.` });
  await must(["cp", "-a", `${found.folder}/.`, folder]);
  for (const tool of found.test.program?.tools ?? []) await must(["cp", `${machine.work}/bin/${tool}`, folder]);
  return folder;
}

/** Loads test images into the store that `env` names; says what failed. */
export async function loadImages(images: string[], machine: Machine, env: Record<string, string>) {
  for (const image of images) {
    const own = machine.list.own[image];
    const archive = own ? `${own}/image.oci.tar` : `${machine.list.archives}/${image}.oci.tar`;
    const outcome = await run(["lpmx", "load", "-i", archive], { env, clearEnv: true });
    if (outcome.code !== 0) return `cannot load ${image}: ${outcome.stderr.trim()}`;
  }
  return undefined;
}

async function runSteps(steps: Step[], variables: Variables, env: Record<string, string>, folder: string) {
  for (const [index, step] of steps.entries()) {
    const copies = Array.from({ length: step.parallel ?? 1 }, (_, i) => ({ ...variables, i: String(i + 1) }));
    const faults = await Promise.all(copies.map((mine) => runStep(step, mine, env, folder)));
    const bad = faults.filter((fault) => fault !== undefined);
    if (bad.length > 0) {
      const many = copies.length > 1 ? ` (${bad.length} of ${copies.length} at once)` : "";
      return `step ${index + 1}${many}: ${bad[0]}`;
    }
  }
  return undefined;
}

/** Puts the values of {{variables}} into a text. */
function filler(variables: Variables): (text: string) => string {
  return (text) =>
    text.replace(/\{\{(\w+)\}\}/g, (whole, name) => {
      if (variables[name] === undefined) throw new Error(`Unknown variable ${whole}`);
      return variables[name];
    });
}

async function runStep(step: Step, variables: Variables, base: Record<string, string>, folder: string) {
  const fill = filler(variables);
  const argv = [...(step.wrap ?? []), ...(step.argv ?? ["lpmx", ...step.args!])].map(fill);
  const env = { ...base, ...mapValues(step.env ?? {}, fill) };
  const outcome = await run(await located(argv, env), {
    cwd: fill(step.cwd ?? "{{case}}"),
    env,
    clearEnv: true,
    timeout: step.timeout ?? 60,
    ...(step.stdin === undefined ? {} : { stdin: fill(step.stdin) }),
  });
  const fault = differences(step, outcome, fill, folder);
  return fault && `${argv.join(" ")}\n${fault}\n${show(outcome)}`;
}

/** Deno looks programs up in its own PATH, not in the child's. */
export async function located(argv: string[], env: Record<string, string>): Promise<string[]> {
  const [program, ...args] = argv as [string, ...string[]];
  if (program.includes("/")) return argv;
  for (const folder of env["PATH"]!.split(":")) {
    const path = `${folder}/${program}`;
    if (await Deno.stat(path).then((status) => status.isFile, () => false)) return [path, ...args];
  }
  throw new Error(`Cannot find ${program} on ${env["PATH"]}`);
}

export function differences(step: Step, outcome: Outcome, fill: (text: string) => string, folder: string) {
  if (outcome.timedOut) return `still running after ${step.timeout ?? 60} s`;
  const codes = [step.exitCode ?? 0].flat();
  if (!codes.includes(outcome.code)) return `exit code ${outcome.code}, expected ${codes.join(" or ")}`;
  for (const stream of ["stdout", "stderr"] as const) {
    const wanted = step[stream];
    if (wanted === undefined) continue;
    const pattern = fill(wanted.endsWith(".out") ? Deno.readTextFileSync(`${folder}/${wanted}`) : wanted);
    if (!matches(pattern, outcome[stream])) return `${stream} differs; expected:\n${indent(pattern)}`;
  }
  return undefined;
}

function mapValues(record: Record<string, string>, change: (text: string) => string) {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}

export function indent(text: string): string {
  const lines = text.split("\n");
  const shown = lines.length > 60 ? [...lines.slice(0, 60), `... ${lines.length - 60} more lines`] : lines;
  return shown.map((line) => `    ${line}`).join("\n");
}

export function show(outcome: Outcome): string {
  const end = outcome.signal ? `signal ${outcome.signal}` : `exit code ${outcome.code}`;
  return `  got (${end}) stdout:\n${indent(outcome.stdout)}\n  stderr:\n${indent(outcome.stderr)}`;
}
