/* Credentials that other tools stored: containers-auth.json(5), docker's config.json, credential helpers.
 *
 * lpmx writes none of these files; `docker login`, `podman login` and `skopeo login` do.
 */
import { log, LpmxError, messageOf, parseJson } from "../../base/mod.ts";
import {
  configHome,
  homeFolder,
  readTextIfAny,
  runProgram,
  setting,
  userId,
} from "../../host/mod.ts";
import { type ImageRef, repositoryText } from "../../image/mod.ts";

/** A user with password, or an identity token. */
export interface Credentials {
  username: string;
  password: string;
  identityToken?: string;
}

interface AuthFile {
  auths?: Record<
    string,
    { auth?: string; identitytoken?: string; username?: string; password?: string }
  >;
  credHelpers?: Record<string, string>;
  credsStore?: string;
}

function candidates(authFile: string | undefined): string[] {
  const named = authFile ?? setting("REGISTRY_AUTH_FILE");
  if (named) return [named];
  const runtime = setting("XDG_RUNTIME_DIR");
  const [home, config] = [homeFolder(), configHome()];
  const docker = setting("DOCKER_CONFIG") ?? (home && `${home}/.docker`);
  return [
    runtime ? `${runtime}/containers/auth.json` : `/run/containers/${userId()}/auth.json`,
    ...config ? [`${config}/containers/auth.json`] : [],
    ...docker ? [`${docker}/config.json`] : [],
    ...home ? [`${home}/.dockercfg`] : [],
  ];
}

/** Keys under which a repository may be found, most specific first. */
function keysFor(ref: ImageRef): string[] {
  const keys: string[] = [];
  for (
    let path = repositoryText(ref);
    path.includes("/");
    path = path.slice(0, path.lastIndexOf("/"))
  ) keys.push(path);
  const hosts = ref.domain === "docker.io"
    ? ["docker.io", "index.docker.io", "registry-1.docker.io"]
    : [ref.domain];
  for (const host of hosts) {
    keys.push(
      host,
      `https://${host}`,
      `https://${host}/v1/`,
      `https://${host}/v2/`,
      `http://${host}`,
    );
  }
  return keys;
}

/** Finds credentials for a repository; undefined means anonymous. Throws LpmxError when a named file is missing. */
export async function findCredentials(
  ref: ImageRef,
  authFile?: string,
): Promise<Credentials | undefined> {
  for (const path of candidates(authFile)) {
    const text = readTextIfAny(path);
    if (text === undefined) {
      if (authFile) {
        throw new LpmxError("io", `Cannot read "${authFile}": no such file`, { exit: 125 });
      }
      continue;
    }
    const value = parseJson(text, `"${path}"`, "io") as AuthFile & Record<string, unknown>;
    const file: AuthFile = path.endsWith(".dockercfg")
      ? { auths: value as NonNullable<AuthFile["auths"]> }
      : value ?? {};
    const found = await fromFile(file, ref);
    if (found) {
      log("source", "info", () => `credentials for ${ref.domain} from ${path}`);
      return found;
    }
  }
  return undefined;
}

async function fromFile(file: AuthFile, ref: ImageRef): Promise<Credentials | undefined> {
  const helper = file.credHelpers?.[ref.domain] ?? file.credsStore;
  if (helper) {
    const server = ref.domain === "docker.io" ? "https://index.docker.io/v1/" : ref.domain;
    const found = await askHelper(helper, server);
    if (found) return found;
  }
  for (const key of keysFor(ref)) {
    const entry = file.auths?.[key];
    if (entry?.identitytoken) {
      return { username: "", password: "", identityToken: entry.identitytoken };
    }
    if (entry?.auth) return splitAuth(entry.auth);
    if (entry?.username) return { username: entry.username, password: entry.password ?? "" };
  }
  return undefined;
}

function splitAuth(auth: string): Credentials {
  const text = new TextDecoder().decode(Uint8Array.from(atob(auth), (char) => char.charCodeAt(0)));
  const colon = text.indexOf(":");
  return { username: text.slice(0, colon), password: text.slice(colon + 1).replace(/\0+$/, "") };
}

/** Protocol of docker-credential-helpers: `docker-credential-NAME get`, the server on standard input. */
async function askHelper(name: string, server: string): Promise<Credentials | undefined> {
  try {
    const { success, stdout } = await runProgram([`docker-credential-${name}`, "get"], server);
    if (!success) return undefined;
    const { Username, Secret } = JSON.parse(stdout) as { Username: string; Secret: string };
    return Username === "<token>"
      ? { username: "", password: "", identityToken: Secret }
      : { username: Username, password: Secret };
  } catch (error) {
    log("source", "warn", () => `credential helper ${name}: ${messageOf(error)}`);
    return undefined;
  }
}
