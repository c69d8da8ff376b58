/* Requests to one registry: scheme, authentication, retries. OCI distribution spec; docker's token authentication.
 *
 * What the user cannot change (a hiccup of the network, 5xx, 429) is tried again; the rest becomes one LpmxError.
 */
import { log, LpmxError, messageOf } from "../../base/mod.ts";
import {
  type HttpAnswer,
  httpRequest,
  pause,
  TransientError,
  UnreachableError,
} from "../../host/mod.ts";
import { type ImageRef } from "../../image/mod.ts";
import { type Challenge, parseChallenges } from "./challenge.ts";
import { type Credentials } from "./credentials.ts";

/** How to talk to a registry. */
export interface ClientOptions {
  credentials: Credentials | undefined;
  /** Speak plain http where https fails (--plain-http). */
  plainHttp: boolean;
  /** First pause before another try, milliseconds; doubles each time. */
  retryPause: number;
}

const attempts = 5;
const longestPause = 60_000;
const worthRetrying = new Set([408, 429, 499, 500, 502, 503, 504, 522]);

/** Whether plain http may be tried without being asked for. */
function isLoopback(domain: string): boolean {
  const host = domain.replace(/:\d+$/, "");
  return host === "localhost" || host.endsWith(".localhost") || host === "[::1]" ||
    /^127\.\d+\.\d+\.\d+$/.test(host);
}

const basic = ({ username, password }: Credentials) => {
  const bytes = new TextEncoder().encode(`${username}:${password}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
};

const isUntrusted = (error: unknown) => /certificate/i.test(messageOf(error));

/** A client for the registry of one repository. */
export class RegistryClient {
  #options: ClientOptions;
  #host: string;
  #path: string;
  #scheme: "https" | "http" | undefined;
  #authorization: string | undefined;
  readonly domain: string;

  constructor(ref: ImageRef, options: ClientOptions) {
    this.#options = options;
    this.domain = ref.domain;
    this.#host = ref.domain === "docker.io" ? "registry-1.docker.io" : ref.domain;
    this.#path = ref.path;
  }

  /** Requests /v2/<name>/<rest>. Throws LpmxError for every status but 200 and 206, and `undefined` for 404 of HEAD. */
  async request(
    rest: string,
    headers: Record<string, string>,
    method = "GET",
  ): Promise<HttpAnswer> {
    const path = `/v2/${this.#path}/${rest}`;
    for (let attempt = 1;; attempt++) {
      let problem: string, wait: number | undefined;
      try {
        const answer = await this.#authorized(path, headers, method);
        if (answer.status === 200 || answer.status === 206) return answer;
        if (!worthRetrying.has(answer.status) || attempt === attempts) {
          throw await refusal(answer, this.domain);
        }
        problem = `status ${answer.status}`;
        wait = retryAfter(answer.headers);
        await answer.discard();
      } catch (error) {
        if (error instanceof UnreachableError) throw this.#unreachable(error);
        if (!(error instanceof TransientError)) throw error;
        if (attempt === attempts) throw this.#unreachable(error);
        problem = messageOf(error);
      }
      log("source", "warn", () => `${this.domain}: ${problem}; attempt ${attempt} of ${attempts}`);
      await this.pauseBefore(attempt, wait);
    }
  }

  /** Waits before another try. */
  pauseBefore(attempt: number, wait?: number): Promise<void> {
    return pause(Math.min(wait ?? this.#options.retryPause * 2 ** (attempt - 1), longestPause));
  }

  #unreachable(cause: Error): LpmxError {
    return new LpmxError(
      "registry-unreachable",
      `Cannot reach registry ${this.domain}: ${cause.message}`,
      {
        cause,
        hint: isUntrusted(cause)
          ? "name the authority that signed its certificate: SSL_CERT_FILE=FILE"
          : "check the name, the network and the proxy settings (HTTPS_PROXY, NO_PROXY)",
      },
    );
  }

  async #authorized(
    path: string,
    headers: Record<string, string>,
    method: string,
  ): Promise<HttpAnswer> {
    const send = () =>
      this.#send(path, method, {
        ...headers,
        ...(this.#authorization ? { authorization: this.#authorization } : {}),
      });
    const answer = await send();
    if (answer.status !== 401) return answer;
    const challenges = parseChallenges(answer.headers.get("www-authenticate") ?? "");
    let authorization: string | undefined;
    try {
      authorization = await this.#authorize(challenges);
      if (authorization === undefined) return answer;
    } catch (error) {
      await answer.discard();
      throw error;
    }
    await answer.discard();
    this.#authorization = authorization;
    return await send();
  }

  /** Sends to https, and where that is allowed to plain http when nobody speaks https there. */
  async #send(path: string, method: string, headers: Record<string, string>): Promise<HttpAnswer> {
    const mayBePlain = this.#options.plainHttp || isLoopback(this.#host);
    const at = (scheme: string) =>
      httpRequest(`${scheme}://${this.#host}${path}`, { method, headers });
    if (this.#scheme) return await at(this.#scheme);
    try {
      const answer = await at("https");
      this.#scheme = "https";
      return answer;
    } catch (error) {
      const noTls = error instanceof UnreachableError || error instanceof TransientError;
      // A certificate that is not trusted means that https is spoken there.
      if (!mayBePlain || !noTls || isUntrusted(error)) throw error;
    }
    const answer = await at("http");
    this.#scheme = "http";
    return answer;
  }

  async #authorize(challenges: Challenge[]): Promise<string | undefined> {
    const bearer = challenges.find(({ scheme, parameters }) =>
      scheme === "bearer" && parameters["realm"]
    );
    if (bearer) return `Bearer ${await this.#token(bearer.parameters)}`;
    const { credentials } = this.#options;
    const wantsBasic = challenges.some(({ scheme }) => scheme === "basic");
    const repeated = this.#authorization !== undefined;
    return wantsBasic && credentials && !repeated ? basic(credentials) : undefined;
  }

  async #token(parameters: Record<string, string>): Promise<string> {
    const { credentials, plainHttp } = this.#options;
    const realm = new URL(parameters["realm"]!);
    const plainAllowed = plainHttp || this.#scheme === "http" || isLoopback(realm.host);
    if (realm.protocol !== "https:" && !plainAllowed) {
      throw new LpmxError(
        "registry-error",
        `${this.domain} wants credentials sent in the clear to ${realm.origin}`,
      );
    }
    const scope = parameters["scope"] ?? `repository:${this.#path}:pull`;
    const answer = credentials?.identityToken
      ? await this.#refresh(realm, parameters, scope, credentials.identityToken)
      : await this.#askToken(realm, parameters, scope);
    if (answer.status !== 200) throw await refusal(answer, this.domain);
    const text = new TextDecoder().decode(await answer.bytes(1 << 20));
    const { token, access_token } = JSON.parse(text) as { token?: string; access_token?: string };
    const value = token ?? access_token;
    if (!value) {
      throw new LpmxError("registry-error", `${realm.host} gave no token for ${this.domain}`);
    }
    return value;
  }

  #askToken(realm: URL, { service }: Record<string, string>, scope: string): Promise<HttpAnswer> {
    const { credentials } = this.#options;
    const url = new URL(realm);
    if (service) url.searchParams.set("service", service);
    url.searchParams.set("scope", scope);
    url.searchParams.set("client_id", "lpmx");
    if (credentials) url.searchParams.set("account", credentials.username);
    const headers: Record<string, string> = credentials
      ? { authorization: basic(credentials) }
      : {};
    return httpRequest(url.href, { headers });
  }

  /** OAuth2 form of the token request: docker's "Docker Registry v2 authentication using OAuth2". */
  async #refresh(
    realm: URL,
    { service }: Record<string, string>,
    scope: string,
    token: string,
  ): Promise<HttpAnswer> {
    const form = new URLSearchParams({
      grant_type: "refresh_token",
      client_id: "lpmx",
      scope,
      refresh_token: token,
    });
    if (service) form.set("service", service);
    const answer = await httpRequest(realm.href, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: form.toString(),
    });
    return answer.status === 404
      ? await this.#askToken(realm, service ? { service } : {}, scope)
      : answer;
  }
}

