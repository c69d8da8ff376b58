// Each fault has its place in the source, once: a run puts only a few of them in, so one that no longer applies would be seen late.
import assert from "node:assert/strict";
import { parseJsonc } from "../support/case.ts";

Deno.test("each fault applies", () => {
  const faults = parseJsonc(Deno.readTextFileSync(new URL("faults.jsonc", import.meta.url))) as { name: string; file: string; from: string }[];
  assert.ok(faults.length >= 10);
  for (const { name, file, from } of faults) {
    const source = Deno.readTextFileSync(new URL(`../../${file}`, import.meta.url));
    assert.equal(source.split(from).length, 2, `${name}: ${file} does not have its place exactly once`);
  }
});
