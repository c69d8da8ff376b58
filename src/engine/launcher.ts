/* Calls of lpmx itself: the launcher alone makes containers, maps and exposed commands.
 */
import { LpmxError } from "../base/mod.ts";
import { launcherPath, runCaptured, runInPlace } from "../host/mod.ts";

function launcher(): string {
  const path = launcherPath();
  if (path) return path;
  throw new LpmxError("launcher", "this needs the one file that the build makes", {
    hint: "run it as dist/lpmx, not by deno",
    exit: 125,
  });
}

/** Runs `lpmx WORDS…` and gives what it prints. Throws LpmxError with what it says when it fails. */
export async function callLpmx(words: readonly string[], about: string): Promise<string> {
  const { status, stdout, stderr } = await runCaptured(launcher(), words);
  if (status === 0) return stdout;
  const lines = stderr.trimEnd().split("\n");
  const hint = lines.findLast((line) => line.startsWith("hint: "))?.slice(6);
  const said = lines.findLast((line) => line.startsWith("lpmx: "))?.slice(6) ?? lines.at(-1);
  throw new LpmxError("launcher", `${about}: ${said || `lpmx ${words[0]} failed`}`, {
    ...(hint === undefined ? {} : { hint }),
    exit: 125,
  });
}

/** Runs `lpmx WORDS…` with this program's streams and gives its exit status. */
export function becomeLpmx(words: readonly string[]): Promise<number> {
  return runInPlace(launcher(), words);
}
