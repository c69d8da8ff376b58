/* For tests only: a registry in this process that misbehaves as told. Images for end-to-end tests come from a real registry.
 */
import { digestOf } from "../../host/mod.ts";

/** What the registry serves and how. */
export interface FakeOptions {
  /** user:password that basic authentication or the token service wants. */
  password?: string;
  tokens?: boolean;
  /** Called before each answer; a response of its own replaces it. */
  intercept?: (request: Request, count: number) => Response | undefined;
}

/** A running registry. */
export interface FakeRegistry {
  host: string;
  requests: string[];
  add(content: string | Uint8Array<ArrayBuffer>): { digest: string; size: number };
  manifest(name: string, content: unknown, type: string): string;
  stop(): Promise<void>;
}

/** Starts a registry on loopback. */
export function startRegistry(options: FakeOptions = {}): FakeRegistry {
  const blobs = new Map<string, Uint8Array<ArrayBuffer>>();
  const manifests = new Map<string, { text: string; type: string }>();
  const requests: string[] = [];
  let host = "";
  const denied = (scheme: string) =>
    new Response('{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}', {
      status: 401,
      headers: { "www-authenticate": scheme },
    });
  const basicOk = (request: Request) =>
    !options.password || request.headers.get("authorization") === `Basic ${btoa(options.password)}`;

  function answer(request: Request): Response {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/token") {
      if (!basicOk(request)) return denied('Basic realm="token"');
      return Response.json({
        token: `t-${searchParams.get("scope")}-${searchParams.get("service")}`,
      });
    }
    if (options.tokens) {
      const scope = "repository:a/b:pull";
      const wanted = `Bearer t-${scope}-fake`;
      if (request.headers.get("authorization") !== wanted) {
        return denied(`Bearer realm="http://${host}/token",service="fake",scope="${scope}"`);
      }
    } else if (!basicOk(request)) return denied('Basic realm="fake"');
    const [, kind = "", name = ""] = /^\/v2\/a\/b\/(manifests|blobs)\/(.+)$/.exec(pathname) ?? [];
    return kind === "blobs" ? blob(request, name) : manifest(request, name);
  }

  function manifest(request: Request, name: string): Response {
    const found = manifests.get(name);
    if (!found) {
      return new Response('{"errors":[{"code":"MANIFEST_UNKNOWN","message":"unknown"}]}', {
        status: 404,
      });
    }
    const headers = { "content-type": found.type, "docker-content-digest": digestOf(found.text) };
    return new Response(request.method === "HEAD" ? null : found.text, { headers });
  }

  function blob(request: Request, digest: string): Response {
    const bytes = blobs.get(digest);
    if (!bytes) return new Response("{}", { status: 404 });
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.get("range") ?? "")?.[1] ?? 0);
    if (start === 0) return new Response(bytes);
    const range = `bytes ${start}-${bytes.length - 1}/${bytes.length}`;
    return new Response(bytes.slice(start), { status: 206, headers: { "content-range": range } });
  }

  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    requests.push(
      `${request.method} ${pathname}${
        request.headers.has("range") ? ` ${request.headers.get("range")}` : ""
      }`,
    );
    return options.intercept?.(request, requests.length) ?? answer(request);
  });
  host = `127.0.0.1:${server.addr.port}`;
  return {
    host,
    requests,
    add(content) {
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      const digest = digestOf(bytes);
      blobs.set(digest, bytes);
      return { digest, size: bytes.length };
    },
    manifest(name, content, type) {
      const text = JSON.stringify(content);
      manifests.set(name, { text, type });
      manifests.set(digestOf(text), { text, type });
      return digestOf(text);
    },
    stop: () => server.shutdown(),
  };
}
