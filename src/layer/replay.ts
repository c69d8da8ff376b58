/* The entries of a layer without what its archive wrote and then replaced: what is on disk, in an order that can be unpacked again.
 * No I/O. Follows what LayerTree does with the same entries (tree.ts).
 */
import { type ByteText } from "../base/mod.ts";
import { joinPath, type LayerEntry, nameOf, parentOf } from "../image/mod.ts";

interface Made {
  path: ByteText;
  /** Undefined for a folder that no member describes. */
  entry: LayerEntry | undefined;
  /** The member that brought the object: another one for a second name of it. */
  origin: LayerEntry | undefined;
  children: Set<ByteText> | undefined;
  gone: boolean;
}

/** What is left of a layer's members; each hard link leads to a name that stands before it. */
export function liveEntries(entries: readonly LayerEntry[]): LayerEntry[] {
  const replay = new Replay();
  for (const entry of entries) replay.add(entry);
  return replay.left();
}

class Replay {
  #made = new Map<ByteText, Made>();
  #order: Made[] = [];

  add(entry: LayerEntry): void {
    if (entry.type === "whiteout" || entry.type === "opaque") {
      const { path } = entry;
      this.#order.push({ path, entry, origin: entry, children: undefined, gone: false });
    } else if (entry.type === "dir") this.#describe(this.#folder(entry.path), entry);
    else if (entry.type !== "hardlink") this.#put(entry, entry);
    else if (entry.target !== entry.path) this.#put(entry, this.#made.get(entry.target!)?.origin);
  }

  left(): LayerEntry[] {
    const first = new Map<LayerEntry, ByteText>(), told = new Map<ByteText, LayerEntry>();
    return this.#order.flatMap(({ path, entry, origin, gone }) => {
      if (gone || !entry || !origin) return [];
      const target = first.get(origin);
      if (target === undefined) first.set(origin, path);
      told.set(path, origin);
      if (entry.type !== "hardlink") return entry;
      if (target === undefined) return { ...origin, path };
      return told.get(entry.target!) === origin ? entry : { ...entry, target };
    });
  }

  #describe(made: Made, entry: LayerEntry): void {
    if (!made.entry) this.#order.push(made);
    made.entry = made.origin = entry;
  }

  #folder(path: ByteText): Made {
    const there = this.#made.get(path);
    if (there?.children) return there;
    this.#clear(path);
    const folder = { path, entry: undefined, origin: undefined, children: new Set<ByteText>() };
    return this.#remember({ ...folder, gone: false });
  }

  #put(entry: LayerEntry, origin: LayerEntry | undefined): void {
    const { path } = entry;
    this.#clear(path);
    const made = this.#remember({ path, entry, origin, children: undefined, gone: false });
    this.#order.push(made);
  }

  #remember(made: Made): Made {
    if (made.path !== "") this.#folder(parentOf(made.path)).children!.add(nameOf(made.path));
    this.#made.set(made.path, made);
    return made;
  }

  #clear(path: ByteText): void {
    const made = this.#made.get(path);
    if (!made) return;
    for (const name of made.children ?? []) this.#clear(joinPath(path, name));
    made.gone = true;
    this.#made.delete(path);
  }
}
