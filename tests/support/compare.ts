// Runs a program case contained and compares what it prints with what images/record.ts has seen in a chroot. Used by execute.ts.
import { type Found, recordKey, type Step } from "./case.ts";
import { copyCase, differences, indent, located, remove, show } from "./execute.ts";
import { environment, type Machine, sharedStore } from "./machine.ts";
import { run } from "./process.ts";

interface Recorded {
  code: number;
  stdout: string;
  after?: string;
}

/** Returns what differs, one text per image; an empty list is a pass. */
export async function runProgram(found: Found, machine: Machine): Promise<string[]> {
  const faults: string[] = [];
  for (const image of found.test.program!.images) {
    const inCase = await copyCase(found, machine);
    const file = `${machine.expected}/${await recordKey(found, image, machine.list, `${machine.work}/bin`)}.json`;
    const recorded: Recorded = JSON.parse(await Deno.readTextFile(file));
    const fault = await compareWithChroot(found, machine, image, inCase, recorded);
    if (fault) faults.push(`${image}: ${fault}`);
    else await remove(inCase);
  }
  return faults;
}

async function compareWithChroot(found: Found, machine: Machine, image: string, inCase: string, recorded: Recorded) {
  const { argv, after, repository, wrap, timeout } = found.test.program!;
  const packages = repository ? ["-v", `${machine.list.repositories[image]}:/repository:ro`] : [];
  const options = ["-v", `${inCase}:/case`, ...packages, "-w", "/case"];
  const lpmx = (args: string[], stdout?: string) => {
    const step: Step = { argv: [...(wrap ?? []), "lpmx", ...args], exitCode: recorded.code, timeout: timeout ?? 300 };
    return prints(step, stdout, machine, inCase, found.folder);
  };
  if (!after) return await lpmx(["run", "--rm", ...options, image, ...argv], recorded.stdout);
  const name = inCase.split("/").pop()!;
  const fault = await lpmx(["run", "--name", name, ...options, image, ...argv], recorded.stdout) ??
    await lpmx(["commit", name, `committed/${name}`]) ??
    await lpmx(["exec", "-w", "/case", name, ...after], recorded.after!) ??
    await lpmx(["run", "--rm", ...options, `committed/${name}`, ...after], recorded.after!);
  await lpmx(["rmi", `committed/${name}`]);
  const left = await lpmx(["rm", "-f", name], `${name}\n`);
  return fault ?? left;
}

/** What is wrong with a command: its exit code, or stdout where that is told. */
async function prints(step: Step, stdout: string | undefined, machine: Machine, cwd: string, folder: string) {
  const env = environment(machine, sharedStore(machine));
  const outcome = await run(await located(step.argv!, env), { env, clearEnv: true, cwd, timeout: step.timeout! });
  const fault = differences(step, outcome, (text) => text, folder);
  if (fault) return `${fault}\n${show(outcome)}`;
  if (stdout === undefined || outcome.stdout === stdout) return undefined;
  return `stdout differs; a chroot prints (<) and lpmx (>):\n${indent(changes(stdout, outcome.stdout))}\n  stderr:\n${indent(outcome.stderr)}`;
}

/** Lines of only one side; of long lists little else is of use. */
function changes(wanted: string, got: string): string {
  const [left, right] = [wanted.split("\n"), got.split("\n")];
  const only = (mine: string[], other: string[], sign: string) => {
    const known = new Set(other);
    return mine.filter((line) => !known.has(line)).map((line) => `${sign} ${line}`);
  };
  const found = [...only(left, right, "<"), ...only(right, left, ">")];
  return found.length > 0 ? found.join("\n") : `the same lines in another order or number:\n${wanted}\n---\n${got}`;
}
