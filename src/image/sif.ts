/* The Singularity Image Format: a header, a table of descriptors, and the objects that these describe. Pure.
 *
 * Source: apptainer/sif pkg/sif, sif.go (header), descriptor.go (rawDescriptor, partition), arch.go. Little-endian and packed.
 */
import { byteText, LpmxError } from "../base/mod.ts";

export const sifHeaderSize = 128;
export const sifDescriptorSize = 585;
/** More than any writer makes: the default is 48. */
const mostDescriptors = 4096;

/** What a SIF says of itself. */
export interface SifHeader {
  /** As in an image config; undefined where the file does not say. */
  architecture: string | undefined;
  /** Seconds since 1970. */
  created: number;
  descriptorsAt: number;
  descriptors: number;
}

/** An object of a SIF that is a file system. */
export interface SifPartition {
  type: "system" | "primary" | "data" | "overlay" | "unknown";
  fileSystem:
    | "squashfs"
    | "ext3"
    | "archive"
    | "raw"
    | "encrypted squashfs"
    | "gocryptfs"
    | "unknown";
  architecture: string | undefined;
  offset: number;
  size: number;
}

/** An object of a SIF; of others than partitions only what kind they are. */
export type SifObject = { kind: "partition"; partition: SifPartition } | { kind: "oci" | "other" };

const architectures = new Map([
  ["01", "386"],
  ["02", "amd64"],
  ["03", "arm"],
  ["04", "arm64"],
  ["05", "ppc64"],
  ["06", "ppc64le"],
  ["07", "mips"],
  ["08", "mipsle"],
  ["09", "mips64"],
  ["10", "mips64le"],
  ["11", "s390x"],
  ["12", "riscv64"],
]);

const fileSystems = [
  "unknown",
  "squashfs",
  "ext3",
  "archive",
  "raw",
  "encrypted squashfs",
  "gocryptfs",
] as const;
const partitionTypes = ["unknown", "system", "primary", "data", "overlay"] as const;
const dataPartition = 0x4004, dataOciRootIndex = 0x400a, dataOciBlob = 0x400b;

const damaged = (why: string) => new LpmxError("bad-archive", `the SIF is damaged: ${why}`);

/** Whether a file that begins so is a SIF; 42 bytes are enough. */
export function isSif(start: Uint8Array): boolean {
  return start.length >= 42 && byteText(start, 32, 42) === "SIF_MAGIC\0";
}

/** Parses the header of a file of `size` bytes. Throws LpmxError("bad-archive" | "unsupported"). */
export function parseSifHeader(bytes: Uint8Array<ArrayBuffer>, size: number): SifHeader {
  if (bytes.length < sifHeaderSize) throw damaged("its header is cut off");
  const version = byteText(bytes, 42, 44);
  if (version !== "01") {
    throw new LpmxError("unsupported", `SIF version "${version}" is not supported, only 01`);
  }
  const [descriptors, descriptorsAt] = [i64(bytes, 88), i64(bytes, 96)];
  if (descriptors < 0 || descriptors > mostDescriptors) {
    throw damaged(`it says that it has ${descriptors} descriptors`);
  }
  const end = descriptorsAt + descriptors * sifDescriptorSize;
  if (descriptorsAt < sifHeaderSize || end > size) throw damaged("its descriptors are cut off");
  return {
    architecture: architectures.get(byteText(bytes, 45, 47)),
    created: i64(bytes, 64),
    descriptorsAt,
    descriptors,
  };
}

/** Parses a descriptor of a file of `size` bytes; undefined for one that is not in use. Throws LpmxError("bad-archive"). */
export function parseSifDescriptor(
  bytes: Uint8Array<ArrayBuffer>,
  size: number,
): SifObject | undefined {
  if (bytes[4] === 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const type = view.getUint32(0, true);
  if (type === dataOciRootIndex || type === dataOciBlob) return { kind: "oci" };
  if (type !== dataPartition) return { kind: "other" };
  const [offset, length] = [i64(bytes, 17), i64(bytes, 25)];
  if (offset < sifHeaderSize || length < 0 || offset + length > size) {
    throw damaged("a partition is cut off");
  }
  return {
    kind: "partition",
    partition: {
      type: partitionTypes[view.getUint32(205, true)] ?? "unknown",
      fileSystem: fileSystems[view.getUint32(201, true)] ?? "unknown",
      architecture: architectures.get(byteText(bytes, 209, 211)),
      offset,
      size: length,
    },
  };
}

/** A number that is too large to be one of this file is as good as -1. */
function i64(bytes: Uint8Array<ArrayBuffer>, at: number): number {
  const value = Number(new DataView(bytes.buffer, bytes.byteOffset + at, 8).getBigInt64(0, true));
  return Number.isSafeInteger(value) ? value : -1;
}
