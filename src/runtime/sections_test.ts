import assert from "node:assert/strict";
import fc from "fast-check";
import { LpmxError } from "../base/mod.ts";
import { parseConfig, signalNumber } from "../image/mod.ts";
import { lpmx_image, LPMX_MAGIC_IMAGE, LPMX_SEC_ENV, LPMX_SEC_IMAGE } from "./contract.ts";
import { encodeRecord } from "./record.ts";
import { decodeRefs, encodeRefs } from "./refs_tab.ts";
import { decodeSections } from "./sections.ts";

const id = (digit: string) => digit.repeat(64);

Deno.test("decodeRefs() gives back what encodeRefs() got, sorted bytewise", () => {
  const name = fc.stringMatching(/^[a-z0-9./:@-]{1,40}$/);
  fc.assert(fc.property(fc.dictionary(name, fc.constantFrom(id("a"), id("b"))), (names) => {
    const table = { refs: new Map(Object.entries(names)), ids: new Set([id("b"), id("a")]) };
    const back = decodeRefs(encodeRefs(table), "t");
    assert.deepEqual(new Map(back.refs), table.refs);
    assert.deepEqual([...back.refs.keys()], [...table.refs.keys()].sort());
    assert.deepEqual([...back.ids], [id("a"), id("b")]);
  }));
});

Deno.test("decodeRefs() refuses files that are cut off, damaged or of another kind", () => {
  const file = encodeRefs({ refs: new Map([["a:b", id("a")]]), ids: new Set() });
  const refused = (bytes: Uint8Array<ArrayBuffer>) =>
    assert.throws(
      () => decodeRefs(bytes, "t"),
      (e) => e instanceof LpmxError && e.code === "bad-record",
    );
  refused(file.slice(0, -1));
  refused(file.slice(0, 20));
  refused(new Uint8Array(0));
  refused(file.map((byte, at) => at === 0 ? byte ^ 1 : byte));
  refused(file.map((byte, at) => at === 8 ? byte ^ 1 : byte));
});

Deno.test("encodeRecord() holds what the launcher needs of an image", () => {
  const config = parseConfig(
    JSON.stringify({
      config: { Env: ["A=1", "B=ü"], WorkingDir: "/w", User: "me", StopSignal: "SIGINT" },
      rootfs: { diff_ids: [] },
    }),
    "c",
  );
  const file = encodeRecord({
    id: id("a"),
    name: "x",
    index: "indexes/y.idx",
    layers: ["l/fs"],
    config,
  });
  const sections = decodeSections(LPMX_MAGIC_IMAGE, file, "r");
  const image = sections.section(LPMX_SEC_IMAGE)!;
  const text = (field: "id" | "workdir" | "user" | "index") =>
    sections.string(image.getUint32(lpmx_image.fields[field][1], true));
  assert.deepEqual([text("id"), text("workdir"), text("user"), text("index")], [
    id("a"),
    "/w",
    "me",
    "indexes/y.idx",
  ]);
  assert.equal(image.getUint32(lpmx_image.fields.stop_signal[1], true), 2);
  const env = sections.section(LPMX_SEC_ENV)!;
  assert.deepEqual([0, 4].map((at) => sections.string(env.getUint32(at, true))), ["A=1", "B=ü"]);
});

Deno.test("signalNumber() knows names, numbers and real-time signals", () => {
  assert.deepEqual(["", "9", "SIGTERM", "quit", "RTMIN+3", "SIGRTMAX-1"].map(signalNumber), [
    0,
    9,
    15,
    3,
    37,
    63,
  ]);
  assert.throws(() => signalNumber("SIGFOO"), LpmxError);
});
