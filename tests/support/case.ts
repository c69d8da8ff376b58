// What a case is and how it is found: tests/specs/<area>/<name>/__test__.jsonc, see tests/README.md for the fields.
// Reads files, runs nothing. Used by the runner and by images/record.ts.

/** A program that must print the same contained as in a plain chroot of the flattened image, with the case at /case. */
export interface Program {
  images: string[];
  argv: string[];
  /** Run afterwards in the same tree: in the container, once it is started again, and in an image committed before. */
  after?: string[];
  /** Test programs of bundles/x86_64/test that lie beside the case's files. */
  tools?: string[];
  /** Shows the local packages that recipes.json has for the image at /repository. */
  repository?: boolean;
  wrap?: string[];
  timeout?: number;
  /** What is different where all is run: ./dev test --long, or LPMX_TEST_LONG=1. */
  long?: Partial<Program>;
}

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
  program?: Program;
}

export interface Found {
  /** area/name */
  name: string;
  folder: string;
  test: Case;
}

const FIELDS = new Set(["why", "store", "images", "needs", "serial", "env", "steps", "tests", "program"]);
const PROGRAM_FIELDS = new Set("images argv after tools repository wrap timeout long".split(" "));
const STEP_FIELDS = new Set([
  ..."args argv stdin env cwd wrap parallel timeout stdout stderr exitCode".split(" "),
]);

/** All cases below `specs`, sorted by name. Throws for a field it does not know: a misspelt check would check nothing. */
export function findCases(specs: string, long: boolean): Found[] {
  const found: Found[] = [];
  for (const area of names(specs)) {
    for (const name of names(`${specs}/${area}`)) {
      const folder = `${specs}/${area}/${name}`;
      const test = parseJsonc(Deno.readTextFileSync(`${folder}/__test__.jsonc`)) as Case;
      checkCase(test, `${area}/${name}`);
      if (long && test.program?.long) Object.assign(test.program, test.program.long);
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
  unknown.push(...Object.keys(test.program ?? {}).filter((field) => !PROGRAM_FIELDS.has(field)));
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

/** The test images of a run, as build.ts leaves them in images.json: name -> folder. */
export interface ImageList {
  images: Record<string, string>;
  /** Those that only program cases use: their one archive is <folder>/image.oci.tar. */
  own: Record<string, string>;
  repositories: Record<string, string>;
  archives: string;
  /** Squashfs and SIF files. */
  treeImages: string;
  registry: string;
}

/** Where what a chroot printed is kept below `expected`: changes with the image, the packages and any file of the case.
 * bin: the folder of the test programs. */
export async function recordKey(found: Found, image: string, list: ImageList, bin: string): Promise<string> {
  const parts = [({ ...list.images, ...list.own })[image]!.split("/").pop()!, found.name];
  if (found.test.program!.argv === found.test.program!.long?.argv) parts.push("long");
  if (found.test.program!.repository) parts.push(list.repositories[image]!.split("/").pop()!);
  for (const entry of [...Deno.readDirSync(found.folder)].sort((a, b) => a.name < b.name ? -1 : 1)) {
    if (entry.isFile) parts.push(entry.name, await Deno.readTextFile(`${found.folder}/${entry.name}`));
  }
  for (const tool of found.test.program!.tools ?? []) parts.push(tool, await sha256(await Deno.readFile(`${bin}/${tool}`)));
  return await sha256(new TextEncoder().encode(parts.join("\0")));
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
