/* For tests only: squashfs images that mksquashfs makes of a tree with everything that a tree can hold, and files in memory.
 */
import { readBytes, runSync, shell } from "../../host/testing.ts";
import { type ByteFile } from "./stretch.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Compressions as mksquashfs calls them. */
export const compressions = ["gzip", "zstd", "xz", "lz4"] as const;

const script = `
mkdir -p tree/dev tree/deep/er/and/deeper tree/many tree/.singularity.d/env tree/bin
cd tree
head -c 300000 /dev/urandom >random
seq 1 90000 >numbers
echo small >small; : >empty; echo other >other
ln small hard1; ln small hard2; ln -s ../small deep/link; ln -s loop2 loop1; ln -s loop1 loop2; ln -s nowhere dangling
ln -s hard1 deep/symlink
truncate -s 3000000 holes; printf middle | dd of=holes bs=1 seek=1500000 conv=notrunc status=none
truncate -s 5000000 all-holes
i=0; while [ $i -lt 700 ]; do : >many/name-$i; i=$((i+1)); done
: >many/${"n".repeat(250)}
printf x >"$(printf 'odd\\377name')"; printf y >"name with space"; printf z >ü
mkfifo fifo; chmod 0 other; chmod 4755 small; chmod 1777 many
echo 'export A=b' >.singularity.d/env/90-environment.sh
printf '#!/bin/sh\\n' >bin/sh; chmod 755 bin/sh
touch -d @86400 numbers
`;
const devices = ["dev/null c 666 0 0 1 3", "dev/big b 640 7 8 300 70000", "owned d 700 12 3456"];

/** Makes FOLDER/tree and, for each compression, FOLDER/NAME.sqsh. */
export function makeImages(folder: string, flags: readonly string[] = []): void {
  shell(folder, script);
  for (const name of compressions) {
    const pseudo = devices.flatMap((device) => ["-p", device]);
    const words = ["-comp", name, "-noappend", "-quiet", "-no-progress", ...pseudo, ...flags];
    runSync(folder, ["mksquashfs", "tree", `${name}.sqsh`, ...words]);
  }
}

/** A file in memory. */
export function memoryFile(bytes: Bytes): ByteFile {
  return {
    size: bytes.length,
    readAt(offset, buffer) {
      const part = bytes.subarray(offset, offset + buffer.length);
      buffer.set(part);
      return part.length;
    },
    close() {},
  };
}

/** A file in memory with a file's bytes. */
export function loaded(path: string): ByteFile {
  return memoryFile(readBytes(path));
}
