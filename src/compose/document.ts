/* YAML text as values that know where they stand. Pure; the parser is loaded when first used.
 *
 * Scalars keep the text they were written with (`VERSION: 1.10` stays 1.10). Anchors, aliases and merge keys (<<) are followed.
 */
import type { Document } from "yaml";
import { LpmxError } from "../base/mod.ts";

/** A place in a file; line and column count from 1. */
export interface Spot {
  file: string;
  line: number;
  column: number;
}

/** A value of a document. `quoted` scalars are texts whatever they look like. */
export type Value =
  | { kind: "text"; spot: Spot; text: string; quoted: boolean }
  | { kind: "null"; spot: Spot }
  | { kind: "list"; spot: Spot; items: Value[] }
  | { kind: "map"; spot: Spot; entries: Entry[] };

/** A key of a map, where the key stands, and its value. */
export interface Entry {
  key: string;
  spot: Spot;
  value: Value;
}

/** A fault of a compose file: FILE:LINE:COLUMN: FIELD: MESSAGE. Exit 125. */
export function fault(spot: Spot, field: string, message: string, hint?: string): LpmxError {
  const where = `${spot.file}:${spot.line}:${spot.column}`;
  return new LpmxError("bad-compose-file", `${where}: ${field ? `${field}: ` : ""}${message}`, {
    ...(hint === undefined ? {} : { hint }),
    exit: 125,
  });
}

/** Where something stands, for messages about two places. */
export function spotText({ line, column }: Spot): string {
  return `line ${line}, column ${column}`;
}

type Yaml = typeof import("yaml");

class Reader {
  #depth = 0;
  constructor(
    readonly yaml: Yaml,
    readonly document: Document,
    readonly spotAt: (offset: number) => Spot,
  ) {}

  spotOf(node: unknown): Spot {
    return this.spotAt((node as { range?: [number, number, number] } | null)?.range?.[0] ?? 0);
  }

  read(node: unknown, parent: Spot): Value {
    const { yaml } = this;
    if (node === null || node === undefined) return { kind: "null", spot: parent };
    const spot = this.spotOf(node);
    if (yaml.isAlias(node)) {
      // An alias inside its own anchor would never end.
      if (++this.#depth > 50) throw fault(spot, "", `alias *${node.source} contains itself`);
      const target = node.resolve(this.document);
      if (target === undefined) {
        throw fault(spot, "", `there is no anchor &${node.source} before it`);
      }
      const value = this.read(target, spot);
      this.#depth--;
      return value;
    }
    if (yaml.isSeq(node)) {
      return { kind: "list", spot, items: node.items.map((item) => this.read(item, spot)) };
    }
    if (yaml.isMap(node)) return { kind: "map", spot, entries: this.#entries(node) };
    if (!yaml.isScalar(node) || node.value === null) return { kind: "null", spot };
    const quoted = node.type !== "PLAIN";
    const text = quoted ? String(node.value) : node.source ?? String(node.value);
    return { kind: "text", spot, text, quoted };
  }

  #entries(map: { items: { key: unknown; value: unknown }[] }): Entry[] {
    const own: Entry[] = [], merged: Entry[] = [];
    for (const { key, value } of map.items) {
      const spot = this.spotOf(key);
      const name = this.yaml.isScalar(key) ? String(key.source ?? key.value) : undefined;
      if (name === undefined) throw fault(spot, "", "a key has to be a word");
      const read = this.read(value, spot);
      if (name !== "<<") own.push({ key: name, spot, value: read });
      else merged.push(...this.#merged(read));
    }
    const missing = merged.filter((entry, at) =>
      ![...own, ...merged.slice(0, at)].some(({ key }) => key === entry.key)
    );
    return [...own, ...missing];
  }

  #merged(value: Value): Entry[] {
    if (value.kind === "map") return value.entries;
    if (value.kind === "list") return value.items.flatMap((item) => this.#merged(item));
    throw fault(value.spot, "<<", "only maps can be merged");
  }
}

/** Parses a document. Throws LpmxError("bad-compose-file") at the first thing that is no YAML. */
export async function parseYaml(text: string, file: string): Promise<Value> {
  const yaml = await import("yaml");
  const lines = new yaml.LineCounter();
  const documents = yaml.parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  const spotAt = (offset: number): Spot => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const [document, second] = Array.isArray(documents) ? documents : [];
  if (!document) return { kind: "null", spot: spotAt(0) };
  const [error] = document.errors;
  if (error) throw fault(spotAt(error.pos[0]), "", error.message.replace(/\.$/, ""));
  if (second) throw fault(spotAt(second.range[0]), "", "only one document (---) can be in a file");
  return new Reader(yaml, document as unknown as Document, spotAt).read(
    document.contents,
    spotAt(0),
  );
}

/** A plain value as YAML. */
export async function yamlText(value: unknown): Promise<string> {
  const { stringify } = await import("yaml");
  return stringify(value, { lineWidth: 0 });
}
