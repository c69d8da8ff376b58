/* package: images, and containers with all that they need, as one file that `lpmx unpack` takes elsewhere.
 *
 * A container goes with the image it is made of, what it has changed (a layer more), its settings, volumes, maps and exposed commands, and with
 * the containers that its maps lead to.
 */
import { LpmxError } from "../../base/mod.ts";
import {
  asIoError,
  filePieces,
  fileSize,
  launcherPath,
  removeQuietly,
  writeOutPieces,
  writeOutput,
} from "../../host/mod.ts";
import { type Container, findContainer, imageIds, type Store } from "../../store/mod.ts";
import { findImageIn, type FoundImage } from "../find_image.ts";
import { planOf } from "../inspect.ts";
import { archiveOf, namedDescriptors, type SavedFile, textFile, types } from "../oci_archive.ts";
import { pauseContainer } from "../pause.ts";
import {
  type PackageDocument,
  packageFile,
  packageVersion,
  type PackedContainer,
} from "./format.ts";
import { Blobs, type PackedImage } from "./layers.ts";
import { checkMovable, mapsOf, mountsOf, nameOf, settingsOf } from "./settings.ts";

/** What package is asked for. */
export interface PackageOptions {
  /** "-": standard output. */
  output: string;
  /** "image" or "container", where a name means both. */
  type: string | undefined;
  withLpmx: boolean;
  /** Stop what runs in the containers meanwhile. */
  pause: boolean;
  /** Of this lpmx. */
  version: string;
  tell(line: string): void;
}

interface Things {
  images: Map<string, { store: Store; id: string; names: string[] }>;
  containers: Map<string, Container>;
}

/** Writes a package. The first store is the user's own. Throws LpmxError, BrokenPipe. */
export async function packageThings(
  stores: readonly Store[],
  words: readonly string[],
  options: PackageOptions,
): Promise<void> {
  const store = stores[0]!;
  const things = find(stores, words, options.type);
  addMapped(store, things.containers, options.tell);
  for (const container of things.containers.values()) checkMovable(container);
  const own = options.withLpmx ? [lpmxItself()] : [];
  store.prepare();
  store.sweep();
  const folder = store.newTemp();
  try {
    const blobs = new Blobs(folder, (line) => options.tell(`warning: ${line}`));
    const files = await readable(() => collect(stores, things, blobs, options));
    const archive = archiveOf([...files, ...blobs.files], own);
    if (options.output === "-") writeOutPieces(archive);
    else writeOutput(options.output, archive);
  } finally {
    removeQuietly(folder);
  }
}

async function readable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asIoError("Cannot package", error);
  }
}

function find(stores: readonly Store[], words: readonly string[], type?: string): Things {
  const things: Things = { images: new Map(), containers: new Map() };
  for (const word of words) {
    const container = type === "image" ? undefined : ifAny(() => findContainer(stores[0]!, word));
    const image = type === "container" ? undefined : ifAny(() => findImageIn(stores, word));
    if (container && image) {
      throw new LpmxError("ambiguous-name", `"${word}" is a container and an image`, {
        hint: "say --type container or --type image",
      });
    }
    if (container) things.containers.set(container.meta.id, container);
    else if (image) addImage(things, image);
    else {
      throw new LpmxError("image-not-found", `No such ${type ?? "image or container"}: ${word}`, {
        hint: "lpmx images and lpmx ps -a list what there is",
      });
    }
  }
  return things;
}

function addImage({ images }: Things, { store, id, name }: FoundImage & { store: Store }): void {
  const image = images.get(id) ?? { store, id, names: [] };
  if (name && !name.includes("@") && !image.names.includes(name)) image.names.push(name);
  images.set(id, image);
}

function ifAny<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof LpmxError && /-not-found$/.test(error.code)) return undefined;
    throw error;
  }
}

/** Adds the containers that maps lead to, and those that theirs lead to. */
function addMapped(
  store: Store,
  containers: Map<string, Container>,
  tell: (line: string) => void,
): void {
  // A map's iteration comes to what is added on the way.
  for (const container of containers.values()) {
    if (container.meta.imageId === "host") continue;
    for (const other of mapsOf(store, container, planOf(store, container), () => {}).others) {
      if (containers.has(other.meta.id)) continue;
      containers.set(other.meta.id, other);
      tell(`with ${nameOf(other)}: a map of ${nameOf(container)} leads to it`);
    }
  }
}

/** Makes the blobs and gives what is before them: the layout's files and the description. */
async function collect(
  stores: readonly Store[],
  { images, containers }: Things,
  blobs: Blobs,
  options: PackageOptions,
): Promise<SavedFile[]> {
  const document: PackageDocument = {
    version: packageVersion,
    lpmx: options.version,
    images: [],
    containers: [],
  };
  const manifests: unknown[] = [];
  for (const { store, id, names } of images.values()) {
    const { manifest, same } = blobs.image(store, id);
    document.images.push({ manifest: manifest.digest, names });
    manifests.push(...namedDescriptors(manifest, names));
    if (!same) options.tell(`note: ${names[0] ?? id.slice(0, 12)} gets another id: ${otherId}`);
  }
  for (const container of containers.values()) {
    const { packed, image } = await packContainer(stores, container, blobs, options);
    document.containers.push(packed);
    const [plain] = namedDescriptors(image.manifest, []);
    const annotations = { "org.opencontainers.image.ref.name": packed.name };
    manifests.push({ ...plain, annotations });
  }
  return [
    textFile("oci-layout", JSON.stringify({ imageLayoutVersion: "1.0.0" })),
    textFile("index.json", JSON.stringify({ schemaVersion: 2, mediaType: types.index, manifests })),
    textFile(packageFile, JSON.stringify(document, null, 2) + "\n"),
  ];
}

const otherId = "its layers are packed again, and those of its registry had another form";

async function packContainer(
  stores: readonly Store[],
  container: Container,
  blobs: Blobs,
  { pause, tell }: PackageOptions,
): Promise<{ packed: PackedContainer; image: PackedImage }> {
  const store = stores[0]!, { meta } = container;
  const base = stores.find((one) => imageIds(one).includes(meta.imageId ?? ""));
  if (!base) {
    const message = `The image of container "${meta.name}" is not there any more`;
    throw new LpmxError("image-not-found", message);
  }
  const plan = planOf(store, container);
  const warn = (line: string) => tell(`warning: ${line}`);
  const { maps } = mapsOf(store, container, plan, warn);
  const settings = settingsOf(store, container, plan, maps);
  const resume = pause ? await pauseContainer(store, container) : async () => {};
  try {
    const image = blobs.container(store, container, base, settings.env);
    const mounts = mountsOf(store, container, plan).map((one) => blobs.mount(container, one));
    return { packed: { ...settings, manifest: image.manifest.digest, mounts }, image };
  } finally {
    await resume();
  }
}

/** The program that this is, as the first member: `tar xf PACKAGE lpmx` is all that another machine needs. */
function lpmxItself(): SavedFile {
  const path = launcherPath();
  if (!path) {
    throw new LpmxError("launcher", "--with-lpmx needs the one file that the build makes", {
      hint: "run it as dist/lpmx, not by deno",
      exit: 125,
    });
  }
  return { name: "lpmx", size: fileSize(path), mode: 0o755, pieces: () => filePieces(path) };
}
