/* Images of a registry: manifest or index, config, layers. OCI distribution spec, "Pulling manifests", "Pulling blobs".
 *
 * Manifests are verified against the digest they were asked by; layers are verified by whoever reads them (the bytes pass by
 * there). A connection that breaks inside a layer is taken up again where it broke.
 */
import { log, LpmxError, messageOf } from "../../base/mod.ts";
import { digestOf, httpRequest, TransientError, UnreachableError } from "../../host/mod.ts";
import {
  choosePlatform,
  type Descriptor,
  type ImageManifest,
  type ImageRef,
  type ImageSource,
  isDigest,
  isTarLayer,
  manifestTypes,
  parseConfig,
  parseManifest,
  type Platform,
  platformFits,
  platformText,
  refText,
  type SourceImage,
} from "../../image/mod.ts";
import { type ClientOptions, RegistryClient } from "./client.ts";

const manifestLimit = 4 << 20;
const configLimit = 16 << 20;
const maxResumes = 20;

/** How to pull. */
export interface RegistryOptions extends ClientOptions {
  platform: Platform;
  /** Told once, when the image is for another platform and the user did not ask for one. */
  warn(line: string): void;
}

/** One reference of a registry. */
export class RegistrySource implements ImageSource {
  #client: RegistryClient;
  #options: RegistryOptions;

  constructor(readonly ref: ImageRef, options: RegistryOptions) {
    this.#client = new RegistryClient(ref, options);
    this.#options = options;
  }

