/* The environment that the launcher hands over, and the user's own that it put aside (toolchain.md: the engine is started with
 * a private C library named in LD_LIBRARY_PATH and LD_PRELOAD, which nothing below the engine may see).
 */

const borrowed = ["LD_LIBRARY_PATH", "LD_PRELOAD", "LD_AUDIT", "RES_OPTIONS", "DENO_DIR"] as const;

/** To be called first thing: puts the user's own values back, which the launcher saved as LPMX_SAVED_*. */
export function restoreEnvironment(): void {
  // Sites have certificate authorities of their own; Deno alone would look at Mozilla's only.
  if (!Deno.env.get("DENO_TLS_CA_STORE")) Deno.env.set("DENO_TLS_CA_STORE", "system,mozilla");
  if (Deno.env.get("LPMX_EXE") === undefined) return;
  for (const name of borrowed) {
    const saved = Deno.env.get(`LPMX_SAVED_${name}`);
    if (saved === undefined) Deno.env.delete(name);
    else Deno.env.set(name, saved);
    Deno.env.delete(`LPMX_SAVED_${name}`);
  }
  for (const name of Object.keys(Deno.env.toObject())) {
    if (!name.startsWith("LPMX_SAVED_")) continue;
    Deno.env.set(name.slice(11), Deno.env.get(name)!);
    Deno.env.delete(name);
  }
}

/** The launcher's own path, when it started us. */
export function launcherPath(): string | undefined {
  return Deno.env.get("LPMX_EXE");
}

/** A variable's value; empty counts as unset. */
export function setting(name: string): string | undefined {
  return Deno.env.get(name) || undefined;
}

/** A variable as it is; undefined when there is none. */
export function variable(name: string): string | undefined {
  return Deno.env.get(name);
}

/** Where this program was started. */
export function currentFolder(): string {
  return Deno.cwd();
}

/** The folders of PATH. */
export function commandFolders(): string[] {
  return (Deno.env.get("PATH") ?? "").split(":");
}

/** What of Deno this is: a compiled program or deno itself, and the versions inside. */
export function runtimeParts(): { engine: string; deno: string; v8: string } {
  const { deno, v8 } = Deno.version;
  return { engine: Deno.build.standalone ? "denort" : "deno", deno, v8 };
}

/** Who runs this. */
export function userId(): number {
  return Deno.uid() ?? 0;
}

/** os/architecture of this machine in OCI's words. */
export function machinePlatform(): { os: string; architecture: string } {
  return { os: "linux", architecture: Deno.build.arch === "aarch64" ? "arm64" : "amd64" };
}

/** What this machine is called. */
export function machineName(): string {
  return Deno.hostname();
}
