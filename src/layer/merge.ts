/* Applies the entries of an image's layers in order and gives the merged tree that the index is made of. No I/O.
 *
 * Rules: OCI image spec, "Applying Changesets" and "Whiteouts". A layer's whiteouts concern lower layers only, wherever they
 * stand in the archive, so they are applied before its other members. Folders that no layer describes are 0755, owned by root.
 */
import { type ByteText } from "../base/mod.ts";
import {
  joinPath,
  type LayerEntry,
  type MergedNode,
  type MergedType,
  nameOf,
  parentOf,
} from "../image/mod.ts";

function folder(name: ByteText, layer: number): MergedNode {
  const plain = { uid: 0, gid: 0, target: "" as ByteText, major: 0, minor: 0, xattrs: undefined };
  return { name, type: "dir", mode: 0o755, layer, children: new Map(), ...plain };
}

const maxHops = 40;

/** A merged view that grows layer by layer. */
export class Merger {
  readonly root: MergedNode = folder("" as ByteText, 0);
  #layer = -1;
  #cachedPath = "" as ByteText;
  #cachedNode: MergedNode = this.root;

  /** Applies the next layer on top. */
  add(entries: readonly LayerEntry[]): void {
    this.#layer++;
    this.#forget();
    for (const entry of entries) {
      if (entry.type === "whiteout") {
        this.#folderAt(parentOf(entry.path))?.children?.delete(nameOf(entry.path));
      }
      if (entry.type === "opaque") this.#folderAt(entry.path)?.children?.clear();
    }
    this.#forget();
    for (const entry of entries) {
      if (entry.type !== "whiteout" && entry.type !== "opaque") this.#apply(entry);
    }
  }

  /** The node at a path; undefined when there is none. */
  find(path: ByteText): MergedNode | undefined {
    return path === "" ? this.root : this.#folderAt(parentOf(path))?.children?.get(nameOf(path));
  }

  /** Where a path leads inside: its links are followed as far as there is anything. */
  resolve(path: ByteText): ByteText {
    const todo = path.split("/");
    let done = "" as ByteText;
    for (let hops = 0; todo.length > 0;) {
      const part = todo.shift()!;
      if (part === "" || part === ".") continue;
      const next = part === ".." ? parentOf(done) : joinPath(done, part);
      const node = part === ".." ? undefined : this.find(next);
      if (node?.type !== "symlink" || ++hops > maxHops) {
        done = next;
        continue;
      }
      if (node.target.startsWith("/")) done = "" as ByteText;
      todo.unshift(...node.target.split("/"));
    }
    return done;
  }

  #forget(): void {
    this.#cachedPath = "" as ByteText;
    this.#cachedNode = this.root;
  }

  #folderAt(path: ByteText): MergedNode | undefined {
    if (path === this.#cachedPath) return this.#cachedNode;
    let node: MergedNode | undefined = this.root;
    for (const part of path === "" ? [] : path.split("/")) {
      node = node.children?.get(part as ByteText);
      if (!node) return undefined;
    }
    if (!node.children) return undefined;
    this.#cachedPath = path;
    this.#cachedNode = node;
    return node;
  }

  /** The folder at a path, made where missing; what is no folder gives way, as it did on disk. */
  #makeFolder(path: ByteText): MergedNode {
    const there = this.#folderAt(path);
    if (there) return there;
    this.#forget();
    const parent = this.#makeFolder(parentOf(path));
    const node = folder(nameOf(path), this.#layer);
    parent.children!.set(node.name, node);
    return node;
  }

  #apply(entry: LayerEntry): void {
    if (entry.path === "") return this.#describe(this.root, entry);
    const name = nameOf(entry.path);
    const parent = this.#makeFolder(parentOf(entry.path));
    const there = parent.children!.get(name);
    if (entry.type === "dir" && there?.type === "dir") return this.#describe(there, entry);
    if (there?.type === "dir") this.#forget();
    if (entry.type === "hardlink") {
      const target = this.find(entry.target!);
      if (target) parent.children!.set(name, { ...target, name, layer: this.#layer });
      return;
    }
    const node: MergedNode = {
      ...folder(name, this.#layer),
      type: entry.type as MergedType,
      children: entry.type === "dir" ? new Map() : undefined,
    };
    this.#describe(node, entry);
    parent.children!.set(name, node);
  }

  #describe(node: MergedNode, entry: LayerEntry): void {
    node.mode = entry.mode;
    node.uid = entry.uid;
    node.gid = entry.gid;
    node.layer = this.#layer;
    node.target = entry.target ?? "" as ByteText;
    node.major = entry.major ?? 0;
    node.minor = entry.minor ?? 0;
    node.xattrs = entry.xattrs;
  }
}

/** All paths of a merged tree with their nodes, parents first. */
export function* walkMerged(
  root: MergedNode,
  path = "" as ByteText,
): Generator<[ByteText, MergedNode]> {
  yield [path, root];
  for (const child of root.children?.values() ?? []) {
    yield* walkMerged(child, joinPath(path, child.name));
  }
}
