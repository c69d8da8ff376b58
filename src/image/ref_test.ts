import assert from "node:assert/strict";
import fc from "fast-check";
import { LpmxError } from "../base/mod.ts";
import { familiarName, parseRef, refText } from "./ref.ts";

interface Case {
  ref: string;
  normal: string | null;
}

const vectors = JSON.parse(
  Deno.readTextFileSync(new URL("../../tests/vectors/refs.json", import.meta.url)),
) as { cases: Case[] };

for (const { ref, normal } of vectors.cases) {
  Deno.test(`parseRef() ${normal ? "normalises" : "refuses"} ${JSON.stringify(ref)}`, () => {
    if (normal !== null) return assert.equal(refText(parseRef(ref)), normal);
    assert.throws(
      () => parseRef(ref),
      (error) => error instanceof LpmxError && error.code === "bad-reference",
    );
  });
}

Deno.test("parseRef() gives the same for its own result", () => {
  const part = fc.stringMatching(/^[a-z0-9]{1,8}([.-][a-z0-9]{1,8}){0,2}$/);
  const tag = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/);
  fc.assert(fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), tag, (parts, tag) => {
    const once = refText(parseRef(`${parts.join("/")}:${tag}`));
    assert.equal(refText(parseRef(once)), once);
  }));
});

Deno.test("familiarName() leaves out what docker leaves out", () => {
  assert.equal(familiarName("docker.io/library/debian"), "debian");
  assert.equal(familiarName("docker.io/a/b"), "a/b");
  assert.equal(familiarName("quay.io/library/b"), "quay.io/library/b");
});
