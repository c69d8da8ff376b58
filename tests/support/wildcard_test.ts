// Tests of the matcher itself: a matcher that accepts everything would make every case green.
import { matches } from "./wildcard.ts";

function check(pattern: string, text: string, wanted: boolean) {
  if (matches(pattern, text) !== wanted) throw new Error(`matches(${pattern}, ${text}) is not ${wanted}`);
}

Deno.test("matches() takes literal text only as it stands", () => {
  check("a.b\n", "a.b\n", true);
  check("a.b\n", "axb\n", false);
  check("a\n", "a\nb\n", false);
  check("", "a", false);
});

Deno.test("matches() lets [WILDLINE] stay on its line and [WILDCARD] cross lines", () => {
  check("x [WILDLINE]\n", "x anything\n", true);
  check("x [WILDLINE]\n", "x any\nthing\n", false);
  check("x [WILDCARD] y", "x any\nthing y", true);
});

Deno.test("matches() leaves comments out and knows a digest", () => {
  check("[# why]\n[DIGEST]", `sha256:${"a".repeat(64)}`, true);
  check("[DIGEST]", "sha256:abc", false);
});
