/* What commands print: stdout for results, stderr for everything else; tables, JSON lines and a subset of Go templates.
 *
 * The subset: {{.A.B}}, {{json .A}}, {{printf "%s" .A}}, {{index .A 0}}, {{join .A ","}}, {{len .A}}, {{upper .A}}, {{lower .A}},
 * \t and \n; "table " in front adds a header. Anything else is refused, so that no script gets half of what it asked for.
 */
import { LpmxError } from "../base/mod.ts";
import { writeErr, writeOut } from "../host/mod.ts";

/** A line on standard output. */
export function print(line: string): void {
  writeOut(line + "\n");
}

/** A line on standard error. */
export function tell(line: string): void {
  writeErr(line + "\n");
}

/** Columns wide enough for their longest cell, three blanks between them. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, at) => widths[at] = Math.max(widths[at] ?? 0, cell.length));
  }
  const line = (row: readonly string[]) =>
    row.map((cell, at) => at === row.length - 1 ? cell : cell.padEnd(widths[at]! + 3)).join("");
  return rows.map(line).join("\n");
}

/** Prints rows as --format says; `columns` are the table's title and the row's field. */
export function printRows(
  rows: readonly Record<string, unknown>[],
  columns: readonly (readonly [title: string, field: string])[],
  format: string | undefined,
): void {
  if (format === undefined || format === "table") {
    const cells = rows.map((row) => columns.map(([, field]) => String(row[field] ?? "")));
    return print(table([columns.map(([title]) => title), ...cells]));
  }
  if (format === "json") return rows.forEach((row) => print(JSON.stringify(row)));
  if (format === "json-array") return print(JSON.stringify(rows));
  const template = parseTemplate(format.replace(/^table /, ""));
  if (!format.startsWith("table ")) return rows.forEach((row) => print(template(row)));
  const titles = Object.fromEntries(columns.map(([title, field]) => [field, title]));
  const lines = [titles, ...rows].map((row) => template(row).split("\t"));
  print(table(lines));
}

type Expression = (value: unknown) => unknown;

function badTemplate(what: string): LpmxError {
  return new LpmxError("usage", `template "${what}" is not supported`, {
    hint: "use fields such as {{.ID}}, {{json .}}, or --format json",
  });
}

function show(value: unknown): string {
  if (value === null || value === undefined) return "<no value>";
  if (Array.isArray(value)) return `[${value.map(show).join(" ")}]`;
  if (typeof value !== "object") return String(value);
  const pairs = Object.entries(value).sort(([x], [y]) => x < y ? -1 : 1);
  return `map[${pairs.map(([key, inner]) => `${key}:${show(inner)}`).join(" ")}]`;
}

function words(text: string): string[] {
  return text.match(/"(?:[^"\\]|\\.)*"|[^\s"]+/g) ?? [];
}

function operand(word: string, whole: string): Expression {
  if (word.startsWith('"')) {
    const text = JSON.parse(word) as string;
    return () => text;
  }
  if (/^-?\d+$/.test(word)) return () => Number(word);
  if (word === ".") return (value) => value;
  if (!/^(\.[A-Za-z_]\w*)+$/.test(word)) throw badTemplate(whole);
  const path = word.slice(1).split(".");
  return (value) =>
    path.reduce<unknown>(
      (inner, key) => (inner as Record<string, unknown> | null | undefined)?.[key],
      value,
    );
}

const functions: Record<string, (...values: unknown[]) => unknown> = {
  json: (value) => JSON.stringify(value ?? null),
  printf: (form, ...values) =>
    String(form).replace(/%[svdq]/g, (verb) => {
      const value = values.shift();
      return verb === "%q" ? JSON.stringify(value) : show(value);
    }),
  index: (value, ...keys) =>
    keys.reduce<unknown>(
      (inner, key) => (inner as Record<string | number, unknown> | undefined)?.[key as string],
      value,
    ),
  join: (value, by) => (value as unknown[] ?? []).map(show).join(String(by)),
  len: (value) =>
    (Array.isArray(value) || typeof value === "string" ? value : Object.keys(value ?? {})).length,
  upper: (value) => show(value).toUpperCase(),
  lower: (value) => show(value).toLowerCase(),
  println: (...values) => values.map(show).join(" ") + "\n",
};

function expression(text: string): Expression {
  const [first, ...rest] = words(text);
  if (first === undefined) throw badTemplate(text);
  const call = functions[first];
  if (!call && rest.length > 0) throw badTemplate(text);
  if (!call) return operand(first, text);
  const operands = rest.map((word) => operand(word, text));
  return (value) => call(...operands.map((inner) => inner(value)));
}

/** A template as a function. Throws LpmxError("usage"). */
export function parseTemplate(text: string): (value: unknown) => string {
  const parts = text.split(/(\{\{.*?\}\})/s).map((part): Expression => {
    const inner = /^\{\{-?\s*(.*?)\s*-?\}\}$/s.exec(part)?.[1];
    if (inner !== undefined) return expression(inner);
    if (part.includes("{{")) throw badTemplate(text);
    const literal = part.replace(/\\t/g, "\t").replace(/\\n/g, "\n");
    return () => literal;
  });
  return (value) => parts.map((part) => show(part(value))).join("");
}

const units: readonly [seconds: number, name: string][] = [
  [365 * 86400, "year"],
  [30 * 86400, "month"],
  [7 * 86400, "week"],
  [86400, "day"],
  [3600, "hour"],
  [60, "minute"],
  [1, "second"],
];

/** A time span as docker says it: "3 hours", "About a minute", "Less than a second". Units change at two of the larger. */
export function duration(seconds: number): string {
  const unit = units.find(([size]) => seconds >= (size >= 86400 ? 2 * size : size));
  if (!unit) return "Less than a second";
  const [size, name] = unit;
  const count = Math.floor(seconds / size);
  if (count > 1 || name === "second") return `${count} ${name}${count === 1 ? "" : "s"}`;
  return name === "hour" ? "About an hour" : `About a ${name}`;
}

/** "3 hours ago". Takes ISO 8601 or milliseconds since 1970. */
export function ago(time: string | number | undefined, now = Date.now()): string {
  const then = typeof time === "number" ? time : Date.parse(time ?? "");
  return Number.isFinite(then) && then > 0
    ? `${duration(Math.max(0, (now - then) / 1000))} ago`
    : "N/A";
}

/** Says what matching --filter KEY=VALUE means. Throws LpmxError("usage") for a key that is not known. */
export function applyFilters<T>(
  rows: readonly T[],
  filters: readonly string[],
  keys: Record<string, (row: T, value: string) => boolean>,
): T[] {
  return filters.reduce<T[]>((left, filter) => {
    const equals = filter.indexOf("=");
    const fits = keys[filter.slice(0, equals)];
    if (equals < 1 || !fits) {
      throw new LpmxError("usage", `invalid filter "${filter}"`, {
        hint: `filters: ${Object.keys(keys).join(", ")}`,
      });
    }
    return left.filter((row) => fits(row, filter.slice(equals + 1)));
  }, [...rows]);
}
