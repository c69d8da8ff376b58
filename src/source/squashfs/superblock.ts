/* The superblock of a squashfs 4.0: where its tables are and how it is compressed.
 *
 * Source: Linux fs/squashfs/squashfs_fs.h (struct squashfs_super_block) and Documentation/filesystems/squashfs.rst.
 */
import { LpmxError } from "../../base/mod.ts";
import { type BlockCodecName } from "../../host/mod.ts";
import { damaged, type Stretch } from "./stretch.ts";

export const superblockSize = 96;
const magic = 0x73717368;

/** What the superblock says. Places are bytes from the beginning. */
export interface Superblock {
  codec: BlockCodecName;
  blockSize: number;
  fragments: number;
  ids: number;
  /** Seconds since 1970. */
  created: number;
  /** Where the inode of the root is. */
  root: InodePlace;
  size: number;
  idTable: number;
  /** Undefined when there are no extended attributes. */
  xattrTable: number | undefined;
  inodeTable: number;
  directoryTable: number;
  fragmentTable: number;
}

/** A metadata block, by its place in a table, and a byte in what it holds. */
export interface InodePlace {
  block: number;
  offset: number;
}

const codecs = new Map<number, BlockCodecName>([[1, "zlib"], [4, "xz"], [5, "lz4"], [6, "zstd"]]);
const otherCodecs = new Map([[2, "lzma"], [3, "lzo"]]);

/** Whether a file that begins so (4 bytes are enough) is a squashfs, of any version and byte order. */
export function isSquashfs(start: Uint8Array): boolean {
  const text = String.fromCharCode(...start.subarray(0, 4));
  return ["hsqs", "sqsh", "shsq", "qshs"].includes(text);
}

/** Reads and checks the superblock. Throws LpmxError("bad-archive" | "unsupported"). */
export function readSuperblock(whole: Stretch): Superblock {
  const view = new DataView(whole.read(0, new Uint8Array(superblockSize)).buffer);
  const [u16, u32] = [
    (at: number) => view.getUint16(at, true),
    (at: number) => view.getUint32(at, true),
  ];
  const u64 = (at: number) => u32(at) + u32(at + 4) * 2 ** 32;
  if (u32(0) !== magic || u16(28) !== 4) {
    throw new LpmxError(
      "unsupported",
      "a squashfs of this kind is not supported, only version 4.0",
    );
  }
  const [blockSize, log] = [u32(12), u16(22)];
  if (log < 12 || log > 20 || blockSize !== 2 ** log) throw damaged("its block size cannot be");
  const root = u64(32);
  const found: Superblock = {
    codec: codecOf(u16(20)),
    blockSize,
    fragments: u32(16),
    ids: u16(26),
    created: u32(8),
    root: { block: Math.floor(root / 65536), offset: root % 65536 },
    size: u64(40),
    idTable: u64(48),
    xattrTable: u64(56) >= 2 ** 63 ? undefined : u64(56),
    inodeTable: u64(64),
    directoryTable: u64(72),
    fragmentTable: u64(80),
  };
  if (found.size < superblockSize) throw damaged("its size cannot be");
  return found;
}

function codecOf(number: number): BlockCodecName {
  const codec = codecs.get(number);
  if (codec) return codec;
  const name = otherCodecs.get(number) ?? `of number ${number}`;
  throw new LpmxError("unsupported", `squashfs compression ${name} is not supported`, {
    hint: "lpmx reads gzip, xz, lz4 and zstd: unpack it by unsquashfs and build the image again",
  });
}
