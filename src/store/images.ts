/* Images on disk: the config text, what lpmx knows of it besides, the launcher's record; and the table of names.
 *
 * images/ID.config   the config JSON as it came (its sha256 is ID)
 * images/ID.json     layers, sizes, digests by which it was pulled (ImageMeta)
 * images/ID.rec      the launcher's record        refs.tab   names (src/runtime)
 * Reference counts are derived from these files, never stored.
 */
import * as v from "valibot";
import { LpmxError, parseJson } from "../base/mod.ts";
import { listFolder, readTextIfAny } from "../host/mod.ts";
import { validate } from "../image/mod.ts";
import { type Store } from "./layout.ts";

const schema = v.object({
  version: v.literal(1),
  id: v.string(),
  chainId: v.string(),
  /** Bytes of all files in all layers. */
  size: v.number(),
  loaded: v.string(),
  layers: v.array(
    v.object({ diffId: v.string(), digest: v.nullable(v.string()), size: v.number() }),
  ),
  /** repository@sha256:… by which it is known to registries. */
  repoDigests: v.array(v.string()),
  /** The manifest's digest under each name that it was pulled by. */
  nameDigests: v.optional(v.record(v.string(), v.string()), {}),
});

/** What lpmx keeps of an image besides its config. */
export type ImageMeta = v.InferOutput<typeof schema>;

/** Reads an image's meta. Throws LpmxError("image-not-found"). */
export function readImageMeta(store: Store, id: string): ImageMeta {
  const path = store.image(id, "json");
  const text = readTextIfAny(path);
  if (text === undefined) throw new LpmxError("image-not-found", `No such image: ${id}`);
  return validate(schema, parseJson(text, `"${path}"`, "bad-record"), `"${path}"`);
}

/** The config text of an image. */
export function readConfigText(store: Store, id: string): string {
  const text = readTextIfAny(store.image(id, "config"));
  if (text === undefined) {
    throw new LpmxError("bad-record", `The store lacks the config of image ${id}`);
  }
  return text;
}

/** Ids of all images whose meta is there. */
export function imageIds(store: Store): string[] {
  return listFolder(store.at("images")).flatMap((name) =>
    /^([0-9a-f]{64})\.json$/.exec(name)?.[1] ?? []
  );
}
