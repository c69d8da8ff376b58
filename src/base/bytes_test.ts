import assert from "node:assert/strict";
import fc from "fast-check";
import { byteText, fromByteText, hex, showByteText, showSize, toByteText, unhex } from "./bytes.ts";

Deno.test("byteText() and fromByteText() undo each other for any bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20000 }), (bytes) => {
      assert.deepEqual(fromByteText(byteText(bytes)), new Uint8Array(bytes));
      assert.deepEqual(unhex(hex(bytes)), new Uint8Array(bytes));
    }),
    { numRuns: 30 },
  );
});

Deno.test("toByteText() gives UTF-8, which showByteText() shows again", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme" }),
      (text) => assert.equal(showByteText(toByteText(text)), text),
    ),
  );
});

Deno.test("showByteText() marks bytes that are no UTF-8", () => {
  assert.equal(showByteText(byteText(new Uint8Array([0x61, 0xff]))), "a\\xff");
});

Deno.test("showSize() counts as docker does", () => {
  assert.deepEqual([0, 999, 1000, 164038824, 1240000000].map(showSize), [
    "0B",
    "999B",
    "1kB",
    "164MB",
    "1.24GB",
  ]);
});
