/* Signals by name and number, as images, flags and signal(7) write them.
 */
import { LpmxError } from "../base/mod.ts";

const signals =
  ("HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU " +
    "URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS").split(" ");

/** The number of a signal: a name with or without SIG, RTMIN+n, or a number; 0 when not given.
 * Throws LpmxError("usage"). */
export function signalNumber(text: string | undefined): number {
  if (!text) return 0;
  if (/^\d+$/.test(text)) return Number(text);
  const name = text.toUpperCase().replace(/^SIG/, "");
  const realtime = /^RT(MIN\+|MAX-)(\d+)$/.exec(name);
  if (realtime) return realtime[1] === "MIN+" ? 34 + Number(realtime[2]) : 64 - Number(realtime[2]);
  const at = signals.indexOf(name);
  if (at < 0) throw new LpmxError("usage", `unknown signal "${text}"`);
  return at + 1;
}
