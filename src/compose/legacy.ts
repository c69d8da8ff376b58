/* LPMX's compose format ("apps:") as the present one. Pure.
 *
 * An app is name, image, type, expose ["/path:name"], port, share ["host:guest"], inject ["hostprogram:guestpath"], depends, envs, command.
 * LPMX ran the command of every app to its end, those that others depend on first; a dependency here waits for that.
 */
import { nearest } from "../base/mod.ts";
import { type Entry, fault, type Spot, type Value } from "./document.ts";
import { below, entriesOf, itemsOf, textOf, textsOf } from "./keys.ts";

const fields = "name image type expose port share inject depends envs command".split(" ");

/** Whether a document is of that format. */
export function isLegacy(value: Value): boolean {
  return value.kind === "map" && value.entries.some(({ key }) => key === "apps") &&
    !value.entries.some(({ key }) => key === "services" || key === "tools");
}

const textAt = (spot: Spot, text: string): Value => ({ kind: "text", spot, text, quoted: true });
const listAt = (spot: Spot, items: Value[]): Value => ({ kind: "list", spot, items });
const mapAt = (spot: Spot, entries: [string, Value][]): Value => ({
  kind: "map",
  spot,
  entries: entries.map(([key, value]): Entry => ({ key, spot: value.spot, value })),
});

/** The document in the present format. Throws LpmxError("bad-compose-file"). */
export function convertLegacy(document: Value): Value {
  const top = entriesOf(document, "");
  for (const { key, spot } of top) {
    if (!["version", "apps"].includes(key)) throw fault(spot, key, "there is no such key");
  }
  const apps = top.find(({ key }) => key === "apps")!.value;
  const all = itemsOf(apps, "apps").map((app, at) => new App(app, below("apps", at)));
  const commands = new Set(all.flatMap((app) => app.get("command") ? [app.name.text] : []));
  const services: Entry[] = [];
  for (const app of all) {
    const { text, spot } = app.name;
    if (services.some(({ key }) => key === text)) {
      throw fault(spot, `${app.field}.name`, `there are two apps "${text}"`);
    }
    services.push({ key: text, spot, value: app.service(commands) });
  }
  const value: Value = { kind: "map", spot: apps.spot, entries: services };
  return mapAt(document.spot, [["services", value]]);
}

class App {
  readonly #entries: Entry[];

  constructor(readonly value: Value, readonly field: string) {
    this.#entries = entriesOf(value, field);
    for (const { key, spot } of this.#entries) {
      if (fields.includes(key)) continue;
      const near = nearest(key, fields);
      const hint = near ? `did you mean "${near}"?` : `an app has ${fields.join(", ")}`;
      throw fault(spot, below(field, key), "there is no such key", hint);
    }
  }

  get(key: string): Value | undefined {
    const value = this.#entries.find((entry) => entry.key === key)?.value;
    return value?.kind === "null" ? undefined : value;
  }

  get name(): { text: string; spot: Spot } {
    const value = this.get("name");
    if (!value) throw fault(this.value.spot, this.field, "lacks a name");
    return { text: textOf(value, `${this.field}.name`), spot: value.spot };
  }

  #texts(key: string) {
    const value = this.get(key);
    return value ? textsOf(value, below(this.field, key)) : [];
  }

  /** "a:b" with both parts. */
  #halves(key: string): { first: string; second: string; spot: Spot }[] {
    return this.#texts(key).map(({ text, spot }) => {
      const [first = "", second = "", more] = text.split(":");
      if (first && second && more === undefined) return { first, second, spot };
      throw fault(spot, below(this.field, key), `"${text}" is not of the form A:B`);
    });
  }

  service(commands: ReadonlySet<string>): Value {
    const { spot } = this.value;
    const type = this.get("type");
    if (type && textOf(type, `${this.field}.type`) !== "docker") {
      throw fault(type.spot, `${this.field}.type`, "only docker images can be used so far");
    }
    const entries: [string, Value][] = [];
    const image = this.get("image");
    if (image) entries.push(["image", image]);
    const put = (key: string, items: Value[]) => {
      if (items.length > 0) entries.push([key, listAt(items[0]!.spot, items)]);
    };
    put(
      "expose",
      this.#halves("expose").map(({ first, second, spot }) =>
        mapAt(spot, [["program", textAt(spot, first)], ["as", textAt(spot, second)]])
      ),
    );
    put("ports", this.#texts("port").map(({ text, spot }) => textAt(spot, text)));
    put("volumes", this.#texts("share").map(({ text, spot }) => textAt(spot, text)));
    put(
      "maps",
      this.#halves("inject").map(({ first, second, spot }) => textAt(spot, `${first}=${second}`)),
    );
    put("environment", this.#texts("envs").map(({ text, spot }) => textAt(spot, text)));
    const command = this.get("command");
    if (command) {
      const line = textAt(command.spot, textOf(command, `${this.field}.command`));
      const shell = ["/bin/sh", "-c"].map((word) => textAt(command.spot, word));
      entries.push(["entrypoint", listAt(command.spot, [])]);
      entries.push(["command", listAt(command.spot, [...shell, line])]);
    }
    const depends = this.#texts("depends").map(({ text, spot }): [string, Value] => {
      const condition = commands.has(text) ? "service_completed_successfully" : "service_started";
      return [text, mapAt(spot, [["condition", textAt(spot, condition)]])];
    });
    if (depends.length > 0) entries.push(["depends_on", mapAt(depends[0]![1].spot, depends)]);
    return mapAt(spot, entries);
  }
}
