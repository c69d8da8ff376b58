/* The one error class that a user may see. Anything else that is thrown is a bug in lpmx.
 *
 * A message says which action failed, quotes the value, and has no full stop: `Cannot load "x.tar": file is truncated`.
 * The hint says what to do about it. Tests match `code`; people read messages. Only src/cli/report.ts prints errors.
 */

/** The closed list of reasons; a new reason is a new word here. */
export type ErrorCode =
  | "usage"
  | "io"
  | "no-space"
  | "store-unusable"
  | "store-busy"
  | "bad-reference"
  | "bad-digest"
  | "bad-archive"
  | "bad-manifest"
  | "bad-record"
  | "bad-compose-file"
  | "digest-mismatch"
  | "unsafe-entry"
  | "unsupported"
  | "platform-mismatch"
  | "image-not-found"
  | "image-in-use"
  | "container-not-found"
  | "container-running"
  | "ambiguous-name"
  | "registry-unreachable"
  | "registry-denied"
  | "registry-error"
  | "launcher"
  | "cancelled";

/** What may be given besides the message. */
export interface ErrorDetails {
  hint?: string;
  cause?: unknown;
  /** Exit status when it reaches the top; 1 unless given (125 for usage). */
  exit?: number;
}

/** An error that the user can act on. */
export class LpmxError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly exit: number;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "LpmxError";
    this.code = code;
    this.hint = details.hint;
    this.exit = details.exit ?? (code === "usage" ? 125 : 1);
  }
}

/** The text of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Puts a context in front of an LpmxError's message (keeping code, hint and exit); passes others through unchanged. */
export function inContext(context: string, thrown: unknown): unknown {
  if (!(thrown instanceof LpmxError)) return thrown;
  return new LpmxError(thrown.code, `${context}: ${thrown.message}`, {
    ...(thrown.hint === undefined ? {} : { hint: thrown.hint }),
    exit: thrown.exit,
    cause: thrown,
  });
}
