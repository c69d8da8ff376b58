/* Directories of a squashfs: runs of names whose inodes are in one metadata block. The index of large ones is not needed.
 *
 * Source: Linux fs/squashfs/squashfs_fs.h (struct squashfs_dir_header, squashfs_dir_entry) and dir.c.
 */
import { type ByteText, showByteText } from "../../base/mod.ts";
import { type Metadata } from "./metadata.ts";
import { damaged } from "./stretch.ts";
import { type InodePlace } from "./superblock.ts";

const headSize = 12, entrySize = 8, longestRun = 256, longestName = 256;

/** A name in a directory. */
export interface Named {
  name: ByteText;
  inode: InodePlace;
}

/** The names of a directory whose listing is at a place of the table at `table`. Throws LpmxError("bad-archive"). */
export function* listDirectory(
  metadata: Metadata,
  table: number,
  listing: InodePlace & { size: number },
): Generator<Named> {
  if (listing.size === 0) return;
  const at = metadata.cursor(table + listing.block, listing.offset);
  const seen = new Set<ByteText>();
  for (let left = listing.size; left > 0;) {
    const [count, block] = [at.u32() + 1, at.u32()];
    at.take(4); // the number that the inodes' numbers are counted from
    left -= headSize;
    if (count > longestRun) throw damaged("a directory has too long a run of names");
    for (let n = 0; n < count; n++) {
      const offset = at.u16();
      at.take(2 + 2); // what the inode says, too: its number and type
      const length = at.u16() + 1;
      if (length > longestName) throw damaged("a name is too long");
      const name = at.text(length);
      left -= entrySize + length;
      if (left < 0) throw damaged("a directory is cut off");
      if (/[/\0]/.test(name) || name === "." || name === ".." || seen.has(name)) {
        throw damaged(`a directory holds a name that cannot be, "${showByteText(name)}"`);
      }
      seen.add(name);
      yield { name, inode: { block, offset } };
    }
  }
}
