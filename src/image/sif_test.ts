import assert from "node:assert/strict";
import { LpmxError } from "../base/mod.ts";
import {
  isSif,
  parseSifDescriptor,
  parseSifHeader,
  sifDescriptorSize,
  sifHeaderSize,
} from "./sif.ts";

const fileSize = 1 << 20;

function header(change: (view: DataView<ArrayBuffer>) => void = () => {}): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(sifHeaderSize));
  const bytes = new Uint8Array(view.buffer);
  bytes.set(new TextEncoder().encode("#!/usr/bin/env run-singularity\n"), 0);
  bytes.set(new TextEncoder().encode("SIF_MAGIC\x0001\x0002\x00"), 32);
  view.setBigInt64(64, 1700000000n, true);
  view.setBigInt64(88, 48n, true);
  view.setBigInt64(96, 4096n, true);
  change(view);
  return bytes;
}

function descriptor(
  change: (view: DataView<ArrayBuffer>) => void = () => {},
): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(sifDescriptorSize));
  view.setUint32(0, 0x4004, true);
  view.setUint8(4, 1);
  view.setBigInt64(17, 32768n, true);
  view.setBigInt64(25, 4096n, true);
  view.setUint32(201, 1, true);
  view.setUint32(205, 2, true);
  new Uint8Array(view.buffer).set(new TextEncoder().encode("04"), 209);
  change(view);
  return new Uint8Array(view.buffer);
}

const isBad = (error: unknown) => error instanceof LpmxError && error.code === "bad-archive";

Deno.test("parseSifHeader() reads architecture, time and where the descriptors are", () => {
  assert.ok(isSif(header()));
  assert.ok(!isSif(header((view) => view.setUint8(32, 0))));
  assert.deepEqual(parseSifHeader(header(), fileSize), {
    architecture: "amd64",
    created: 1700000000,
    descriptorsAt: 4096,
    descriptors: 48,
  });
});

Deno.test("parseSifHeader() refuses other versions, and numbers that cannot be", () => {
  const bad = [
    (view: DataView<ArrayBuffer>) => view.setBigInt64(88, -1n, true),
    (view: DataView<ArrayBuffer>) => view.setBigInt64(88, 1n << 40n, true),
    (view: DataView<ArrayBuffer>) => view.setBigInt64(96, 0n, true),
    (view: DataView<ArrayBuffer>) => view.setBigInt64(96, (1n << 63n) - 1n, true),
    (view: DataView<ArrayBuffer>) => view.setBigInt64(96, BigInt(fileSize - 1), true),
  ];
  for (const change of bad) assert.throws(() => parseSifHeader(header(change), fileSize), isBad);
  assert.throws(() => parseSifHeader(header().subarray(0, 100), fileSize), isBad);
  const newer = header((view) => view.setUint8(43, 0x32));
  assert.throws(
    () => parseSifHeader(newer, fileSize),
    (error) => error instanceof LpmxError && error.code === "unsupported",
  );
});

Deno.test("parseSifDescriptor() reads partitions, and what else there is", () => {
  assert.deepEqual(parseSifDescriptor(descriptor(), fileSize), {
    kind: "partition",
    partition: {
      type: "primary",
      fileSystem: "squashfs",
      architecture: "arm64",
      offset: 32768,
      size: 4096,
    },
  });
  const kind = (change: (view: DataView<ArrayBuffer>) => void) =>
    parseSifDescriptor(descriptor(change), fileSize)?.kind;
  assert.equal(kind((view) => view.setUint8(4, 0)), undefined);
  assert.equal(kind((view) => view.setUint32(0, 0x4001, true)), "other");
  assert.equal(kind((view) => view.setUint32(0, 0x400b, true)), "oci");
});

Deno.test("parseSifDescriptor() refuses partitions that are not all there", () => {
  const bad = [
    (view: DataView<ArrayBuffer>) => view.setBigInt64(17, -1n, true),
    (view: DataView<ArrayBuffer>) => view.setBigInt64(17, BigInt(fileSize), true),
    (view: DataView<ArrayBuffer>) => view.setBigInt64(25, -1n, true),
    (view: DataView<ArrayBuffer>) => view.setBigInt64(25, (1n << 62n) + 1n, true),
  ];
  for (const change of bad) {
    assert.throws(() => parseSifDescriptor(descriptor(change), fileSize), isBad);
  }
});
