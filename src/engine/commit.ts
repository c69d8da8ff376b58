/* commit: a new image out of a container: the layers of its image, one more for what the container changed, and its settings.
 *
 * What lpmx itself shows in a container (resolv.conf, hosts, mounts) is no part of the writable layer and so of no image. Volumes
 * that the image declares lie in the writable layer, but what is in them is left out, as docker does.
 */
import { type ByteText, LpmxError, showByteText, toByteText } from "../base/mod.ts";
import { asIoError, readFileIfAny, readStart } from "../host/mod.ts";
import { parseConfig } from "../image/mod.ts";
import { decodeEntries, Merger } from "../layer/mod.ts";
import { indexSeed, readUpper, type UpperPlace } from "../runtime/mod.ts";
import { type Container, imageIds, readConfigText, type Store } from "../store/mod.ts";
import { type CommitTexts, configOf } from "./commit_config.ts";
import { importImage } from "./import_image.ts";
import { pauseContainer } from "./pause.ts";
import { layerInStore, storeLayer, tarOf } from "./store_layer.ts";

/** What commit is asked for. */
export interface CommitOptions extends CommitTexts {
  /** Normalised reference, if any. */
  name: string | undefined;
  /** Stop the container's processes meanwhile. */
  pause: boolean;
  warn(line: string): void;
}

/** Makes an image in the first store and gives its id (64 hex digits). Throws LpmxError. */
export async function commitContainer(
  stores: readonly Store[],
  container: Container,
  options: CommitOptions,
): Promise<string> {
  const store = stores[0]!;
  store.prepare();
  store.sweep();
  const base = baseConfig(stores, container);
  configOf(base, container, undefined, options); // a bad change costs nothing
  const place = upperPlace(store, container, parseConfig(base, "the image's config").volumes);
  const resume = options.pause ? await pauseContainer(store, container) : async () => {};
  let diffId: string | undefined;
  try {
    diffId = storeLayer(store, tarOf(readUpper(place, (path) => skip(path, options))));
  } catch (error) {
    throw asIoError("Cannot read the container's writable layer", error);
  } finally {
    await resume();
  }
  const text = configOf(base, container, diffId, options);
  const config = parseConfig(text, "the new config");
  const { id } = await importImage(store, {
    names: options.name === undefined ? [] : [options.name],
    manifestDigest: undefined,
    configText: text,
    config,
    layers: config.diffIds.map(layerInStore),
  }, { layer() {}, bytes() {} });
  return id;
}

function skip(path: ByteText, { warn }: CommitOptions): void {
  warn(`the socket /${showByteText(path)} is left out: layers cannot hold sockets`);
}

function baseConfig(stores: readonly Store[], { meta }: Container): string {
  if (meta.imageId === "host") {
    throw new LpmxError(
      "unsupported",
      `Cannot commit container "${meta.name}": it is made of this machine itself, not of an image`,
      { hint: "make it of an image" },
    );
  }
  const [own, ...others] = stores;
  if (imageIds(own!).includes(meta.imageId)) return readConfigText(own!, meta.imageId);
  if (others.some((store) => imageIds(store).includes(meta.imageId))) {
    throw new LpmxError(
      "unsupported",
      `Cannot commit container "${meta.name}": its image is in a store that is only read`,
      { hint: `get it into your own store: lpmx pull ${meta.imageName}` },
    );
  }
  throw new LpmxError(
    "image-not-found",
    `The image of container "${meta.name}" is not there any more`,
  );
}

/** Where the writable layer of a container is, and over what. Throws LpmxError("bad-record"). */
export function upperPlace(
  store: Store,
  { meta }: Container,
  volumes: readonly string[],
): UpperPlace {
  const at = (path: string) => path.startsWith("/") ? path : store.at(path);
  const merger = new Merger();
  for (const folder of meta.layers) {
    const path = at(folder).replace(/\/fs$/, "/entries");
    const bytes = readFileIfAny(path);
    if (!bytes) throw new LpmxError("bad-record", `The store lacks "${path}"`);
    merger.add(decodeEntries(bytes, `"${path}"`));
  }
  return {
    tree: at(meta.tree ?? ""),
    owner: meta.owner,
    seed: indexSeed(readStart(at(meta.index), 128)),
    lower: merger.root,
    volumes: new Set(volumes.map((path) => merger.resolve(toByteText(path)))),
  };
}
