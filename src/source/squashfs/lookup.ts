/* Single files of a squashfs by path, links followed inside of it: what an image says about itself.
 */
import { type ByteText, concat, toByteText } from "../../base/mod.ts";
import { type Inode } from "./inode.ts";
import { type Squashfs } from "./squashfs.ts";

const maxHops = 40;

/** What is at a path; undefined where nothing is, or links lead nowhere. Throws LpmxError("bad-archive"). */
export function lookUp(tree: Squashfs, path: string): Inode | undefined {
  const folders = [tree.root];
  const todo = toByteText(path).split("/");
  let last = folders[0]!;
  for (let hops = 0; todo.length > 0;) {
    const part = todo.shift()! as ByteText;
    if (part === "" || part === ".") continue;
    if (last.type !== "dir") return undefined;
    if (part === "..") {
      if (folders.length > 1) folders.pop();
      last = folders.at(-1)!;
      continue;
    }
    const next = tree.child(last, part);
    if (!next || (next.type === "symlink" && ++hops > maxHops)) return undefined;
    if (next.type === "symlink") {
      if (next.target!.startsWith("/")) folders.splice(1);
      last = folders.at(-1)!;
      todo.unshift(...next.target!.split("/"));
      continue;
    }
    last = next;
    if (next.type === "dir") folders.push(next);
  }
  return last;
}

/** A small file as text; undefined when there is none, or it is larger. Throws LpmxError("bad-archive"). */
export function readSmall(tree: Squashfs, path: string, most: number): string | undefined {
  const inode = lookUp(tree, path);
  if (!inode?.file || inode.file.size > most) return undefined;
  const parts: Uint8Array[] = [];
  for (const part of tree.blocks.read(tree.blocks.list(inode.file), true)) parts.push(part.slice());
  return new TextDecoder().decode(concat(parts));
}
