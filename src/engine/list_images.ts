/* images: the names and images of a store.
 */
import { parseConfig } from "../image/mod.ts";
import { imageIds, readConfigText, readImageMeta, type Store } from "../store/mod.ts";
import { readRefs } from "./import_image.ts";

/** One line of a listing: a name of an image, or an image without one. */
export interface ListedImage {
  id: string;
  /** Without tag, normalised; undefined for an unnamed image. */
  repository: string | undefined;
  tag: string | undefined;
  digest: string | undefined;
  /** ISO 8601. */
  created: string | undefined;
  size: number;
  labels: Record<string, string>;
}

/** The images of several stores; of equal names only the first, which is the one that is run. */
export function listAllImages(stores: readonly Store[]): ListedImage[] {
  const seen = new Set<string>();
  return stores.flatMap(listImages).filter(({ id, repository, tag, digest }) => {
    const name = repository === undefined ? id : `${repository}:${tag ?? digest}`;
    return !seen.has(name) && seen.add(name);
  });
}

/** All names, sorted, then all images without a name. */
export function listImages(store: Store): ListedImage[] {
  const ids = imageIds(store);
  const lines: ListedImage[] = [];
  const details = new Map(ids.map((id) => {
    const meta = readImageMeta(store, id);
    const config = parseConfig(readConfigText(store, id), `config of ${id}`);
    return [id, { meta, config }];
  }));
  const line = (id: string, name: string | undefined) => {
    const { meta, config } = details.get(id)!;
    const repository = name?.replace(/@.*$|:[^/:]*$/, "");
    lines.push({
      id,
      repository,
      tag: name?.includes("@") ? undefined : name?.slice(repository!.length + 1),
      digest: name === undefined ? undefined : meta.nameDigests[name],
      created: config.created,
      size: meta.size,
      labels: config.labels,
    });
  };
  const refs = [...readRefs(store).refs].filter(([, id]) => details.has(id)).sort(([x], [y]) =>
    x < y ? -1 : 1
  );
  for (const [name, id] of refs) line(id, name);
  const named = new Set(refs.map(([, id]) => id));
  for (const id of ids) if (!named.has(id)) line(id, undefined);
  return lines;
}
