/* File system images of Singularity and Apptainer: a SIF, whose primary partition is the tree, or a squashfs alone (Singularity 2,
 * mksquashfs), also behind the line that lets the kernel start it.
 */
import { type ByteText, LpmxError } from "../base/mod.ts";
import {
  isSif,
  parseSifDescriptor,
  parseSifHeader,
  sifDescriptorSize,
  sifHeaderSize,
  type SifObject,
  type SifPartition,
  type TreeSource,
} from "../image/mod.ts";
import { archiveOf, type Left } from "./squashfs/archive.ts";
import { lookUp, readSmall } from "./squashfs/lookup.ts";
import { Squashfs } from "./squashfs/squashfs.ts";
import { type ByteFile, Stretch } from "./squashfs/stretch.ts";
import { isSquashfs } from "./squashfs/superblock.ts";

/** What Singularity 2 wrote before a squashfs. */
const launch = "#!/usr/bin/env run-singularity\n";
const mostText = 1 << 20;

/** Opens a file if it is such an image; undefined when it is something else. Owns the file then. Throws LpmxError. */
export async function openTreeImage(file: ByteFile): Promise<TreeSource | undefined> {
  const start = new Uint8Array(sifHeaderSize);
  const got = file.readAt(0, start);
  if (isSif(start)) return await openSif(file, start.subarray(0, got));
  const skip = String.fromCharCode(...start.subarray(0, launch.length)) === launch
    ? launch.length
    : 0;
  if (!isSquashfs(start.subarray(skip))) return undefined;
  const tree = await Squashfs.open(new Stretch(file, skip, file.size - skip));
  return new TreeImage(file, tree, { architecture: undefined, created: tree.created, notes: [] });
}

async function openSif(
  file: ByteFile,
  start: Uint8Array<ArrayBuffer>,
): Promise<TreeSource> {
  const header = parseSifHeader(start, file.size);
  const objects: SifObject[] = [];
  const bytes = new Uint8Array(sifDescriptorSize);
  for (let n = 0; n < header.descriptors; n++) {
    file.readAt(header.descriptorsAt + n * sifDescriptorSize, bytes);
    const object = parseSifDescriptor(bytes, file.size);
    if (object) objects.push(object);
  }
  const partitions = objects.flatMap((object) =>
    object.kind === "partition" ? [object.partition] : []
  );
  const primary = primaryOf(partitions, objects.some(({ kind }) => kind === "oci"));
  const tree = await Squashfs.open(new Stretch(file, primary.offset, primary.size));
  const others = partitions.filter((partition) => partition !== primary);
  return new TreeImage(file, tree, {
    architecture: primary.architecture ?? header.architecture,
    created: header.created,
    notes: others.map(({ type }) => `a partition of the SIF is left out: ${type}`),
  });
}

function primaryOf(partitions: readonly SifPartition[], isOci: boolean): SifPartition {
  const primary = partitions.find(({ type }) => type === "primary");
  if (!primary) {
    throw new LpmxError(
      "unsupported",
      isOci
        ? "it is an OCI-SIF, which holds no tree of files but an OCI image"
        : "it has no primary system partition",
      isOci ? { hint: "get the image from its registry: lpmx pull NAME" } : {},
    );
  }
  if (primary.fileSystem === "squashfs") return primary;
  const isLocked = /^(encrypted squashfs|gocryptfs)$/.test(primary.fileSystem);
  throw new LpmxError(
    "unsupported",
    isLocked
      ? `its partition is encrypted (${primary.fileSystem})`
      : `its partition is of the kind "${primary.fileSystem}", only squashfs is supported`,
    { hint: "build it again as a plain SIF: apptainer build NEW.sif OLD.sif" },
  );
}

/** An opened tree. */
class TreeImage implements TreeSource {
  readonly architecture: string | undefined;
  readonly created: number;
  readonly notes: readonly string[];
  #file: ByteFile;
  #tree: Squashfs;

  constructor(
    file: ByteFile,
    tree: Squashfs,
    facts: { architecture: string | undefined; created: number; notes: readonly string[] },
  ) {
    this.#file = file;
    this.#tree = tree;
    this.architecture = facts.architecture;
    this.created = facts.created;
    this.notes = facts.notes;
  }

  archive(left: Left): Iterable<Uint8Array<ArrayBuffer>> {
    return archiveOf(this.#tree, left);
  }

  text(path: string): string | undefined {
    return readSmall(this.#tree, path, mostText);
  }

  names(path: string): ByteText[] {
    const folder = lookUp(this.#tree, path);
    if (folder?.type !== "dir") return [];
    return Array.from(this.#tree.names(folder), ({ name }) => name).sort();
  }

  isProgram(path: string): boolean {
    const inode = lookUp(this.#tree, path);
    return inode?.type === "file" && (inode.mode & 0o111) !== 0;
  }

  close(): void {
    this.#tree.close();
    this.#file.close();
  }
}
