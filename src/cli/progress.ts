/* Progress of layers on standard error: one line each that moves on a terminal, plain lines elsewhere, nothing when quiet.
 */
import { showSize } from "../base/mod.ts";
import { type ImportProgress } from "../engine/mod.ts";
import { isTerminal, setting, writeErr } from "../host/mod.ts";

/** What is no digest is a name already. */
const shortId = (diffId: string) => diffId.startsWith("sha256:") ? diffId.slice(7, 19) : diffId;

/** For --quiet. */
export const noProgress: ImportProgress = { layer() {}, bytes() {} };

/** A progress for this standard error. */
export function newProgress(quiet: boolean): ImportProgress {
  if (quiet) return noProgress;
  return isTerminal("stderr") && setting("TERM") !== "dumb" ? new Lines() : plain;
}

const plain: ImportProgress = {
  layer(diffId, state) {
    if (state !== "start") {
      writeErr(`${shortId(diffId)}: ${state === "exists" ? "Already exists" : "Unpacked"}\n`);
    }
  },
  bytes() {},
};

/** One line for each layer, rewritten in place. */
class Lines implements ImportProgress {
  #order: string[] = [];
  #last = new Map<string, number>();

  layer(diffId: string, state: "exists" | "start" | "done"): void {
    if (!this.#order.includes(diffId)) {
      this.#order.push(diffId);
      writeErr("\n");
    }
    const words = { exists: "Already exists", start: "Waiting", done: "Unpacked" };
    this.#show(diffId, words[state]);
  }

  bytes(diffId: string, done: number, total: number | undefined): void {
    const now = performance.now();
    if (now - (this.#last.get(diffId) ?? 0) < 100) return;
    this.#last.set(diffId, now);
    const part = total ? done / total : 0;
    const bar = total ? `[${"=".repeat(Math.floor(part * 30)).padEnd(30)}] ` : "";
    this.#show(diffId, `Unpacking ${bar}${showSize(done)}${total ? `/${showSize(total)}` : ""}`);
  }

  #show(diffId: string, text: string): void {
    const up = this.#order.length - this.#order.indexOf(diffId);
    writeErr(`\x1b[${up}A\r\x1b[2K${shortId(diffId)}: ${text}\x1b[${up}B\r`);
  }
}
