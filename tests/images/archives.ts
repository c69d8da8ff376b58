// Every archive form that `lpmx load` takes, made from the OCI layouts by skopeo (and tar, where skopeo has no such form).
// Runs as root, only from build.ts. Files: <image>.docker.tar (docker-archive), <image>.oci.tar; and of the image
// "layered" also layered.zstd.oci.tar, layered.chunked.oci.tar (many zstd frames), layered.plain.oci.tar (uncompressed),
// layered.hybrid.tar (what `docker save` writes since 25.0), layered.members.oci.tar (gzip of many members).
import { must } from "../support/process.ts";

export async function buildArchives(images: Record<string, string>, folder: string) {
  for (const [name, source] of Object.entries(images)) {
    const from = `oci:${source}/oci:latest`;
    await skopeo(from, `docker-archive:${folder}/${name}.docker.tar:${name}:latest`);
    await skopeo(from, `oci-archive:${folder}/${name}.oci.tar:${name}:latest`);
  }
  const from = `oci:${images["layered"]}/oci:latest`;
  await variant(from, folder, "zstd", ["--dest-compress-format", "zstd"]);
  await variant(from, folder, "chunked", ["--dest-compress-format", "zstd:chunked"]);
  await variant(from, folder, "plain", ["--dest-oci-accept-uncompressed-layers"]);
  await hybrid(folder);
  await members(folder);
  await must(["chmod", "-R", "a+rX", folder]);
}

function skopeo(from: string, to: string, flags: string[] = []) {
  return must(["skopeo", "--insecure-policy", "copy", "--quiet", ...flags, from, to]);
}

/** One recompressed copy. skopeo recompresses only what it gets uncompressed, so it goes through a plain copy. */
async function variant(from: string, folder: string, kind: string, flags: string[]) {
  const plain = `${folder}/plain.tmp`;
  await skopeo(from, `dir:${plain}`, ["--dest-decompress"]);
  await skopeo(`dir:${plain}`, `oci:${folder}/layered.${kind}.oci:layered:latest`, ["--format", "oci", ...flags]);
  await Deno.remove(plain, { recursive: true });
  await must(["tar", "-C", `${folder}/layered.${kind}.oci`, "-cf", `${folder}/layered.${kind}.oci.tar`, "."]);
}

/** docker save ≥ 25.0: an OCI layout that also carries manifest.json, whose paths point into blobs/. */
async function hybrid(folder: string) {
  const layout = `${folder}/layered.hybrid.tmp`;
  await must(["cp", "-a", `${folder}/layered.plain.oci`, layout]);
  const manifest = await manifestOf(layout);
  const path = (blob: { digest: string }) => `blobs/${blob.digest.replace(":", "/")}`;
  const record = {
    Config: path(manifest.config),
    RepoTags: ["hybrid:latest"],
    Layers: manifest.layers.map(path),
  };
  await Deno.writeTextFile(`${layout}/manifest.json`, JSON.stringify([record]));
  await must(["sh", "-euc", `cd "$0" && tar -cf "$1" *`, layout, `${folder}/layered.hybrid.tar`]);
  await Deno.remove(layout, { recursive: true });
}

/** Layers as gzip files of several members, as pigz -i, bgzip and estargz write them: gzip(1) "Advanced usage". */
async function members(folder: string) {
  const layout = `${folder}/layered.members.oci`;
  await must(["cp", "-a", `${folder}/layered.plain.oci`, layout]);
  const index = JSON.parse(await Deno.readTextFile(`${layout}/index.json`));
  const manifest = await manifestOf(layout);
  for (const layer of manifest.layers) {
    const blob = `${layout}/blobs/${layer.digest.replace(":", "/")}`;
    await must(["sh", "-euc", `split -b 4096 "$0" "$0.part."; for part in "$0".part.*; do gzip -nc "$part"; done >"$0.gz"; rm "$0".part.* "$0"`, blob]);
    Object.assign(layer, await rename(`${blob}.gz`, layout), { mediaType: "application/vnd.oci.image.layer.v1.tar+gzip" });
  }
  await Deno.writeTextFile(`${layout}/manifest.new`, JSON.stringify(manifest));
  Object.assign(index.manifests[0], await rename(`${layout}/manifest.new`, layout));
  await Deno.writeTextFile(`${layout}/index.json`, JSON.stringify(index));
  await must(["tar", "-C", layout, "-cf", `${folder}/layered.members.oci.tar`, "."]);
}

/** Puts a file under its digest and returns the descriptor's digest and size. */
async function rename(file: string, layout: string): Promise<{ digest: string; size: number }> {
  const bytes = await Deno.readFile(file);
  const hex = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  await Deno.rename(file, `${layout}/blobs/sha256/${hex}`);
  return { digest: `sha256:${hex}`, size: bytes.length };
}

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

async function manifestOf(layout: string): Promise<{ config: Descriptor; layers: Descriptor[] }> {
  const index = JSON.parse(await Deno.readTextFile(`${layout}/index.json`));
  return JSON.parse(await Deno.readTextFile(`${layout}/blobs/${index.manifests[0].digest.replace(":", "/")}`));
}
