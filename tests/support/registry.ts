// Starts the real docker-registry (Debian package) on loopback for tests; configured by environment as its manual says
// (https://distribution.github.io/distribution/about/configuration/). Used by images/registry_content.ts and the runner.

/** A port that was free a moment ago. */
export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}

/** Starts one registry over `storage` and waits until it answers; `settings` are its REGISTRY_* variables. */
export async function startRegistry(
  storage: string,
  port: number,
  settings: Record<string, string>,
): Promise<Deno.ChildProcess> {
  const config = await Deno.makeTempFile({ suffix: ".yml" });
  await Deno.writeTextFile(config, "version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: /nonexistent\nhttp:\n  addr: :0\n");
  const child = new Deno.Command("docker-registry", {
    args: ["serve", config],
    env: {
      REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY: storage,
      REGISTRY_HTTP_ADDR: `127.0.0.1:${port}`,
      REGISTRY_LOG_LEVEL: "error",
      OTEL_TRACES_EXPORTER: "none",
      ...settings,
    },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      const answer = await fetch(`http://127.0.0.1:${port}/v2/`);
      await answer.body?.cancel();
      if (answer.status === 200 || answer.status === 401) {
        await Deno.remove(config);
        return child;
      }
    } catch {
      // Not listening yet.
    }
    await new Promise((wake) => setTimeout(wake, 50));
  }
  child.kill("SIGKILL");
  throw new Error(`Cannot start docker-registry on port ${port}: it does not answer`);
}
