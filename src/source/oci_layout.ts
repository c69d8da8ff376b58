/* An OCI image layout, as a folder or inside a tar archive (oci-archive): OCI image spec, "image-layout".
 */
import { LpmxError, parseJson } from "../base/mod.ts";
import { digestOf, ReadableFile, readTextIfAny } from "../host/mod.ts";
import {
  choosePlatform,
  type Descriptor,
  digestHex,
  type ImageManifest,
  type ImageSource,
  isTarLayer,
  manifestTypes,
  parseConfig,
  parseManifest,
  parseRef,
  type Platform,
  refText,
  type SourceImage,
} from "../image/mod.ts";
import { type TarFile } from "./tar_file.ts";

/** Where the files of a layout are. */
export interface LayoutFiles {
  text(name: string): string;
  stream(name: string): AsyncIterable<Uint8Array<ArrayBuffer>>;
  close(): void;
}

/** A layout that is a folder. */
export function folderFiles(folder: string): LayoutFiles {
  return {
    text(name) {
      const text = readTextIfAny(`${folder}/${name}`);
      if (text === undefined) throw new LpmxError("bad-archive", `"${folder}" lacks "${name}"`);
      return text;
    },
    async *stream(name) {
      const file = new ReadableFile(`${folder}/${name}`);
      try {
        yield* file.stream();
      } finally {
        file.close();
      }
    },
    close() {},
  };
}

/** A layout inside an archive. Owns the file. */
export function archiveFiles(file: ReadableFile, tar: TarFile): LayoutFiles {
  return {
    text: (name) => tar.text(name),
    stream: (name) => tar.stream(name),
    close: () => file.close(),
  };
}

const blobName = (digest: string) => `blobs/sha256/${digestHex(digest)}`;
const tagKeys = ["io.containerd.image.name", "org.opencontainers.image.ref.name"];

/** An OCI layout. */
export class OciLayout implements ImageSource {
  #files: LayoutFiles;
  #platform: Platform;
  #fallbackName: string | undefined;

  /** `fallbackName`: repository for images whose annotation is a bare tag, such as the archive's own name. */
  constructor(files: LayoutFiles, platform: Platform, fallbackName?: string) {
    this.#files = files;
    this.#platform = platform;
    this.#fallbackName = fallbackName;
  }

  // deno-lint-ignore require-await
  async images(): Promise<SourceImage[]> {
    const version = parseJson(this.#files.text("oci-layout"), "oci-layout", "bad-archive");
    const known = (version as Record<string, unknown> | null)?.["imageLayoutVersion"];
    if (known !== "1.0.0") {
      throw new LpmxError(
        "unsupported",
        `OCI layout version "${known}" is not supported, only 1.0.0`,
      );
    }
    const top = parseManifest(this.#files.text("index.json"), "index.json", manifestTypes[0]);
    if (top.kind !== "index") {
      throw new LpmxError("bad-archive", "index.json is not an image index");
    }
    return top.index.manifests.map((descriptor) => this.#image(descriptor));
  }

  close(): void {
    this.#files.close();
  }

  #blobText(descriptor: Descriptor, what: string): string {
    const text = this.#files.text(blobName(descriptor.digest));
    const digest = digestOf(text);
    if (digest !== descriptor.digest) {
      throw new LpmxError("digest-mismatch", `${what} ${descriptor.digest} has digest ${digest}`);
    }
    return text;
  }

  #manifest(descriptor: Descriptor, depth = 0): [ImageManifest, digest: string] {
    const text = this.#blobText(descriptor, "manifest");
    const parsed = parseManifest(text, `manifest ${descriptor.digest}`, descriptor.mediaType);
    if (parsed.kind === "image") return [parsed.manifest, descriptor.digest];
    if (depth === 4) throw new LpmxError("bad-manifest", "image indexes are nested too deep");
    return this.#manifest(choosePlatform(parsed.index, this.#platform, "the archive"), depth + 1);
  }

  #image(descriptor: Descriptor): SourceImage {
    const [manifest, manifestDigest] = this.#manifest(descriptor);
    const configText = this.#blobText(manifest.config, "image config");
    const config = parseConfig(configText, "image config");
    const tars = manifest.layers.filter(({ mediaType }) => isTarLayer(mediaType));
    if (tars.length !== config.diffIds.length || tars.length !== manifest.layers.length) {
      throw new LpmxError("unsupported", `manifest ${manifestDigest} is not a container image`, {
        hint: `its layers are ${manifest.layers[0]?.mediaType ?? "missing"}`,
      });
    }
    const layers = tars.map(({ digest, size, mediaType }, at) => ({
      digest,
      diffId: config.diffIds[at]!,
      size,
      mediaType,
      open: () => this.#files.stream(blobName(digest)),
    }));
    return { names: this.#names(descriptor), manifestDigest, configText, config, layers };
  }

  #names(descriptor: Descriptor): string[] {
    const text = tagKeys.map((key) => descriptor.annotations?.[key]).find((value) => value);
    if (!text) return this.#fallbackName ? [refText(parseRef(this.#fallbackName))] : [];
    const bareTag = !/[/:]/.test(text);
    try {
      if (!bareTag) return [refText(parseRef(text))];
      const repository = this.#fallbackName?.replace(/:[^/:]*$/, "");
      return [refText(parseRef(repository ? `${repository}:${text}` : text))];
    } catch {
      // Any text is allowed in this annotation; one that is no reference names nothing.
      return [];
    }
  }
}
