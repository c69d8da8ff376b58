/* Makes the engine: one minified module out of main.ts, and of that, where a denort is at hand, a program (`deno compile`).
 *
 * `deno compile` checks nothing: with a plain deno as its base it gives a program that behaves as deno. So what was made is
 * run: it must answer `__selftest` with this version. Used by tools/pack.ts; deno is the one that runs this.
 */

/** An engine: a compiled program, or plain deno with the bundle beside it. */
export type Engine =
  | { kind: "denort"; program: string }
  | { kind: "deno"; deno: string; bundle: string; why: string };

async function run(command: string[], env: Record<string, string> = {}): Promise<string> {
  const [program, ...args] = command as [string, ...string[]];
  const process = new Deno.Command(program, {
    args,
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  const { success, stdout, stderr } = await process.output();
  if (!success) throw new Error(`${command.join(" ")}: ${new TextDecoder().decode(stderr).trim()}`);
  return new TextDecoder().decode(stdout);
}

/** Bundles main.ts into a file. CommonJS packages need `require` for node: modules, which a module does not have. */
export async function bundle(root: string, output: string): Promise<void> {
  await run([Deno.execPath(), "bundle", "--quiet", "--minify", "-o", output, `${root}/main.ts`]);
  const code = Deno.readTextFileSync(output);
  const banner =
    'import{createRequire as __r}from"node:module";const require=__r(import.meta.url);\n';
  if (/Dynamic require of/.test(code)) Deno.writeTextFileSync(output, banner + code);
}

/** Throws unless the command answers as the engine of this version. */
async function verify(command: string[], version: string): Promise<void> {
  const answer = await run([...command, "__selftest"], { LPMX_LOG: "" });
  const seen = JSON.parse(answer) as { lpmx?: string; failed?: string[] };
  if (seen.lpmx !== version) throw new Error(`the engine says it is version ${seen.lpmx}`);
  if (seen.failed?.length) {
    throw new Error(`the engine's self-test failed: ${seen.failed.join(", ")}`);
  }
}

/** Makes the engine in a folder: compiled if `denort` is there and works, else the fallback. */
export async function makeEngine(
  root: string,
  folder: string,
  denort: string | undefined,
  version: string,
): Promise<Engine> {
  const script = `${folder}/engine.js`;
  await bundle(root, script);
  const fallback = async (why: string): Promise<Engine> => {
    await verify([Deno.execPath(), "run", "-A", "-q", "--no-config", script], version);
    return { kind: "deno", deno: Deno.execPath(), bundle: script, why };
  };
  if (denort === undefined) return fallback("no denort at hand");
  const program = `${folder}/engine`;
  try {
    // The script's time goes into the program. A code cache would lie in a shared /tmp under a name that anyone can guess.
    Deno.utimeSync(script, 0, 0);
    const flags = ["-q", "-A", "--no-config", "--no-check", "--no-code-cache"];
    await run([Deno.execPath(), "compile", ...flags, "-o", program, script], {
      DENORT_BIN: denort,
    });
    await verify([program], version);
    return { kind: "denort", program };
  } catch (error) {
    return fallback(error instanceof Error ? error.message : String(error));
  }
}
