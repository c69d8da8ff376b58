import assert from "node:assert/strict";
import fc from "fast-check";
import { type ByteText, LpmxError } from "../base/mod.ts";
import { canonicalMember, nameOf, parentOf } from "./guest_path.ts";

const path = (text: string) => text as ByteText;

Deno.test("canonicalMember() makes one spelling of many", () => {
  const spellings = ["etc/x", "/etc/x", "./etc/x", "etc//x", "etc/./x", "etc/y/../x", "etc/x/"];
  for (const spelling of spellings) assert.equal(canonicalMember(path(spelling)), "etc/x");
  for (const spelling of ["", ".", "./", "/", "a/.."]) {
    assert.equal(canonicalMember(path(spelling)), "");
  }
  for (const spelling of ["..a", "a..", "a/..b/c", ".a", "a/...", "a/.b"]) {
    assert.equal(canonicalMember(path(spelling)), spelling);
  }
});

Deno.test("canonicalMember() refuses what leads out of the tree", () => {
  for (const name of ["..", "../x", "a/../../x", "/../x", "./.."]) {
    assert.throws(
      () => canonicalMember(path(name)),
      (e) => e instanceof LpmxError && e.code === "unsafe-entry",
    );
  }
});

Deno.test("canonicalMember() never gives a name with empty, dot or dot-dot parts", () => {
  const part = fc.constantFrom("a", "b", ".", "..", "", "...", ".x");
  fc.assert(fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
    let result: string;
    try {
      result = canonicalMember(path(parts.join("/")));
    } catch (error) {
      assert.ok(error instanceof LpmxError);
      return;
    }
    if (result === "") return;
    assert.ok(result.split("/").every((part) => !["", ".", ".."].includes(part)), result);
    assert.equal(canonicalMember(path(result)), result);
  }));
});

Deno.test("parentOf() and nameOf() split at the last slash", () => {
  assert.deepEqual([parentOf(path("a/b/c")), nameOf(path("a/b/c"))], ["a/b", "c"]);
  assert.deepEqual([parentOf(path("a")), nameOf(path("a"))], ["", "a"]);
});