function retryAfter(headers: Headers): number | undefined {
  const value = headers.get("retry-after");
  if (!value) return undefined;
  const seconds = Number(value);
  const wait = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(wait) ? Math.max(0, wait) : undefined;
}

/** The one line for an answer that is not what was wanted. */
async function refusal(answer: HttpAnswer, domain: string): Promise<LpmxError> {
  const words = await registryWords(answer);
  const { status } = answer;
  if (status === 401 || status === 403) {
    return new LpmxError("registry-denied", `access denied by ${domain}${words}`, {
      hint:
        `is the name right? Private images need credentials: docker, podman or skopeo login ${domain}`,
    });
  }
  if (status === 404) return new LpmxError("image-not-found", `not found on ${domain}${words}`);
  if (status === 429) {
    return new LpmxError("registry-error", `${domain} allows no more requests for now${words}`, {
      hint: "wait, or use credentials (docker, podman or skopeo login)",
    });
  }
  return new LpmxError("registry-error", `${domain} answered with status ${status}${words}`);
}

async function registryWords(answer: HttpAnswer): Promise<string> {
  try {
    const text = new TextDecoder().decode(await answer.bytes(64 << 10));
    const { errors } = JSON.parse(text) as { errors?: { code?: string; message?: string }[] };
    const first = errors?.[0];
    return first ? ` (${[first.code, first.message].filter(Boolean).join(": ")})` : "";
  } catch {
    return "";
  }
}
