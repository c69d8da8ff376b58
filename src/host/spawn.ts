/* Other programs that this one starts and waits for.
 */
import { constants } from "node:os";

/** How a program ended, with what it printed. */
export interface Ended {
  /** Its exit status; 128 + N when it ended by signal N. */
  status: number;
  stdout: string;
  stderr: string;
}

/** What the launcher and Deno have set for the engine alone is not for the programs it starts. */
const ours = ["DENO_TLS_CA_STORE", "DENO_NO_UPDATE_CHECK", "LPMX_EXE"];

function environment(): Record<string, string> {
  const all = Object.entries(Deno.env.toObject());
  return Object.fromEntries(all.filter(([name]) => !ours.includes(name)));
}

function statusOf({ code, signal }: Deno.CommandStatus): number {
  return signal === null ? code : 128 + (constants.signals[signal as "SIGTERM"] ?? 0);
}

/** Runs a program without input and gives what it prints. */
export async function runCaptured(program: string, args: readonly string[]): Promise<Ended> {
  const settings = { args: [...args], clearEnv: true, env: environment() };
  const output = await new Deno.Command(program, { ...settings, stdin: "null" }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { status: statusOf(output), stdout: text(output.stdout), stderr: text(output.stderr) };
}

/** Runs a program in this one's place: same streams, signals are passed on. Gives its exit status. */
export async function runInPlace(program: string, args: readonly string[]): Promise<number> {
  const streams = { stdin: "inherit", stdout: "inherit", stderr: "inherit" } as const;
  const options = { args: [...args], clearEnv: true, env: environment(), ...streams };
  const process = new Deno.Command(program, options).spawn();
  // A terminal sends these to both; the program decides what they mean.
  const heard: Deno.Signal[] = ["SIGINT", "SIGQUIT"];
  const passed: Deno.Signal[] = ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"];
  for (const signal of heard) Deno.addSignalListener(signal, () => {});
  for (const signal of passed) {
    Deno.addSignalListener(signal, () => {
      try {
        process.kill(signal);
      } catch { /* it has ended */ }
    });
  }
  return statusOf(await process.status);
}
