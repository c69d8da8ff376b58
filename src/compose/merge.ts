/* Several files laid over one another, as docker compose does: maps are joined, lists grow, texts and command lines are replaced. Pure.
 */
import { type Entry, type Value } from "./document.ts";

const replaced = new Set(["command", "entrypoint"]);
/** Keys that are maps or lists of NAME=VALUE. */
const pairs = new Set(["environment", "labels", "extra_hosts"]);

/** The later value over the earlier one. */
export function mergeValues(under: Value, over: Value, key = ""): Value {
  if (replaced.has(key) || over.kind === "text" || under.kind === "text") return over;
  if (over.kind === "null") return under;
  if (pairs.has(key) && under.kind !== over.kind) {
    return mergeValues(asMap(under), asMap(over), key);
  }
  if (under.kind === "list" && over.kind === "list") {
    return { ...over, items: [...under.items, ...over.items] };
  }
  if (under.kind !== "map" || over.kind !== "map") return over;
  const entries = under.entries.map((entry): Entry => {
    const other = over.entries.find(({ key }) => key === entry.key);
    return other ? { ...other, value: mergeValues(entry.value, other.value, entry.key) } : entry;
  });
  const added = over.entries.filter(({ key }) => !under.entries.some((one) => one.key === key));
  return { ...over, entries: [...entries, ...added] };
}

function asMap(value: Value): Value {
  if (value.kind !== "list") return value;
  const entries = value.items.flatMap((item): Entry[] => {
    if (item.kind !== "text") return [];
    const [, key = "", text] = /^([^=]*)(?:=([\s\S]*))?$/.exec(item.text) ?? [];
    const inner: Value = text === undefined ? { kind: "null", spot: item.spot } : { ...item, text };
    return [{ key, spot: item.spot, value: inner }];
  });
  return { kind: "map", spot: value.spot, entries };
}
