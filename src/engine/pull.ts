/* pull: an image of a registry into the store.
 */
import { inContext, LpmxError } from "../base/mod.ts";
import { type ImageRef, type Platform, refText, repositoryText } from "../image/mod.ts";
import { type Credentials, findCredentials, RegistrySource } from "../source/mod.ts";
import { readImageMeta, type Store } from "../store/mod.ts";
import { imageFits } from "./platform_of.ts";
import { type Imported, importImage, type ImportProgress, readRefs } from "./import_image.ts";

/** What pull is asked for. */
export interface PullOptions {
  platform: Platform;
  /** Given by the user; else the files of docker, podman and skopeo are looked at. */
  credentials: Credentials | undefined;
  authFile: string | undefined;
  plainHttp: boolean;
  progress: ImportProgress;
  warn(line: string): void;
  /** First pause before another try, milliseconds. */
  retryPause: number;
}

/** The outcome of a pull. */
export interface Pulled extends Imported {
  /** sha256:… of the manifest or index that the reference means. */
  digest: string;
}

/** Pulls a reference. Throws LpmxError that names it. */
export async function pullImage(
  store: Store,
  ref: ImageRef,
  options: PullOptions,
): Promise<Pulled> {
  store.prepare();
  store.sweep();
  try {
    const credentials = options.credentials ?? await findCredentials(ref, options.authFile);
    const source = new RegistrySource(ref, { ...options, credentials });
    return await upToDate(store, source, options) ?? await pullAnew(store, source, options);
  } catch (error) {
    throw inContext(`Cannot pull "${refText(ref)}"`, error);
  }
}

/** An answer without downloading anything, when the store has what the reference means now. */
async function upToDate(
  store: Store,
  source: RegistrySource,
  options: PullOptions,
): Promise<Pulled | undefined> {
  const { ref } = source;
  const id = readRefs(store).refs.get(refText(ref));
  if (!id) return undefined;
  const digest = await source.currentDigest();
  const { repoDigests } = readImageMeta(store, id);
  if (!digest || !repoDigests.includes(`${repositoryText(ref)}@${digest}`)) return undefined;
  if (!imageFits(store, id, options.platform)) return undefined;
  return { id, names: [refText(ref)], changed: false, digest };
}

async function pullAnew(
  store: Store,
  source: RegistrySource,
  options: PullOptions,
): Promise<Pulled> {
  const [image] = await source.images();
  if (!image?.manifestDigest) throw new LpmxError("bad-manifest", "the registry gave no image");
  const imported = await importImage(store, image, options.progress);
  return { ...imported, digest: image.manifestDigest };
}
