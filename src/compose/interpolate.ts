/* $NAME, ${NAME}, ${NAME:-default} and the like in a document's texts, as docker compose has them; and files of variables (.env).
 * Pure. Source: the Compose specification, "Interpolation".
 */
import { fault, type Spot, type Value } from "./document.ts";

/** The value of a variable; undefined when it is not set. */
export type Lookup = (name: string) => string | undefined;

/** Where a text stands, for messages. */
interface Place {
  spot: Spot;
  field: string;
}

/** Replaces the variables in every text below a value (keys are left alone); `unset` is told of those that nobody has set. */
export function interpolate(
  value: Value,
  lookup: Lookup,
  unset: (name: string) => void,
  field = "",
): Value {
  const below = (key: string | number) => field === "" ? String(key) : `${field}.${key}`;
  switch (value.kind) {
    case "null":
      return value;
    case "text":
      return { ...value, text: expand(value.text, lookup, unset, { spot: value.spot, field }) };
    case "list":
      return {
        ...value,
        items: value.items.map((item, at) => interpolate(item, lookup, unset, below(at))),
      };
    case "map":
      return {
        ...value,
        entries: value.entries.map((entry) => ({
          ...entry,
          value: interpolate(entry.value, lookup, unset, below(entry.key)),
        })),
      };
  }
}

/** Expands one text. Throws LpmxError("bad-compose-file") for ${NAME:?message} and for what is no expression. */
export function expand(
  text: string,
  lookup: Lookup,
  unset: (name: string) => void,
  place: Place,
): string {
  let out = "";
  for (let at = 0; at < text.length;) {
    const dollar = text.indexOf("$", at);
    if (dollar < 0) return out + text.slice(at);
    out += text.slice(at, dollar);
    const plain = /^[A-Za-z_]\w*/.exec(text.slice(dollar + 1))?.[0];
    if (text[dollar + 1] === "$") {
      out += "$";
      at = dollar + 2;
    } else if (plain !== undefined) {
      out += lookup(plain) ?? (unset(plain), "");
      at = dollar + 1 + plain.length;
    } else if (text[dollar + 1] === "{") {
      const end = closing(text, dollar + 1);
      if (end < 0) throw bad(text, place);
      out += substitute(text.slice(dollar + 2, end), lookup, unset, place);
      at = end + 1;
    } else throw bad(text, place);
  }
  return out;
}

function bad(text: string, { spot, field }: Place) {
  return fault(spot, field, `"${text}" has a $ that begins no variable`, 'write "$$" for a "$"');
}

/** The brace that closes the one at `open`; -1 when none does. */
function closing(text: string, open: number): number {
  for (let at = open, depth = 0; at < text.length; at++) {
    if (text[at] === "{" && (at === open || text[at - 1] === "$")) depth++;
    if (text[at] === "}" && --depth === 0) return at;
  }
  return -1;
}

function substitute(
  inner: string,
  lookup: Lookup,
  unset: (name: string) => void,
  place: Place,
): string {
  const found = /^([A-Za-z_]\w*)(?:(:?[-?+])([\s\S]*))?$/.exec(inner);
  if (!found) throw bad(`\${${inner}}`, place);
  const [, name = "", how, rest = ""] = found;
  const value = lookup(name);
  const has = value !== undefined && !(how?.startsWith(":") && value === "");
  const other = () => expand(rest, lookup, unset, place);
  if (how === undefined) return value ?? (unset(name), "");
  if (how.endsWith("+")) return has ? other() : "";
  if (has) return value;
  if (how.endsWith("-")) return other();
  throw fault(
    place.spot,
    place.field,
    `the variable ${name} is not set${rest ? `: ${other()}` : ""}`,
    `set it in the environment or in the file .env`,
  );
}

/** Reads NAME=VALUE lines (.env, env_file): comments, quotes, `export`, variables in values. A name alone gives undefined. */
export function parseEnvFile(
  text: string,
  file: string,
  lookup: Lookup,
): [name: string, value: string | undefined][] {
  const found: [string, string | undefined][] = [];
  const before: Lookup = (name) => lookup(name) ?? found.findLast(([other]) => other === name)?.[1];
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  for (let at = 0; at < lines.length; at++) {
    const spot = { file, line: at + 1, column: 1 };
    const line = lines[at]!.replace(/^\s*(export\s+)?/, "");
    if (line.trim() === "" || line.startsWith("#")) continue;
    const parts = /^([A-Za-z_][\w.-]*)\s*(?:[=:]\s*([\s\S]*))?$/.exec(line);
    if (!parts) throw fault(spot, "", `"${line}" is no NAME=VALUE`);
    let rest = parts[2];
    const quote = /^["']/.exec(rest ?? "")?.[0];
    while (quote && !endOfQuoted(rest!, quote) && at + 1 < lines.length) rest += `\n${lines[++at]}`;
    found.push([parts[1]!, rest === undefined ? undefined : unquote(rest, before, spot)]);
  }
  return found;
}

function endOfQuoted(text: string, quote: string): RegExpExecArray | null {
  const form = quote === '"' ? /^"((?:[^"\\]|\\[\s\S])*)"/ : /^'([^']*)'/;
  return form.exec(text);
}

function unquote(text: string, lookup: Lookup, spot: Spot): string {
  const place = { spot, field: "" };
  const quote = /^["']/.exec(text)?.[0];
  if (!quote) return expand(text.replace(/\s+#.*$/, "").trim(), lookup, () => {}, place);
  const inner = endOfQuoted(text, quote)?.[1];
  if (inner === undefined) throw fault(spot, "", `a value begins with ${quote} and has no other`);
  if (quote === "'") return inner;
  const escapes: Record<string, string> = { n: "\n", r: "\r", t: "\t", "\\": "\\", '"': '"' };
  const plain = inner.replace(
    /\\([nrt"\\$])/g,
    (whole, one: string) => one === "$" ? "$$" : escapes[one] ?? whole,
  );
  return expand(plain, lookup, () => {}, place);
}
