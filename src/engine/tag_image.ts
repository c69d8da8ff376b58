/* tag: another name for an image.
 */
import { LpmxError } from "../base/mod.ts";
import { parseRef, refText } from "../image/mod.ts";
import { type Store } from "../store/mod.ts";
import { findImage } from "./find_image.ts";
import { readRefs, writeRefs } from "./import_image.ts";

/** Names an image. A name that meant another image means this one from now on. Throws LpmxError. */
export function tagImage(store: Store, word: string, name: string): Promise<void> {
  const ref = parseRef(name);
  if (ref.digest) {
    throw new LpmxError("bad-reference", `Cannot tag by digest: "${name}"`, {
      hint: "give NAME:TAG",
    });
  }
  return store.locked(() => {
    const { id } = findImage(store, word);
    const table = readRefs(store);
    table.refs.set(refText(ref), id);
    writeRefs(store, table);
  });
}
