/* layer: a layer's tar archive to disk, its `entries`, and the merging of layers. Uses image, host and base.
 */
export {
  decodeEntries,
  decodeEntriesHeader,
  encodeEntries,
  type EntriesHeader,
} from "./entries.ts";
export { type FindBelow, Unpacker } from "./unpack.ts";
export { Merger, walkMerged } from "./merge.ts";
export { liveEntries } from "./replay.ts";