  /** The digest that the reference has now, without its content; undefined when the registry does not say. */
  async currentDigest(): Promise<string | undefined> {
    if (this.ref.digest) return this.ref.digest;
    const answer = await this.#client.request(`manifests/${this.ref.tag}`, {
      accept: manifestTypes.join(", "),
    }, "HEAD");
    await answer.discard();
    const digest = answer.headers.get("docker-content-digest");
    return digest && isDigest(digest) ? digest : undefined;
  }

  async images(): Promise<SourceImage[]> {
    const top = await this.#manifestText(this.ref.digest ?? this.ref.tag!);
    const [manifest, indexed] = await this.#imageManifest(top.text, top.type);
    if (!/\.config\.v1\+json$|container\.image\.v1\+json$/.test(manifest.config.mediaType)) {
      throw new LpmxError("unsupported", `${refText(this.ref)} is not a container image`, {
        hint: `its config is ${manifest.config.mediaType}`,
      });
    }
    const configText = await this.#configText(manifest.config);
    const config = parseConfig(configText, "image config");
    const tars = manifest.layers;
    const other = tars.find(({ mediaType }) => !isTarLayer(mediaType));
    if (other) {
      throw new LpmxError("unsupported", `layers of type ${other.mediaType} are not supported`);
    }
    if (tars.length !== config.diffIds.length) {
      throw new LpmxError(
        "bad-manifest",
        `the manifest has ${tars.length} layers, the config ${config.diffIds.length}`,
      );
    }
    const want = this.#options.platform;
    if (!indexed && !platformFits(config, want)) {
      this.#options.warn(`the image is for ${platformText(config)}, not for ${platformText(want)}`);
    }
    const layers = tars.map((descriptor, at) => ({
      digest: descriptor.digest,
      diffId: config.diffIds[at]!,
      size: descriptor.size,
      mediaType: descriptor.mediaType,
      open: () => this.#blob(descriptor),
    }));
    return [{ names: [refText(this.ref)], manifestDigest: top.digest, configText, config, layers }];
  }

  close(): void {}

  async #manifestText(reference: string): Promise<{ text: string; type: string; digest: string }> {
    const headers = { accept: manifestTypes.join(", ") };
    const answer = await this.#client.request(`manifests/${reference}`, headers);
    const bytes = await answer.bytes(manifestLimit);
    const digest = digestOf(bytes);
    const wanted = isDigest(reference) ? reference : answer.headers.get("docker-content-digest");
    if (wanted && isDigest(wanted) && wanted !== digest) {
      throw new LpmxError("digest-mismatch", `manifest ${wanted} came with digest ${digest}`);
    }
    const type = answer.headers.get("content-type") ?? "";
    return { text: new TextDecoder().decode(bytes), type, digest };
  }

  async #imageManifest(
    text: string,
    type: string,
    depth = 0,
  ): Promise<[ImageManifest, indexed: boolean]> {
    const parsed = parseManifest(text, `manifest of ${refText(this.ref)}`, type);
    if (parsed.kind === "image") return [parsed.manifest, depth > 0];
    if (depth === 4) throw new LpmxError("bad-manifest", "image indexes are nested too deep");
    const chosen = choosePlatform(parsed.index, this.#options.platform, refText(this.ref));
    const inner = await this.#manifestText(chosen.digest);
    return this.#imageManifest(inner.text, inner.type || chosen.mediaType, depth + 1);
  }

  async #configText(descriptor: Descriptor): Promise<string> {
    const answer = await this.#client.request(`blobs/${descriptor.digest}`, {});
    const bytes = await answer.bytes(configLimit);
    const digest = digestOf(bytes);
    if (digest !== descriptor.digest) {
      throw new LpmxError(
        "digest-mismatch",
        `image config ${descriptor.digest} came with digest ${digest}`,
      );
    }
    return new TextDecoder().decode(bytes);
  }

  /** A blob's bytes; the connection may break up to maxResumes times. */
  async *#blob(descriptor: Descriptor): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    let done = 0;
    for (let tries = 0;; tries++) {
      try {
        for await (const chunk of this.#blobFrom(descriptor, done)) {
          done += chunk.length;
          yield chunk;
        }
        if (done >= descriptor.size) return;
        throw new TransientError(`the connection ended after ${done} of ${descriptor.size} bytes`);
      } catch (error) {
        if (!(error instanceof TransientError) || tries === maxResumes) {
          throw error instanceof TransientError
            ? broken(descriptor, this.#client.domain, error)
            : error;
        }
        log("source", "warn", () => `${descriptor.digest}: ${messageOf(error)}; resuming`);
        await this.#client.pauseBefore(Math.min(tries + 1, 4));
      }
    }
  }

  async *#blobFrom(descriptor: Descriptor, start: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    const range: Record<string, string> = start > 0 ? { range: `bytes=${start}-` } : {};
    const answer = await this.#requestBlob(descriptor, range);
    const said = /^bytes (\d+)-/.exec(answer.headers.get("content-range") ?? "")?.[1];
    let skip = answer.status === 206 && Number(said) === start ? 0 : start;
    for await (const chunk of answer.body()) {
      if (skip >= chunk.length) skip -= chunk.length;
      else {
        yield skip > 0 ? chunk.subarray(skip) : chunk;
        skip = 0;
      }
    }
  }

  /** Foreign layers may be missing in the registry; their descriptor says where else they are. */
  async #requestBlob(descriptor: Descriptor, headers: Record<string, string>) {
    try {
      return await this.#client.request(`blobs/${descriptor.digest}`, headers);
    } catch (error) {
      const urls = (descriptor.urls ?? []).filter((url) => url.startsWith("https://"));
      if (!(error instanceof LpmxError) || error.code !== "image-not-found" || urls.length === 0) {
        throw error;
      }
      for (const url of urls) {
        try {
          const answer = await httpRequest(url, { headers });
          if (answer.status === 200 || answer.status === 206) return answer;
          await answer.discard();
        } catch (other) {
          if (!(other instanceof UnreachableError)) throw other;
        }
      }
      throw error;
    }
  }
}

function broken(descriptor: Descriptor, domain: string, cause: Error): LpmxError {
  return new LpmxError(
    "registry-unreachable",
    `${domain} broke off while sending layer ${descriptor.digest}: ${cause.message}`,
    { cause, hint: "try again" },
  );
}
