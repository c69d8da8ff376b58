/* What `docker save` writes: a tar archive with manifest.json, image configs and layers (classic, and the hybrid of today that
 * is an OCI layout besides). Format: moby image/spec v1.2, "Combined Image JSON + Filesystem Changeset Format".
 */
import * as v from "valibot";
import { parseJson } from "../base/mod.ts";
import { LpmxError } from "../base/mod.ts";
import { digestOf, type ReadableFile } from "../host/mod.ts";
import {
  type ImageSource,
  parseConfig,
  parseRef,
  refText,
  type SourceImage,
  type SourceLayer,
  validate,
} from "../image/mod.ts";
import { TarFile } from "./tar_file.ts";

const manifestSchema = v.array(v.object({
  Config: v.string(),
  RepoTags: v.nullish(v.array(v.string())),
  Layers: v.nullish(v.array(v.string())),
}));

/** A docker archive. Owns the file. */
export class DockerArchive implements ImageSource {
  #file: ReadableFile;
  #tar: TarFile;

  constructor(file: ReadableFile, tar: TarFile) {
    this.#file = file;
    this.#tar = tar;
  }

  // deno-lint-ignore require-await
  async images(): Promise<SourceImage[]> {
    const value = parseJson(this.#tar.text("manifest.json"), "manifest.json", "bad-archive");
    return validate(manifestSchema, value, "manifest.json").map((entry) => this.#image(entry));
  }

  close(): void {
    this.#file.close();
  }

  #image(entry: v.InferOutput<typeof manifestSchema>[number]): SourceImage {
    const configText = this.#tar.text(entry.Config);
    checkConfigName(entry.Config, configText);
    const config = parseConfig(configText, "image config");
    const names = entry.Layers ?? [];
    if (names.length !== config.diffIds.length) {
      throw new LpmxError(
        "bad-archive",
        `manifest.json lists ${names.length} layers, the image config ${config.diffIds.length}`,
      );
    }
    const layers = names.map((name, at): SourceLayer => ({
      digest: /^blobs\/sha256\/[0-9a-f]{64}$/.test(name) ? `sha256:${name.slice(13)}` : undefined,
      diffId: config.diffIds[at]!,
      size: this.#tar.find(name)?.size,
      mediaType: "application/vnd.docker.image.rootfs.diff.tar",
      open: () => this.#tar.stream(name),
    }));
    const tags = (entry.RepoTags ?? []).map((tag) => refText(parseRef(tag)));
    return { names: tags, manifestDigest: undefined, configText, config, layers };
  }
}

/** The config's file name says its digest. */
function checkConfigName(name: string, text: string): void {
  const hex = /([0-9a-f]{64})(\.json)?$/.exec(name)?.[1];
  if (hex && digestOf(text) !== `sha256:${hex}`) {
    throw new LpmxError(
      "digest-mismatch",
      `image config "${name}" does not have the digest it is named by`,
    );
  }
}
