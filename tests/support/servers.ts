// The servers a run of the tests has: three real docker-registries over one read-only storage (anonymous, basic
// authentication, bearer tokens) and the token server of the third. Loopback only, ports chosen freely.
// The token protocol: https://distribution.github.io/distribution/spec/auth/token/ and .../jwt/.
import { must } from "./process.ts";
import { freePort, startRegistry } from "./registry.ts";

export const USER = "lpmx";
export const PASSWORD = "correct horse";
/** bcrypt of PASSWORD, as htpasswd(1) -B writes it. */
const HTPASSWD = "lpmx:$2b$05$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2";

export interface Servers {
  /** Variables for cases: registry, registry_basic, registry_token (host:port) and registry_down (nothing listens). */
  variables: Record<string, string>;
  stop(): Promise<void>;
}

export async function startServers(storage: string, folder: string): Promise<Servers> {
  const readOnly = { REGISTRY_STORAGE_MAINTENANCE_READONLY: "{enabled: true}" };
  const ports = { plain: freePort(), basic: freePort(), token: freePort(), auth: freePort() };
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(`${folder}/htpasswd`, HTPASSWD + "\n");
  const issuer = await startTokenServer(folder, ports.auth);
  const children = await Promise.all([
    startRegistry(storage, ports.plain, readOnly),
    startRegistry(storage, ports.basic, {
      ...readOnly,
      REGISTRY_AUTH: "htpasswd",
      REGISTRY_AUTH_HTPASSWD_REALM: "lpmx tests",
      REGISTRY_AUTH_HTPASSWD_PATH: `${folder}/htpasswd`,
    }),
    startRegistry(storage, ports.token, {
      ...readOnly,
      REGISTRY_AUTH: "token",
      REGISTRY_AUTH_TOKEN_REALM: `http://127.0.0.1:${ports.auth}/token`,
      REGISTRY_AUTH_TOKEN_SERVICE: "lpmx tests",
      REGISTRY_AUTH_TOKEN_ISSUER: "lpmx tests issuer",
      REGISTRY_AUTH_TOKEN_ROOTCERTBUNDLE: `${folder}/issuer.pem`,
    }),
  ]);
  return {
    variables: {
      registry: `127.0.0.1:${ports.plain}`,
      registry_basic: `127.0.0.1:${ports.basic}`,
      registry_token: `127.0.0.1:${ports.token}`,
      registry_down: `127.0.0.1:${freePort()}`,
    },
    async stop() {
      for (const child of children) child.kill("SIGTERM");
      await Promise.all(children.map((child) => child.status));
      await issuer.shutdown();
    },
  };
}

/** Anonymous callers may pull "busybox" only; USER may pull everything. */
async function startTokenServer(folder: string, port: number): Promise<Deno.HttpServer> {
  await must([
    ..."openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=issuer".split(" "),
    "-keyout",
    `${folder}/issuer.key`,
    "-out",
    `${folder}/issuer.pem`,
  ]);
  const der = (pem: string) => Uint8Array.fromBase64(pem.replace(/-----[^-]*-----|\s/g, ""));
  const key = await crypto.subtle.importKey(
    "pkcs8",
    der(await Deno.readTextFile(`${folder}/issuer.key`)),
    { name: "ECDSA", namedCurve: "P-256" },
    false,
    ["sign"],
  );
  const certificate = der(await Deno.readTextFile(`${folder}/issuer.pem`)).toBase64();
  return Deno.serve({ hostname: "127.0.0.1", port, onListen: () => {} }, async (request) => {
    const asked = new URL(request.url).searchParams;
    const login = request.headers.get("authorization");
    const known = login === `Basic ${btoa(`${USER}:${PASSWORD}`)}`;
    if (login && !known) return new Response(JSON.stringify({ details: "wrong password" }), { status: 401 });
    const access = asked.getAll("scope").flatMap((scope) => grant(scope, known));
    const token = await sign(key, certificate, known ? USER : "", access);
    return Response.json({ token, access_token: token, expires_in: 300 });
  });
}

function grant(scope: string, known: boolean) {
  const [type, name, actions] = scope.split(":");
  if (!known && name !== "busybox") return [];
  return [{ type, name, actions: actions!.split(",").filter((action) => action === "pull") }];
}

async function sign(key: CryptoKey, certificate: string, subject: string, access: unknown): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const encode = (value: unknown) => base64url(new TextEncoder().encode(JSON.stringify(value)));
  const claims = {
    iss: "lpmx tests issuer",
    sub: subject,
    aud: "lpmx tests",
    exp: now + 300,
    nbf: now - 10,
    iat: now,
    jti: crypto.randomUUID(),
    access,
  };
  const text = `${encode({ typ: "JWT", alg: "ES256", x5c: [certificate] })}.${encode(claims)}`;
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key, new TextEncoder().encode(text));
  return `${text}.${base64url(new Uint8Array(signature))}`;
}

function base64url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}
