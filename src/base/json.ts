/* JSON with errors that name the document. No I/O.
 */
import { type ErrorCode, LpmxError, messageOf } from "./errors.ts";

/** Parses a JSON text. Throws LpmxError(code) that names `what`. */
export function parseJson(text: string, what: string, code: ErrorCode): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new LpmxError(code, `Cannot read ${what}: not valid JSON (${messageOf(cause)})`, {
      cause,
    });
  }
}
