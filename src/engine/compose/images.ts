/* The images of a project: found in the stores, pulled several at once, held to the lock.
 */
import { LpmxError } from "../../base/mod.ts";
import { fault, type Lock, type Locked, type Service } from "../../compose/mod.ts";
import { parseConfig, parseRef, refText, repositoryText } from "../../image/mod.ts";
import { readConfigText, readImageMeta, type Store } from "../../store/mod.ts";
import { findImageIn } from "../find_image.ts";
import { callLpmx } from "../launcher.ts";

/** How many pulls go on at once. */
const atOnce = 4;

/** An image to run: what to give to the launcher, and its id ("host" for this machine). */
export interface ChosenImage {
  word: string;
  id: string;
  /** Whether it says itself what runs in it. */
  runs: boolean;
}

/** What is asked of images. */
export interface ImageOptions {
  lock: Lock | undefined;
  /** Beats the services' own. */
  policy: Service["pullPolicy"] | undefined;
  tell(line: string): void;
}

/** An image in the stores; undefined when none has it. */
function findIn(stores: readonly Store[], word: string) {
  try {
    return findImageIn(stores, word);
  } catch (error) {
    if (error instanceof LpmxError && error.code === "image-not-found") return undefined;
    throw error;
  }
}

/** The images of services by service name; missing ones are pulled, each once. Nothing else is changed. Throws LpmxError. */
export async function getImages(
  stores: readonly Store[],
  services: readonly Service[],
  options: ImageOptions,
): Promise<Map<string, ChosenImage>> {
  const wanted = services.filter(({ image }) => image !== "host");
  const pulls = new Map<string, Service>();
  for (const service of wanted) {
    const name = nameToPull(stores, service, options);
    if (name !== undefined) pulls.set(`${name} ${service.platform ?? ""}`, service);
  }
  await inParallel([...pulls], ([key, service]) => pull(key.split(" ")[0]!, service, options.tell));
  return new Map(services.map((service) => [service.name, choose(stores, service, options.lock)]));
}

/** What has to be pulled for a service; undefined when nothing. */
function nameToPull(
  stores: readonly Store[],
  service: Service,
  { lock, policy: given }: ImageOptions,
): string | undefined {
  const locked = lock?.get(service.image);
  if (locked) {
    if (findIn(stores, locked.id)) return undefined;
    if (locked.digest) return `${repositoryText(parseRef(service.image))}@${locked.digest}`;
    throw lockFault(service, locked);
  }
  const policy = given ?? service.pullPolicy;
  const known = findIn(stores, service.image) !== undefined;
  if (policy === "always" || (policy === "missing" && !known)) return service.image;
  if (known) return undefined;
  const field = `services.${service.name}.image`;
  const hint = "load it with lpmx load, or allow pulling it: pull_policy: missing";
  throw fault(service.imageSpot, field, `there is no image "${service.image}"`, hint);
}

function lockFault({ name, image, imageSpot }: Service, { id }: Locked): LpmxError {
  const short = id.slice(0, 19);
  const message = `the lock has "${image}" as ${short}…, which is in no store`;
  const hint = "load that image again, or renew the lock: lpmx compose lock --update";
  return fault(imageSpot, `services.${name}.image`, message, hint);
}

function choose(stores: readonly Store[], service: Service, lock: Lock | undefined): ChosenImage {
  if (service.image === "host") return { word: "host", id: "host", runs: true };
  const locked = lock?.get(service.image);
  const found = findIn(stores, locked?.id ?? service.image);
  if (!found) {
    throw locked ? lockFault(service, locked) : fault(
      service.imageSpot,
      `services.${service.name}.image`,
      `there is no image "${service.image}"`,
    );
  }
  const { id, store } = found;
  const { cmd, entrypoint } = parseConfig(readConfigText(store, id), `config of ${id}`);
  const runs = cmd.length + entrypoint.length > 0;
  return { word: locked ? locked.id : service.image, id, runs };
}

async function pull(name: string, service: Service, tell: (line: string) => void): Promise<void> {
  tell(`${service.name}: pulling ${name}`);
  const platform = service.platform === undefined ? [] : ["--platform", service.platform];
  await callLpmx(["pull", "--quiet", ...platform, name], service.name);
}

/** Works on all, so many at once; then throws the first error, if any. */
async function inParallel<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const todo = [...all];
  const errors: unknown[] = [];
  const worker = async () => {
    for (let one; (one = todo.shift()) !== undefined;) {
      await work(one).catch((error) => errors.push(error));
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, all.length) }, worker));
  if (errors.length > 0) throw errors[0];
}

/** What a name stands for now. Throws LpmxError("image-not-found"). */
export function lockedNow(stores: readonly Store[], name: string): Locked {
  const { store, id } = findImageIn(stores, name);
  const meta = readImageMeta(store, id);
  const ref = parseRef(name);
  const prefix = `${repositoryText(ref)}@`;
  const known = meta.repoDigests.find((digest) => digest.startsWith(prefix));
  const digest = meta.nameDigests[refText(ref)] ?? known?.slice(prefix.length);
  return { id: `sha256:${id}`, digest };
}
