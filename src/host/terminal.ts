/* The standard streams: results to stdout, everything for people to stderr.
 */

const encoder = new TextEncoder();

function writeAll(file: typeof Deno.stdout, text: string): void {
  const bytes = encoder.encode(text);
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}

/** Writes text to standard output. Throws BrokenPipe (see isBrokenPipe) when nobody reads any more. */
export function writeOut(text: string): void {
  writeAll(Deno.stdout, text);
}

/** Writes text to standard error. */
export function writeErr(text: string): void {
  writeAll(Deno.stderr, text);
}

/** Whether an error is that the reader of a pipe has gone. */
export function isBrokenPipe(error: unknown): boolean {
  return error instanceof Deno.errors.BrokenPipe;
}

/** Whether a stream is a terminal. */
export function isTerminal(stream: "stdin" | "stdout" | "stderr"): boolean {
  return Deno[stream].isTerminal();
}

/** Reads one line that the user types, without its end. */
export function readLine(): string {
  const buffer = new Uint8Array(1024);
  const got = Deno.stdin.readSync(buffer) ?? 0;
  return new TextDecoder().decode(buffer.subarray(0, got)).replace(/\r?\n.*$/s, "");
}
