/* Processes: who we are, and whether the creator of something still lives.
 *
 * A creator is written host.boot.pid.start: the start time (field 22 of /proc/PID/stat) tells a reused number from the same
 * process; another boot of the same host is dead for sure; another host cannot be judged from here.
 */
import { hex } from "../base/mod.ts";

function firstLine(path: string): string {
  try {
    return Deno.readTextFileSync(path).trim();
  } catch {
    return "";
  }
}

/** Start time of a process in clock ticks since boot; "" when it does not exist. */
export function startTime(pid: number): string {
  const stat = firstLine(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

/** Identity of the running kernel: /proc/sys/kernel/random/boot_id, or the boot time. */
export function bootId(): string {
  return firstLine("/proc/sys/kernel/random/boot_id").replaceAll("-", "") ||
    /btime (\d+)/.exec(firstLine("/proc/stat"))?.[1] || "unknown";
}

const plainHost = () => Deno.hostname().replace(/[^A-Za-z0-9-]/g, "-") || "host";

/** This process as a creator. */
export function ownMark(): string {
  return `${plainHost()}.${bootId()}.${Deno.pid}.${startTime(Deno.pid)}`;
}

/** Whether a creator is dead, lives, or cannot be judged. */
export function fateOf(mark: string): "dead" | "alive" | "unknown" {
  const [host, boot, pid, start] = mark.split(".");
  if (!host || !boot || !/^\d+$/.test(pid ?? "")) return "unknown";
  if (boot !== bootId()) return host === plainHost() ? "dead" : "unknown";
  const now = startTime(Number(pid));
  return now !== "" && (!start || now === start) ? "alive" : "dead";
}

/** Random lower-case hex digits. */
export function randomHex(digits: number): string {
  return hex(crypto.getRandomValues(new Uint8Array(digits / 2)));
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
