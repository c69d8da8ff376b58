// Fills the storage of a real docker-registry with the test images, by skopeo and buildah. Runs as root from build.ts.
// Repositories: <image>:latest as OCI; <image>:v2s2 as docker schema 2; layered:{zstd,plain}; multi:latest, an index with
// linux/amd64 (layered) and linux/arm64 (busybox). The runner serves the storage read-only.
import { must } from "../support/process.ts";
import { freePort, startRegistry } from "../support/registry.ts";

const NAMES = ["debian12", "debian12-samtools", "busybox", "layered", "configured", "musl"];

export async function buildRegistry(images: Record<string, string>, folder: string) {
  const port = freePort();
  const server = await startRegistry(`${folder}/storage`, port, {});
  const at = (name: string) => `docker://127.0.0.1:${port}/${name}`;
  const copy = (from: string, to: string, ...flags: string[]) =>
    must(["skopeo", "--insecure-policy", "copy", "--quiet", "--dest-tls-verify=false", "--src-tls-verify=false", ...flags, from, to]);
  try {
    for (const name of NAMES) {
      const from = `oci:${images[name]}/oci:latest`;
      await copy(from, at(`${name}:latest`), "--format", "oci");
      await copy(from, at(`${name}:v2s2`), "--format", "v2s2");
    }
    const layered = `oci:${images["layered"]}/oci:latest`;
    await copy(layered, `dir:${folder}/plain`, "--dest-decompress");
    await copy(`dir:${folder}/plain`, at("layered:zstd"), "--format", "oci", "--dest-compress-format", "zstd");
    await pushIndex(folder, port);
  } finally {
    server.kill("SIGTERM");
    await server.status;
  }
  await Deno.remove(`${folder}/plain`, { recursive: true });
  await must(["chmod", "-R", "a+rX", folder]);
}

async function pushIndex(folder: string, port: number) {
  const buildah = (...args: string[]) =>
    must(["buildah", "--root", `${folder}/buildah`, "--runroot", `${folder}/buildah-run`, "--storage-driver", "vfs", ...args]);
  const add = (source: string, arch: string) =>
    buildah("manifest", "add", "--tls-verify=false", "--arch", arch, "multi", `docker://127.0.0.1:${port}/${source}`);
  await buildah("manifest", "create", "multi");
  await add("busybox:latest", "arm64");
  await add("layered:latest", "amd64");
  await buildah("manifest", "push", "--tls-verify=false", "--all", "--format", "oci", "multi", `docker://127.0.0.1:${port}/multi:latest`);
  await buildah("manifest", "push", "--tls-verify=false", "--all", "--format", "v2s2", "multi", `docker://127.0.0.1:${port}/multi:v2s2`);
  await Deno.remove(`${folder}/buildah`, { recursive: true });
  await Deno.remove(`${folder}/buildah-run`, { recursive: true });
}
