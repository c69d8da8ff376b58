/* Processes: who we are, and whether the creator of something still lives.
 *
 * A creator is written host.boot.pid.start, where boot is the boot id with the number of the pid namespace behind it: the start
 * time (field 22 of /proc/PID/stat) tells a reused number from the same process; another boot of the same host is dead for sure;
 * another host, or another pid namespace of this one, cannot be judged from here.
 */
import { hex } from "../base/mod.ts";

function firstLine(path: string): string {
  try {
    return Deno.readTextFileSync(path).trim();
  } catch {
    return "";
  }
}

/** Start time of a process in clock ticks since boot; "" when it does not exist, or has ended and its parent does not ask. */
export function startTime(pid: number): string {
  const stat = firstLine(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? "" : fields[19] ?? "";
}

/** Identity of the running kernel: /proc/sys/kernel/random/boot_id. */
function bootId(): string {
  return firstLine("/proc/sys/kernel/random/boot_id") || "unknown";
}

/** The pid namespace's number behind a "-"; "" on kernels without such. */
function pidSpace(): string {
  try {
    return Deno.readLinkSync("/proc/self/ns/pid").replace(/^pid:\[(\d+)\]$/, "-$1");
  } catch {
    return "";
  }
}

/** Whether no process is left in a pid namespace: only the first one of all (PROC_PID_INIT_INO of linux/proc_ns.h) sees the others. */
function spaceEnded(space: string): boolean {
  if (pidSpace() !== "-4026531836" || space === "") return false;
  return ![...Deno.readDirSync("/proc")].some(({ name }) => {
    try {
      return /^\d+$/.test(name) && Deno.readLinkSync(`/proc/${name}/ns/pid`) === `pid:[${space}]`;
    } catch {
      return false;
    }
  });
}

/** This process as a creator; the launcher writes the same (shim/launcher/places.c, live_name). */
export function ownMark(): string {
  return `${Deno.hostname()}.${bootId()}${pidSpace()}.${Deno.pid}.${startTime(Deno.pid)}`;
}

/** The parts of a mark; the host's name may hold dots, and what follows a "+" is no part of it. */
function splitMark(
  mark: string,
): { host: string; boot: string; pid: number; start: string } | undefined {
  const found = /^(.+)\.([0-9a-f-]+|unknown)\.(\d+)\.(\d*)(\+.*)?$/.exec(mark);
  return found
    ? { host: found[1]!, boot: found[2]!, pid: Number(found[3]), start: found[4]! }
    : undefined;
}

/** The process number in a mark, where it is one of this machine that lives. */
export function livingPid(mark: string): number | undefined {
  const parts = splitMark(mark);
  return parts && fateOf(mark) === "alive" ? parts.pid : undefined;
}

/** Whether a creator is dead, lives, or cannot be judged. */
export function fateOf(mark: string): "dead" | "alive" | "unknown" {
  const parts = splitMark(mark);
  if (!parts) return "unknown";
  if (parts.boot !== bootId() + pidSpace()) {
    if (parts.host !== Deno.hostname()) return "unknown";
    const sameBoot = parts.boot.startsWith(bootId());
    return !sameBoot || spaceEnded(parts.boot.slice(bootId().length + 1)) ? "dead" : "unknown";
  }
  const now = startTime(parts.pid);
  return now !== "" && (parts.start === "" || now === parts.start) ? "alive" : "dead";
}

/** The machine in a mark. */
export function hostOf(mark: string): string {
  return splitMark(mark)?.host ?? "?";
}

/** Numbers of a process's direct children (by /proc/PID/stat: the file `children` is newer than the kernels we serve). */
export function childrenOf(pid: number): number[] {
  return [...Deno.readDirSync("/proc")].flatMap(({ name }) => {
    if (!/^\d+$/.test(name)) return [];
    const stat = firstLine(`/proc/${name}/stat`);
    const [, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return Number(parent) === pid ? [Number(name)] : [];
  });
}

/** A process of this machine. */
export interface RunningProcess {
  pid: number;
  /** As in /proc/PID/stat: "R", "S", "T" (stopped), "Z" … */
  state: string;
  /** Host path of what it executes; "" where that cannot be read. */
  program: string;
}

/** Processes, all their descendants and whoever else holds a descriptor below a folder; parents first. */
export function processesOf(roots: readonly number[], folder: string): RunningProcess[] {
  const all = new Map<number, RunningProcess>();
  const children = new Map<number, number[]>();
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = firstLine(`/proc/${name}/stat`);
    const [state = "", parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const pid = Number(name);
    all.set(pid, { pid, state, program: programOf(pid) });
    children.set(Number(parent), [...children.get(Number(parent)) ?? [], pid]);
  }
  const found: RunningProcess[] = [];
  const holders = [...all.keys()].filter((pid) => holdsBelow(pid, folder));
  const todo = [...roots, ...holders];
  for (let pid; (pid = todo.shift()) !== undefined;) {
    const process = all.get(pid);
    if (!process || found.includes(process)) continue;
    found.push(process);
    todo.push(...children.get(pid) ?? []);
  }
  return found;
}

function holdsBelow(pid: number, folder: string): boolean {
  try {
    return [...Deno.readDirSync(`/proc/${pid}/fd`)].some(({ name }) => {
      const path = linkOf(`/proc/${pid}/fd/${name}`);
      return path === folder || path.startsWith(`${folder}/`);
    });
  } catch {
    return false; // not ours, or gone
  }
}

function programOf(pid: number): string {
  return linkOf(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, "");
}

function linkOf(path: string): string {
  try {
    return Deno.readLinkSync(path);
  } catch {
    return "";
  }
}

/** Random lower-case hex digits. */
export function randomHex(digits: number): string {
  return hex(crypto.getRandomValues(new Uint8Array(digits / 2)));
}

/** A program that is told things over its standard input while this one goes on. That it is gone is no error. */
export class Helper {
  #process: Deno.ChildProcess;
  #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;

  constructor([program, ...args]: readonly [string, ...string[]]) {
    const quiet = { stdout: "null", stderr: "null" } as const;
    this.#process = new Deno.Command(program, { args, stdin: "piped", ...quiet }).spawn();
    this.#input = this.#process.stdin.getWriter();
  }

  /** Comes back when the text is in the pipe. */
  async tell(text: string): Promise<void> {
    await this.#input.write(new TextEncoder().encode(text)).catch(() => {});
  }

  /** Says a last thing and waits for the program's end. */
  async end(text: string): Promise<void> {
    await this.tell(text);
    await this.#input.close().catch(() => {});
    await this.#process.status;
  }
}

/** Runs a program with a text as its input and gives its output. Throws Deno.errors.NotFound when there is none. */
export async function runProgram(
  command: readonly string[],
  input: string,
): Promise<{ success: boolean; stdout: string }> {
  const [program, ...args] = command as [string, ...string[]];
  const process = new Deno.Command(program, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input)).catch(() => {});
  await writer.close().catch(() => {});
  const { success, stdout } = await process.output();
  return { success, stdout: new TextDecoder().decode(stdout) };
}
