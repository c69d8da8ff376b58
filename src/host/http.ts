/* HTTP requests with limits on silence. Deno's fetch does redirects (without Authorization on another host) and proxies.
 */
import { LpmxError, messageOf } from "../base/mod.ts";

/** Longest time without a byte, milliseconds. */
const silence = 60_000;

/** An answer whose body has not been read yet. */
export interface HttpAnswer {
  status: number;
  headers: Headers;
  /** Pieces of the body. Throws TransientError when the connection breaks. */
  body(): AsyncGenerator<Uint8Array<ArrayBuffer>>;
  /** The whole body as bytes; at most `limit`. Throws TransientError or LpmxError("registry-error"). */
  bytes(limit: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Gives up the body. */
  discard(): Promise<void>;
}

/** A connection that broke or fell silent: worth another try. */
export class TransientError extends Error {
  override name = "TransientError";
}

/** Nothing answers at that place, or not in the way expected; trying again does not help. */
export class UnreachableError extends Error {
  override name = "UnreachableError";
}

const hopeless =
  /refused|dns error|lookup|invalid peer certificate|corrupt message|InvalidContentType|unreachable|no route/i;

async function within<T>(promise: Promise<T>, abort: AbortController): Promise<T> {
  let timer: number | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new TransientError(`no answer for ${silence / 1000} seconds`));
      abort.abort();
    }, silence);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

function connectionError(error: unknown): unknown {
  if (error instanceof TransientError) return error;
  const text = `${messageOf(error)}${
    error instanceof Error && error.cause ? `: ${messageOf(error.cause)}` : ""
  }`;
  const plain = text.replace(/^error sending request.*?: (?=client error|connection)/, "")
    .replace(/^client error \(\w+\): /, "").replace(/ \(os error \d+\)/g, "");
  return hopeless.test(text)
    ? new UnreachableError(plain, { cause: error })
    : new TransientError(plain, { cause: error });
}

/** What goes out. */
export interface HttpRequest {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** Sends a request. Throws TransientError or UnreachableError; any status is an answer. */
export async function httpRequest(url: string, request: HttpRequest = {}): Promise<HttpAnswer> {
  const abort = new AbortController();
  const { method = "GET", headers = {}, body } = request;
  let response: Response;
  try {
    const init: RequestInit = {
      method,
      // Blobs are compressed as they are; another encoding on top would change the bytes that the digest is of.
      headers: { "accept-encoding": "identity", "user-agent": "lpmx", ...headers },
      signal: abort.signal,
      ...(body === undefined ? {} : { body }),
    };
    response = await within(fetch(url, init), abort);
  } catch (error) {
    throw connectionError(error);
  }
  return answerOf(response, abort);
}

function answerOf(response: Response, abort: AbortController): HttpAnswer {
  async function* body(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    if (!response.body) return;
    const reader = response.body.getReader();
    try {
      for (;;) {
        const { done, value } = await within(reader.read(), abort);
        if (done) return;
        yield value as Uint8Array<ArrayBuffer>;
      }
    } catch (error) {
      throw connectionError(error);
    } finally {
      await reader.cancel().catch(() => {});
    }
  }
  return {
    status: response.status,
    headers: response.headers,
    body,
    async bytes(limit) {
      const parts: Uint8Array<ArrayBuffer>[] = [];
      let size = 0;
      for await (const part of body()) {
        size += part.length;
        if (size > limit) {
          throw new LpmxError("registry-error", `the answer is larger than ${limit} bytes`);
        }
        parts.push(part);
      }
      return new Uint8Array(await new Blob(parts).arrayBuffer());
    },
    async discard() {
      await response.body?.cancel().catch(() => {});
    },
  };
}

/** Waits. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, milliseconds));
}
