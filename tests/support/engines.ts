// The same tests under the preload engine, but for those that tests/engines.jsonc lists, each with the reason and the case that shows what is
// different. Used by run.ts.
import { parseJsonc } from "./case.ts";
import type { Machine } from "./machine.ts";
import type { Test } from "./run.ts";

interface Difference {
  /** Test, or several that begin so, without "spec:" or "probe:". */
  name: string;
  why: string;
  /** The case that holds under both engines or shows what happens under preload; absent where nothing is contained. */
  shown?: string;
}

/** `tests`, made for that engine, under their new names. Throws for a difference that names no test. */
export function underPreload(machine: Machine, tests: Test[]): Test[] {
  const differences = parseJsonc(Deno.readTextFileSync(`${machine.source}/tests/engines.jsonc`)) as Difference[];
  const bare = (test: Test) => test.name.replace(/^\w+:/, "");
  for (const { name, why, shown } of differences) {
    const known = (wanted: string) => tests.some((test) => bare(test).startsWith(wanted));
    if (!known(name) || (shown !== undefined && !known(shown)) || !why) {
      throw new Error(`tests/engines.jsonc: "${name}" is no test, has no reason, or is shown by none`);
    }
  }
  return tests
    .filter((test) => !differences.some(({ name }) => bare(test).startsWith(name)))
    .map((test) => ({ ...test, name: `preload:${bare(test)}` }));
}
