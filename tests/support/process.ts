// Running programs for the tests: one way to start a command, collect what it said, and fail with a readable line.
// May be used by tests/, bench/ and tools/ only.

export interface RunOptions {
  cwd?: string;
  env?: Record<string, string>;
  clearEnv?: boolean;
  stdin?: string;
  /** Seconds; the command gets SIGKILL after them. */
  timeout?: number;
}

export interface Outcome {
  code: number;
  signal: Deno.Signal | null;
  stdout: string;
  stderr: string;
  seconds: number;
  timedOut: boolean;
}

/** Runs a command to its end and returns what it printed; never throws for a failing command. */
export async function run(argv: string[], options: RunOptions = {}): Promise<Outcome> {
  const [program, ...args] = argv;
  const stop = new AbortController();
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    stop.abort();
  }, (options.timeout ?? 600) * 1000);
  const started = performance.now();
  const child = new Deno.Command(program!, {
    args,
    ...(options.cwd ? { cwd: options.cwd } : {}),
    env: options.env ?? {},
    clearEnv: options.clearEnv ?? false,
    stdin: options.stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const onAbort = () => kill(child);
  stop.signal.addEventListener("abort", onAbort);
  if (options.stdin !== undefined) await feed(child, options.stdin);
  const output = await child.output();
  clearTimeout(timer);
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return {
    code: output.code,
    signal: output.signal,
    stdout: decode(output.stdout),
    stderr: decode(output.stderr),
    seconds: (performance.now() - started) / 1000,
    timedOut,
  };
}

function kill(child: Deno.ChildProcess) {
  try {
    child.kill("SIGKILL");
  } catch {
    // It has just ended by itself.
  }
}

async function feed(child: Deno.ChildProcess, text: string) {
  const writer = child.stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch {
    // The command did not read its input to the end, which is its own business.
  }
}

/** Runs a command that has to succeed and returns its stdout; throws with the end of what it said otherwise. */
export async function must(argv: string[], options: RunOptions = {}): Promise<string> {
  const outcome = await run(argv, options);
  if (outcome.code === 0) return outcome.stdout;
  const said = (outcome.stderr + outcome.stdout).trim().split("\n").slice(-15).join("\n");
  throw new Error(`Cannot run "${argv.join(" ")}": exit code ${outcome.code}\n${said}`);
}
