/* For tests only: temporary folders, system programs that make real archives.
 */
import { closeFd } from "./libc.ts";

// Opens the C library before any test begins: it stays open, which the test runner would take for a leak of the first user.
closeFd(-1);

/** Runs work with a folder that is removed afterwards. */
export async function inTempFolder<T>(work: (folder: string) => T | Promise<T>): Promise<T> {
  const folder = Deno.makeTempDirSync({ prefix: "lpmx-test-" });
  try {
    return await work(folder);
  } finally {
    new Deno.Command("chmod", { args: ["-R", "u+rwX", folder] }).outputSync();
    Deno.removeSync(folder, { recursive: true });
  }
}

/** Runs a program in a folder; throws with its messages when it fails. */
export function runSync(folder: string, command: string[]): string {
  const [program, ...args] = command as [string, ...string[]];
  const { success, stdout, stderr } = new Deno.Command(program, { args, cwd: folder }).outputSync();
  if (!success) throw new Error(`${command.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

/** A shell script in a folder, with umask 022. */
export function shell(folder: string, script: string): string {
  return runSync(folder, ["sh", "-ec", `umask 022\n${script}`]);
}

/** What a file says, in one piece. */
export function readBytes(path: string): Uint8Array<ArrayBuffer> {
  return Deno.readFileSync(path);
}
