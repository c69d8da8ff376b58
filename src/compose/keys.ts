/* Reads the keys of a map by a table of fields: unknown, refused and doubled keys are faults, what has no effect is noted; and the
 * plain shapes: text, flag, words, pairs. Pure.
 */
import { nearest } from "../base/mod.ts";
import { type Entry, fault, type Spot, type Value } from "./document.ts";
import { type Field } from "./fields.ts";

/** The supported keys of one map. */
export class Keys {
  readonly #entries = new Map<string, Entry>();

  /** Checks a map against its table. `field` is its path in the file, for messages. */
  constructor(
    value: Value,
    readonly field: string,
    table: readonly Field[],
    notes: string[],
  ) {
    for (const entry of entriesOf(value, field)) {
      const { key, spot } = entry;
      if (key.startsWith("x-")) continue;
      const row = table.find(({ name }) => name === key);
      const path = below(field, key);
      if (!row) throw unknownKey(spot, path, key, table.map(({ name }) => name));
      if (row.action === "refused") throw fault(spot, path, "is not supported", row.help);
      if (row.action === "ignored") notes.push(`${path} changes nothing here: ${row.help}`);
      else this.#entries.set(key, entry);
    }
  }

  /** The value of a key; undefined when it is not there or empty. */
  get(key: string): Value | undefined {
    const value = this.#entries.get(key)?.value;
    return value?.kind === "null" ? undefined : value;
  }

  path(key: string): string {
    return below(this.field, key);
  }

  text(key: string): string | undefined {
    const value = this.get(key);
    return value && textOf(value, this.path(key));
  }

  flag(key: string, fallback = false): boolean {
    const value = this.get(key);
    if (!value) return fallback;
    const text = textOf(value, this.path(key)).toLowerCase();
    if (/^(true|yes|on|y)$/.test(text)) return true;
    if (/^(false|no|off|n)$/.test(text)) return false;
    throw fault(value.spot, this.path(key), `"${text}" is neither true nor false`);
  }

  texts(key: string): { text: string; spot: Spot }[] {
    const value = this.get(key);
    return value ? textsOf(value, this.path(key)) : [];
  }

  /** A list, or a text that is split as a shell would. */
  words(key: string): string[] | undefined {
    const value = this.get(key);
    if (!value) return undefined;
    if (value.kind === "text") return splitWords(value.text, value.spot, this.path(key));
    return textsOf(value, this.path(key)).map(({ text }) => text);
  }

  /** A map, or a list of NAME=VALUE (`separators` says what may stand between). */
  pairs(key: string, separators = /=/): [string, string | undefined][] {
    const value = this.get(key);
    if (!value) return [];
    const path = this.path(key);
    if (value.kind === "map") {
      return value.entries.map(({ key, value }) =>
        [key, value.kind === "null" ? undefined : textOf(value, below(path, key))] as const
      ).map(([key, text]) => [key, text]);
    }
    return textsOf(value, path).map(({ text, spot }) => {
      const at = text.search(separators);
      if (at === 0) throw fault(spot, path, `"${text}" has no name`);
      return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
    });
  }
}

export const below = (field: string, key: string | number) =>
  field === "" ? String(key) : `${field}.${key}`;

function unknownKey(spot: Spot, path: string, key: string, names: readonly string[]) {
  const near = nearest(key, names);
  return fault(
    spot,
    path,
    "there is no such key",
    near ? `did you mean "${near}"?` : `keys of your own begin with "x-"`,
  );
}

export function entriesOf(value: Value, field: string): Entry[] {
  if (value.kind === "map") return value.entries;
  if (value.kind === "null") return [];
  throw fault(value.spot, field, `has to be a map (NAME: …), not ${nameOfKind(value)}`);
}

export function textOf(value: Value, field: string): string {
  if (value.kind === "text") return value.text;
  throw fault(value.spot, field, `has to be a text, not ${nameOfKind(value)}`);
}

export function textsOf(value: Value, field: string): { text: string; spot: Spot }[] {
  if (value.kind === "text") return [{ text: value.text, spot: value.spot }];
  return itemsOf(value, field).map((item, at) => ({
    text: textOf(item, below(field, at)),
    spot: item.spot,
  }));
}

export function itemsOf(value: Value, field: string): Value[] {
  if (value.kind === "list") return value.items;
  if (value.kind === "null") return [];
  throw fault(value.spot, field, `has to be a list (- …), not ${nameOfKind(value)}`);
}

function nameOfKind(value: Value): string {
  return { text: "a text", null: "nothing", list: "a list", map: "a map" }[value.kind];
}

/** Splits as a shell does: blanks, quotes, backslashes; nothing is expanded. */
export function splitWords(text: string, spot: Spot, field: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const one = text[at]!;
    if (/\s/.test(one)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (one === "'" || one === '"') {
      const form = one === "'" ? /'([^']*)'/y : /"((?:[^"\\]|\\[\s\S])*)"/y;
      form.lastIndex = at;
      const found = form.exec(text);
      if (!found) throw fault(spot, field, `a ${one} is never closed in: ${text}`);
      word = (word ?? "") + (one === "'" ? found[1]! : found[1]!.replace(/\\(["\\$`])/g, "$1"));
      at += found[0].length - 1;
    } else word = (word ?? "") + (one === "\\" ? text[++at] ?? "\\" : one);
  }
  if (word !== undefined) words.push(word);
  return words;
}
