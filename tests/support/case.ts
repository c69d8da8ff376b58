// What a case is and how it is found: tests/specs/<area>/<name>/__test__.jsonc, see tests/README.md for the fields.
// Reads files, runs nothing. Used by the runner and by images/record.ts.

/** One command and what is expected of it. Texts may hold {{variables}} and the language of wildcard.ts. */
export interface Step {
  /** Arguments of lpmx. */
  args?: string[];
  /** Another command instead; lpmx and the test programs are on its PATH. */
  argv?: string[];
  stdin?: string;
  env?: Record<string, string>;
  cwd?: string;
  /** Command put in front, for instance ["tool_old_kernel"]. */
  wrap?: string[];
  /** Runs so many at once, with {{i}} counting from 1. */
  parallel?: number;
  /** Seconds. */
  timeout?: number;
  /** Expected output; unchecked when absent. A string ending in ".out" names a file of the case. */
  stdout?: string;
  stderr?: string;
  /** Expected exit code, 0 when absent; a list where more than one is right. */
  exitCode?: number | number[];
}

export interface Case {
  /** Why the case exists, when its name cannot say it. */
  why?: string;
  /** "fresh": a store of its own, empty but for `images`. */
  store?: "shared" | "fresh";
  images?: string[];
  /** What the machine must offer: see Machine in machine.ts. */
  needs?: string[];
  /** Not beside other cases. */
  serial?: boolean;
  env?: Record<string, string>;
  steps?: Step[];
  /** Several named ones over the same files; each starts from a fresh copy. */
  tests?: Record<string, Step[]>;
  /** A program that must print the same contained as in a plain chroot of the flattened image, with the case at /case. */
  program?: { images: string[]; argv: string[]; wrap?: string[]; timeout?: number };
}

export interface Found {
  /** area/name */
  name: string;
  folder: string;
  test: Case;
}

const FIELDS = new Set(["why", "store", "images", "needs", "serial", "env", "steps", "tests", "program"]);
const STEP_FIELDS = new Set([
  ..."args argv stdin env cwd wrap parallel timeout stdout stderr exitCode".split(" "),
]);

/** All cases below `specs`, sorted by name. Throws for a field it does not know: a misspelt check would check nothing. */
export function findCases(specs: string): Found[] {
  const found: Found[] = [];
  for (const area of names(specs)) {
    for (const name of names(`${specs}/${area}`)) {
      const folder = `${specs}/${area}/${name}`;
      const test = parseJsonc(Deno.readTextFileSync(`${folder}/__test__.jsonc`)) as Case;
      checkCase(test, `${area}/${name}`);
      found.push({ name: `${area}/${name}`, folder, test });
    }
  }
  return found;
}

function names(folder: string): string[] {
  return [...Deno.readDirSync(folder)].filter((entry) => entry.isDirectory).map((entry) => entry.name).sort();
}

function checkCase(test: Case, name: string) {
  const unknown = Object.keys(test).filter((field) => !FIELDS.has(field));
  const steps = [...(test.steps ?? []), ...Object.values(test.tests ?? {}).flat()];
  for (const step of steps) {
    unknown.push(...Object.keys(step).filter((field) => !STEP_FIELDS.has(field)));
    if (!step.args === !step.argv) throw new Error(`Case ${name}: a step needs either args or argv`);
  }
  if (unknown.length > 0) throw new Error(`Case ${name}: unknown field ${unknown.join(", ")}`);
  if (steps.length === 0 && !test.program) throw new Error(`Case ${name}: nothing to do`);
}

/** JSON with comments and trailing commas, outside strings. */
export function parseJsonc(text: string): unknown {
  const bare = text.replace(/("(?:[^"\\]|\\.)*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (_, string) => string ?? "");
  return JSON.parse(bare.replace(/("(?:[^"\\]|\\.)*")|,(\s*[\]}])/g, (_, string, close) => string ?? close));
}

/** Key of what a chroot printed for a program case: changes with the image and with any file of the case. */
export async function recordKey(found: Found, image: string): Promise<string> {
  const parts = [image, found.name];
  for (const entry of [...Deno.readDirSync(found.folder)].sort((a, b) => a.name < b.name ? -1 : 1)) {
    if (entry.isFile) parts.push(entry.name, await Deno.readTextFile(`${found.folder}/${entry.name}`));
  }
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(parts.join("\0")));
  return new Uint8Array(digest).toHex();
}
