/* Doing something to each of several things: all that can be done is done, what could not is reported, and the status is 1.
 */
import { LpmxError } from "../base/mod.ts";
import { report } from "./report.ts";

/** Runs work for each word; `ignore` names an error that is none (--force). */
export async function forEach(
  words: readonly string[],
  work: (word: string) => void | Promise<void>,
  ignore?: LpmxError["code"],
): Promise<number> {
  let status = 0;
  for (const word of words) {
    try {
      await work(word);
    } catch (error) {
      if (!(error instanceof LpmxError)) throw error;
      if (error.code !== ignore) status = report(error);
    }
  }
  return status;
}
