// The golden command lines: what `lpmx __plan WORDS` makes of each line in *.jsonc, or how it refuses it. They pin parsing and
// composing in shim/launcher. A case is
//   args    the words after "lpmx": a text split at blanks, or a list
//   env     what the caller's environment holds beside HOME and PATH
//   plan    what must be in the plan: argv (entrypoint and command), env and binds as objects (null = must be missing; a bind's
//           value is its host path (of a map: its target) and flags, "/x ro"), anything else equal to the plan's own field
//   stderr  for a refused line (exit status 125): all of what is printed, in the language of wildcard.ts
// {{cwd}} is the current folder of the call, see fixture.ts for what is there and in the store.
import { matches } from "../support/wildcard.ts";
import { makeFixture } from "./fixture.ts";

interface GoldenCase {
  args: string | string[];
  env?: Record<string, string>;
  plan?: Record<string, unknown>;
  stderr?: string;
}

const here = new URL(".", import.meta.url).pathname;
const work = Deno.env.get("LPMX_TEST_WORK");
const lpmx = work ? `${work}/bin/lpmx` : `${here}../../dist/lpmx`;
const fields = new Set(["args", "env", "plan", "stderr"]);

// deno-lint-ignore no-explicit-any
type Plan = any;

function bindOf(plan: Plan, guest: string): string | null {
  const bind = plan.binds.find((bind: Plan) => bind.guest === guest);
  return bind ? [bind.target ?? bind.host ?? bind.own, ...bind.flags].join(" ") : null;
}

function envOf(plan: Plan, name: string): string | null {
  const found = plan.env.find((text: string) => text.startsWith(`${name}=`));
  return found === undefined ? null : found.slice(name.length + 1);
}

function actual(plan: Plan, key: string, expected: unknown): unknown {
  const names = Object.keys(expected && typeof expected === "object" ? expected : {});
  if (key === "argv") return [...plan.entrypoint, ...plan.cmd];
  if (key === "binds") return Object.fromEntries(names.map((name) => [name, bindOf(plan, name)]));
  if (key === "env" && !Array.isArray(expected)) return Object.fromEntries(names.map((name) => [name, envOf(plan, name)]));
  if (key === "files") return Object.fromEntries(names.map((name) => [name, plan.files[name] ?? null]));
  return plan[key] ?? null;
}

function faultsOf(test: GoldenCase, code: number, stdout: string, stderr: string): string[] {
  if (test.stderr !== undefined) {
    const right = code === 125 && stdout === "" && matches(test.stderr, stderr);
    return right ? [] : [`expected status 125 and: ${test.stderr}\n  status ${code}: ${stdout}${stderr}`];
  }
  if (code !== 0) return [`status ${code}: ${stderr}`];
  const plan = JSON.parse(stdout);
  return Object.entries(test.plan ?? {}).flatMap(([key, expected]) => {
    const found = actual(plan, key, expected);
    const [want, got] = [expected, found].map((value) => JSON.stringify(value));
    return want === got ? [] : [`${key}\n  expected ${want}\n  found    ${got}`];
  });
}

async function runCase(test: GoldenCase, dir: string): Promise<string[]> {
  for (const key of Object.keys(test)) if (!fields.has(key)) return [`unknown field "${key}" in the case`];
  const cwd = `${dir}/cwd`;
  const filled: GoldenCase = JSON.parse(JSON.stringify(test).replaceAll("{{cwd}}", cwd).replaceAll("{{dir}}", dir));
  const words = typeof filled.args === "string" ? filled.args.split(" ").filter((word) => word !== "") : filled.args;
  const { code, stdout, stderr } = await new Deno.Command(lpmx, {
    args: ["__plan", ...words],
    cwd,
    clearEnv: true,
    env: { HOME: "/nonexistent", PATH: "/usr/bin:/bin", LPMX_HOME: `${dir}/store`, ...filled.env },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  return faultsOf(filled, code, text.decode(stdout), text.decode(stderr));
}

function readCases(file: string): GoldenCase[] {
  const bare = Deno.readTextFileSync(`${here}${file}`).replace(/^\s*\/\/.*$/gm, "");
  return JSON.parse(bare);
}

Deno.test("golden command lines", async (t) => {
  const dir = await Deno.realPath(await Deno.makeTempDir());
  await makeFixture(dir);
  let cases = 0;
  for (const { name } of [...Deno.readDirSync(here)].sort((x, y) => x.name < y.name ? -1 : 1)) {
    if (!name.endsWith(".jsonc")) continue;
    await t.step(name, async () => {
      const faults: string[] = [];
      for (const test of readCases(name)) {
        cases++;
        const found = await runCase(test, dir);
        if (found.length > 0) faults.push(`${JSON.stringify(test.args)}: ${found.join("\n")}`);
      }
      if (faults.length > 0) throw new Error(`\n${faults.join("\n")}`);
    });
  }
  await t.step("composing has left nothing in the store", () => {
    const names = [...Deno.readDirSync(`${dir}/store`)].map(({ name }) => name).sort().join(" ");
    if (names !== "images indexes layers refs.tab") throw new Error(`the store holds: ${names}`);
  });
  await t.step("references of tests/vectors/refs.json", async () => {
    const { cases: vectors } = JSON.parse(await Deno.readTextFile(`${here}../vectors/refs.json`));
    const args = ["__ref", ...vectors.map(({ ref }: { ref: string }) => ref)];
    const { code, stdout } = await new Deno.Command(lpmx, { args }).output();
    const lines = new TextDecoder().decode(stdout).split("\n");
    const faults = vectors.filter(({ normal }: { normal: string | null }, n: number) =>
      normal === null ? !lines[n]?.startsWith("- ") : lines[n] !== normal
    );
    if (code !== 0 || faults.length > 0) throw new Error(`status ${code}: ${JSON.stringify(faults)}`);
  });
  if (cases < 300) throw new Error(`only ${cases} command lines were found`);
  await Deno.remove(dir, { recursive: true });
});
