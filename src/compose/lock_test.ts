import assert from "node:assert/strict";
import { lockText, parseYaml, readLock } from "./mod.ts";

const id = `sha256:${"1".repeat(64)}`, digest = `sha256:${"2".repeat(64)}`;

Deno.test("a lock reads as it was written", async () => {
  const lock = new Map([
    ["z", { id, digest: undefined }],
    ["127.0.0.1:5000/a:1", { id, digest }],
  ]);
  const text = lockText(lock);
  assert.ok(text.indexOf("5000/a") < text.indexOf('"z"'));
  const again = readLock(await parseYaml(text, "l.yaml"));
  assert.deepEqual(new Map([...again].sort()), new Map([...lock].sort()));
  assert.equal(readLock(await parseYaml(lockText(new Map()), "l.yaml")).size, 0);
});

Deno.test("a lock that is none is refused with its place", async () => {
  const cases: [text: string, fault: RegExp][] = [
    ["images: {}\n", /^l\.yaml:1:1: version: is not 1$/],
    ["version: 1\nimages:\n  a: {}\n", /^l\.yaml:3:3: images\.a: lacks an id$/],
    ["version: 1\nimages: {a: {id: x}}\n", /^l\.yaml:2:18: images\.a\.id: "x" is no digest/],
  ];
  for (const [text, message] of cases) {
    const document = await parseYaml(text, "l.yaml");
    assert.throws(() => readLock(document), { code: "bad-compose-file", message });
  }
});
