/* For tests only: image sources out of plain tar layers, and a store to put them in.
 */
import { digestOf } from "../host/mod.ts";
import { parseConfig, type SourceImage } from "../image/mod.ts";
import { Store } from "../store/mod.ts";
import { type ImportProgress } from "./import_image.ts";

export const silent: ImportProgress = { layer() {}, bytes() {} };

/** An image of tar archives; `pack` makes what the source gives of each (its digest is taken of that). */
export function imageOf(
  names: string[],
  tars: Uint8Array<ArrayBuffer>[],
  pack: (tar: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer> = (tar) => tar,
  config: Record<string, unknown> = {},
): SourceImage {
  const diffIds = tars.map(digestOf);
  const text = JSON.stringify({
    os: "linux",
    architecture: "amd64",
    config,
    rootfs: { type: "layers", diff_ids: diffIds },
  });
  const layers = tars.map((tar, at) => {
    const packed = pack(tar);
    return {
      digest: digestOf(packed),
      diffId: diffIds[at]!,
      size: packed.length,
      mediaType: "application/vnd.oci.image.layer.v1.tar",
      async *open() {
        for (let at = 0; at < packed.length; at += 70000) yield packed.slice(at, at + 70000);
      },
    };
  });
  return {
    names,
    manifestDigest: undefined,
    configText: text,
    config: parseConfig(text, "config"),
    layers,
  };
}

/** A new store in a folder. */
export function newStore(folder: string): Store {
  const store = new Store(`${folder}/store`);
  store.prepare();
  return store;
}
