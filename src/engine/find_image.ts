/* Finding images as users name them: a reference, an id, or the beginning of one.
 */
import { LpmxError } from "../base/mod.ts";
import { parseRef, refText, repositoryText } from "../image/mod.ts";
import { imageIds, readImageMeta, type Store } from "../store/mod.ts";
import { readRefs } from "./import_image.ts";

/** What a word means: an image, and the name by which it was meant (undefined when by id). */
export interface FoundImage {
  id: string;
  name: string | undefined;
}

/** Finds an image. Throws LpmxError("image-not-found" | "ambiguous-name"). */
export function findImage(store: Store, word: string): FoundImage {
  const refs = readRefs(store);
  const named = byName(store, refs.refs, word);
  if (named) return named;
  const hex = word.replace(/^sha256:/, "");
  if (/^[0-9a-f]{1,64}$/.test(hex)) {
    const ids = [...refs.ids].filter((id) => id.startsWith(hex));
    if (ids.length > 1) {
      throw new LpmxError("ambiguous-name", `image id "${word}" is ambiguous`, {
        hint: "give more digits",
      });
    }
    if (ids[0]) return { id: ids[0], name: undefined };
  }
  throw new LpmxError("image-not-found", `No such image: ${word}`, {
    hint: "lpmx images lists them",
  });
}

/** Finds an image in the first of several stores that has it. Throws LpmxError("image-not-found" | "ambiguous-name"). */
export function findImageIn(stores: readonly Store[], word: string): FoundImage & { store: Store } {
  for (const store of stores.slice(0, -1)) {
    try {
      return { store, ...findImage(store, word) };
    } catch (error) {
      if (!(error instanceof LpmxError) || error.code !== "image-not-found") throw error;
    }
  }
  const store = stores.at(-1)!;
  return { store, ...findImage(store, word) };
}

function byName(
  store: Store,
  refs: ReadonlyMap<string, string>,
  word: string,
): FoundImage | undefined {
  let name: string, ref;
  try {
    ref = parseRef(word);
    name = refText(ref);
  } catch {
    // Not every id or beginning of one is a reference.
    return undefined;
  }
  const id = refs.get(name);
  if (id) return { id, name };
  if (!ref.digest) return undefined;
  const wanted = `${repositoryText(ref)}@${ref.digest}`;
  const known = imageIds(store).find((id) => readImageMeta(store, id).repoDigests.includes(wanted));
  return known ? { id: known, name: undefined } : undefined;
}
