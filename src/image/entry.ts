/* What a layer's tar archive says, member by member, and what the merged view of several layers is. Pure data types.
 *
 * Paths are canonical guest paths without the leading slash; the root is "".
 */
import { type ByteText } from "../base/mod.ts";

/** Kinds of entries. "whiteout" deletes `path` from lower layers, "opaque" all lower children of `path`. */
export type EntryType =
  | "file"
  | "dir"
  | "symlink"
  | "hardlink"
  | "char"
  | "block"
  | "fifo"
  | "socket"
  | "whiteout"
  | "opaque";

/** One member of a layer. */
export interface LayerEntry {
  path: ByteText;
  type: EntryType;
  /** Permission, set-id and sticky bits. */
  mode: number;
  uid: number;
  gid: number;
  size: number;
  /** Seconds since 1970 and nanoseconds. */
  mtime: number;
  mtimeNs: number;
  /** Text of a symlink, or canonical path of what a hard link is another name of. */
  target?: ByteText;
  major?: number;
  minor?: number;
  /** Values as bytes. */
  xattrs?: Record<string, ByteText>;
}

/** What a merged entry can be: hard links are resolved, whiteouts applied. */
export type MergedType = Exclude<EntryType, "hardlink" | "whiteout" | "opaque">;

/** A node of the merged view of an image's layers. */
export interface MergedNode {
  name: ByteText;
  type: MergedType;
  mode: number;
  uid: number;
  gid: number;
  /** Number of the layer that holds the object, 0 = lowest. */
  layer: number;
  target: ByteText;
  major: number;
  minor: number;
  xattrs: Readonly<Record<string, ByteText>> | undefined;
  /** Directories only. */
  children: Map<ByteText, MergedNode> | undefined;
}
