/* Mounts of a service, short and long form, and tmpfs. Pure. */
import { fault, type Value } from "./document.ts";
import { volumeFields } from "./fields.ts";
import { below, itemsOf, Keys, textOf } from "./keys.ts";
import { type Setting, type Volume } from "./model.ts";

/** A named volume of the file. */
export interface Declared {
  /** Its name in the store. */
  stored: string;
  external: boolean;
}

/** A path of the file as an absolute one: relative to the project's folder, "~" is the home folder. */
export function hostPath(text: string, { folder, home }: Setting): string {
  const path = home !== undefined && /^~(\/|$)/.test(text) ? home + text.slice(1) : text;
  const whole = path.startsWith("/") ? path : `${folder}/${path}`;
  const parts: string[] = [];
  for (const part of whole.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

type Names = ReadonlyMap<string, Declared>;

/** Reads volumes and tmpfs; two at one guest path are a fault. */
export function readVolumes(
  keys: Keys,
  setting: Setting,
  declared: Names,
  notes: string[],
): Volume[] {
  const value = keys.get("volumes");
  const path = keys.path("volumes");
  const volumes = (value ? itemsOf(value, path) : []).map((item, at) => {
    const field = below(path, at);
    return item.kind === "map"
      ? long(item, field, setting, declared, notes)
      : short(item, field, setting, declared);
  });
  const memory = keys.texts("tmpfs").map(({ text, spot }): Volume => {
    const [target = "", ...options] = text.split(":");
    return { type: "tmpfs", source: undefined, target, options, spot };
  });
  const all = [...volumes, ...memory];
  for (const { target, spot } of all) {
    if (target.startsWith("/")) continue;
    throw fault(spot, keys.field, `"${target}" is no absolute guest path`);
  }
  return all;
}

function stored(name: string, item: Value, field: string, declared: Names): string {
  const found = declared.get(name);
  if (found) return found.stored;
  throw fault(
    item.spot,
    field,
    `there is no volume "${name}"`,
    `a path begins with ./ or /; a volume is declared: volumes: {${name}: }`,
  );
}

function short(item: Value, field: string, setting: Setting, declared: Names): Volume {
  const text = textOf(item, field);
  const [first = "", second, ...rest] = text.split(":");
  if (second === undefined) {
    return { type: "volume", source: undefined, target: first, options: [], spot: item.spot };
  }
  if (rest.length > 1) {
    throw fault(
      item.spot,
      field,
      `"${text}" has more than two colons`,
      "write it as a map: {type: bind, source: …, target: …}",
    );
  }
  const options = rest[0]?.split(",") ?? [];
  const common = { target: second, options, spot: item.spot };
  return /^[./~]/.test(first)
    ? { type: "bind", source: hostPath(first, setting), ...common }
    : { type: "volume", source: stored(first, item, field, declared), ...common };
}

function long(
  item: Value,
  field: string,
  setting: Setting,
  declared: Names,
  notes: string[],
): Volume {
  const keys = new Keys(item, field, volumeFields, notes);
  const type = keys.text("type") ?? "volume";
  const source = keys.text("source");
  const target = keys.text("target");
  if (target === undefined) throw fault(item.spot, field, "lacks a target");
  const common = { target, options: keys.flag("read_only") ? ["ro"] : [], spot: item.spot };
  if (type === "tmpfs") return { type, source: undefined, ...common };
  if (type === "bind") {
    if (source === undefined) throw fault(item.spot, field, "lacks a source");
    return { type, source: hostPath(source, setting), ...common };
  }
  if (type !== "volume") {
    throw fault(keys.get("type")!.spot, keys.path("type"), `"${type}" is not supported`);
  }
  return {
    type,
    source: source === undefined ? undefined : stored(source, item, field, declared),
    ...common,
  };
}
