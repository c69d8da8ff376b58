/* Checks the shape of src/: imports point down and never sideways, only src/host touches the machine, files and functions stay
 * small enough to be read.
 *
 *     deno run --allow-read tools/check_imports.ts
 *
 * The rows: main -> cli -> engine -> { source | store | layer | runtime | compose | grid } -> { image | host } -> base.
 */

const rows = [
  ["base"],
  ["image", "host"],
  ["source", "store", "layer", "runtime", "compose", "grid"],
  ["engine"],
  ["cli"],
  ["main.ts"],
];
const rankOf = (folder: string) => rows.findIndex((row) => row.includes(folder));
const maxLines = 300;
const maxFunction = 40;

/** The folder of src/ that a file belongs to. */
function folderOf(path: string): string {
  return /^src\/([^/]+)\//.exec(path)?.[1] ?? path;
}

/** Paths of a module's own imports, from the repository's root. */
function importsOf(path: string, text: string): string[] {
  const found = text.matchAll(
    /\b(?:import|export)\b[^"';]*?\bfrom\s*"(\.[^"]+)"|\bimport\(\s*"(\.[^"]+)"/g,
  );
  return [...found].map(([, fixed, lazy]) =>
    new URL(fixed ?? lazy!, `file:///${path}`).pathname.slice(1)
  );
}

/** What is wrong with a file; one line each. Tests may use what their own folder may, and the test support of host. */
export function faultsOf(path: string, text: string): string[] {
  const folder = folderOf(path);
  const isTest = /(_test|\/testing)\.ts$/.test(path);
  const faults = importsOf(path, text).flatMap((target) => {
    const other = folderOf(target);
    const allowed = other === folder || rankOf(other) < rankOf(folder) ||
      target === "deno.json" || (isTest && target === "src/host/testing.ts");
    return allowed ? [] : [`${path}: imports ${target}: ${folder} may not use ${other}`];
  });
  if (rankOf(folder) < 0) faults.push(`${path}: ${folder} is no folder of the layout`);
  const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
  if (
    folder !== "host" && folder !== "main.ts" && !isTest && /\bDeno\.|"node:|\bfetch\(/.test(code)
  ) {
    faults.push(`${path}: only src/host may use Deno, node: and the network`);
  }
  if (!text.startsWith("/*") && !isTest) {
    faults.push(`${path}: lacks the comment that says what it is for`);
  }
  const lines = text.split("\n").length - 1;
  if (lines > maxLines) faults.push(`${path}: has ${lines} lines, more than ${maxLines}`);
  return isTest ? faults : [...faults, ...longFunctions(path, text)];
}

/** Functions and methods by their indentation, which the formatter guarantees. */
function longFunctions(path: string, text: string): string[] {
  const lines = text.split("\n");
  return lines.flatMap((line, start) => {
    const head = /^( *)(?:export )?(?:async )?(?:function\*? (\w+)|(?:async )?\*?(#?\w+)\()/.exec(
      line,
    );
    const isHead = head && (head[2] !== undefined || (head[1] === "  " && /\{$|\($/.test(line)));
    if (!isHead) return [];
    const end = lines.findIndex((other, at) => at > start && other === `${head[1]}}`);
    const length = end - start + 1;
    return length > maxFunction
      ? [
        `${path}:${start + 1}: ${head[2] ?? head[3]} has ${length} lines, more than ${maxFunction}`,
      ]
      : [];
  });
}

function* sources(folder: string): Generator<string> {
  for (
    const { name, isDirectory } of [...Deno.readDirSync(folder)].sort((x, y) =>
      x.name < y.name ? -1 : 1
    )
  ) {
    if (isDirectory) yield* sources(`${folder}/${name}`);
    else if (name.endsWith(".ts") && name !== "contract.ts") yield `${folder}/${name}`;
  }
}

if (import.meta.main) {
  Deno.chdir(new URL("..", import.meta.url));
  const faults = ["main.ts", ...sources("src")].flatMap((path) =>
    faultsOf(path, Deno.readTextFileSync(path))
  );
  faults.forEach((fault) => console.error(fault));
  Deno.exitCode = faults.length > 0 ? 1 : 0;
}
