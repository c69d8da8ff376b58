/* Canonical guest paths as they stand in layers. Pure.
 */
import { type ByteText, LpmxError, showByteText } from "../base/mod.ts";

/** A member's name without leading "/" or "./", doubled or trailing slashes and "."; ".." is taken lexically.
 * Throws LpmxError("unsafe-entry") when it would leave the tree. */
export function canonicalMember(name: ByteText): ByteText {
  if (!/(^|\/)(\.{0,2}(\/|$))/.test(name)) return name;
  const parts: string[] = [];
  for (const part of name.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) {
      throw new LpmxError("unsafe-entry", `entry "${showByteText(name)}" leads out of the image`);
    }
  }
  return parts.join("/") as ByteText;
}

/** The folder part ("" for top-level names). */
export function parentOf(path: ByteText): ByteText {
  const slash = path.lastIndexOf("/");
  return path.slice(0, slash < 0 ? 0 : slash) as ByteText;
}

/** The last component. */
export function nameOf(path: ByteText): ByteText {
  return path.slice(path.lastIndexOf("/") + 1) as ByteText;
}

/** Joins a folder and a name. */
export function joinPath(folder: ByteText, name: string): ByteText {
  return (folder === "" ? name : `${folder}/${name}`) as ByteText;
}
