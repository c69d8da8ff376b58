/* Errors as people see them; the only place that prints them. With LPMX_LOG set, causes and traces are shown too.
 */
import { LpmxError, messageOf } from "../base/mod.ts";
import { isBrokenPipe, setting } from "../host/mod.ts";
import { tell } from "./output.ts";

/** Prints what was thrown and gives the exit status. */
export function report(thrown: unknown): number {
  // The reader of a pipe has gone (`lpmx images | head -1`): as if by the signal, and nobody is left to be told.
  if (isBrokenPipe(thrown)) return 141;
  if (!(thrown instanceof LpmxError)) {
    tell(`lpmx: internal error: ${messageOf(thrown)}`);
    tell(
      "hint: this is a bug in lpmx; run the command again with LPMX_LOG=debug and report what it prints",
    );
    showTrace(thrown);
    return 125;
  }
  // docker prints flag errors, which show the usage, without its own name in front.
  tell(thrown.message.includes("\n\nUsage:") ? thrown.message : `lpmx: ${thrown.message}`);
  if (thrown.hint) tell(`hint: ${thrown.hint}`);
  showTrace(thrown);
  return thrown.exit;
}

function showTrace(thrown: unknown): void {
  if (!setting("LPMX_LOG")) return;
  for (let error = thrown; error instanceof Error; error = error.cause) {
    tell(error.stack ?? error.message);
  }
}
