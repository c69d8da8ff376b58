/* Image references: [domain[:port]/]path[:tag][@algorithm:hex], read and normalised as docker does (distribution/reference).
 *
 * The launcher has the same rules in C (shim/launcher/ref.c); both are held to tests/vectors/refs.json.
 */
import { LpmxError } from "../base/mod.ts";

/** A fully normalised reference. With a digest the tag does not count. */
export interface ImageRef {
  domain: string;
  path: string;
  tag: string | undefined;
  digest: string | undefined;
}

const component = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const pathForm = new RegExp(`^${component}(?:/${component})*$`);
const tagForm = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const digestForm = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;
const domainForm =
  /^(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[[0-9a-fA-F:]+\])(?::[0-9]+)?$/;

const digestLengths = new Map([["sha256", 64], ["sha384", 96], ["sha512", 128]]);

function isReferenceDigest(digest: string): boolean {
  const [algorithm = "", hex = ""] = digest.split(":", 2);
  const length = digestLengths.get(algorithm);
  return digestForm.test(digest) &&
    (length === undefined || (hex.length === length && hex === hex.toLowerCase()));
}

function bad(text: string, why: string): LpmxError {
  return new LpmxError("bad-reference", `invalid reference format: "${text}": ${why}`, {
    hint: "an image is written [HOST[:PORT]/]NAME[:TAG|@sha256:DIGEST]",
    exit: 125,
  });
}

function splitDomain(text: string): [domain: string, rest: string] {
  const slash = text.indexOf("/");
  const first = slash < 0 ? "" : text.slice(0, slash);
  const isDomain = /[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase();
  if (!isDomain) return ["docker.io", text];
  return [first === "index.docker.io" ? "docker.io" : first, text.slice(slash + 1)];
}

/** Parses and normalises what a user wrote. Throws LpmxError("bad-reference"), exit 125. */
export function parseRef(text: string): ImageRef {
  if (/^[0-9a-f]{64}$/.test(text)) throw bad(text, "this is an image id, not a name");
  const at = text.indexOf("@");
  const digest = at < 0 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !isReferenceDigest(digest)) throw bad(text, "bad digest");
  let [domain, path] = splitDomain(at < 0 ? text : text.slice(0, at));
  let tag: string | undefined;
  const colon = path.lastIndexOf(":");
  if (colon >= 0) {
    tag = path.slice(colon + 1);
    path = path.slice(0, colon);
    if (!tagForm.test(tag)) throw bad(text, "bad tag");
  }
  if (path === "") throw bad(text, "the name is empty");
  if (path !== path.toLowerCase()) throw bad(text, "the name must be lower case");
  if (!pathForm.test(path)) throw bad(text, "bad name");
  if (!domainForm.test(domain)) throw bad(text, "bad host name");
  if (domain === "docker.io" && !path.includes("/")) path = `library/${path}`;
  if (domain.length + 1 + path.length > 255) {
    throw bad(text, "the name is longer than 255 characters");
  }
  return { domain, path, tag: digest ? undefined : tag ?? "latest", digest };
}

/** The one spelling under which a reference is stored: docker.io/library/debian:12, host:5000/a@sha256:… */
export function refText(ref: ImageRef): string {
  return `${repositoryText(ref)}${ref.digest ? `@${ref.digest}` : `:${ref.tag}`}`;
}

/** The repository alone: docker.io/library/debian. */
export function repositoryText(ref: ImageRef): string {
  return `${ref.domain}/${ref.path}`;
}

/** The short spelling that docker shows: debian, quay.io/a/b. */
export function familiarName(repository: string): string {
  return repository.replace(/^docker\.io\/(library\/)?/, "");
}
