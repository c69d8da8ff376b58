/* One service of a compose file, from values to the model. Pure.
 */
import { fault, type Spot, type Value } from "./document.ts";
import { dependsFields, envFileFields, exposeFields, serviceFields } from "./fields.ts";
import { below, entriesOf, itemsOf, Keys, textOf } from "./keys.ts";
import { type Dependency, type Exposed, type Pair, type Service, type Setting } from "./model.ts";
import { type Declared, hostPath, readVolumes } from "./read_volumes.ts";

/** What a service is read with. */
export interface Context {
  project: string;
  setting: Setting;
  declared: ReadonlyMap<string, Declared>;
  notes: string[];
}

const containerForm = /^[A-Za-z0-9][A-Za-z0-9_.-]+$/;

/** Reads a service. Its maps, and whether it is started, are found out when all services are known (read.ts). */
export function readService(
  name: string,
  value: Value,
  spot: Spot,
  context: Context,
): { service: Service; keys: Keys } {
  const field = `services.${name}`;
  const keys = new Keys(value, field, serviceFields, context.notes);
  const image = keys.get("image");
  if (!image) throw fault(spot, field, "lacks an image", "image: NAME[:TAG], or host");
  checkNetwork(keys, context.notes);
  const service: Service = {
    name,
    spot,
    image: textOf(image, keys.path("image")),
    imageSpot: image.spot,
    containerName: containerName(keys, `${context.project}-${name}`, spot),
    platform: keys.text("platform"),
    pullPolicy: pullPolicy(keys),
    ...readProcess(keys, context),
    volumes: readVolumes(keys, context.setting, context.declared, context.notes),
    readOnly: keys.flag("read_only"),
    broker: keys.texts("broker").map(({ text }) => hostPath(text, context.setting)),
    gpus: keys.text("gpus"),
    x11: keys.flag("x11"),
    labels: keys.pairs("labels").map(([key, text]) => [key, text ?? ""]),
    profiles: keys.texts("profiles").map(({ text }) => text),
    maps: [],
    expose: readExposed(keys, context.notes),
    dependsOn: readDepends(keys, context.notes),
    started: true,
  };
  return { service, keys };
}

/** What concerns the programs that run in it. */
function readProcess(keys: Keys, { setting }: Context) {
  return {
    entrypoint: keys.words("entrypoint"),
    command: keys.words("command"),
    environment: keys.pairs("environment"),
    envFiles: readEnvFiles(keys, setting),
    workingDir: absolute(keys, "working_dir"),
    user: keys.text("user"),
    hostname: keys.text("hostname"),
    extraHosts: keys.pairs("extra_hosts", /[=:]/).map(([host, ip]): Pair => [host, ip ?? ""]),
    stopSignal: keys.text("stop_signal"),
    stopGrace: seconds(keys, "stop_grace_period"),
    tty: keys.flag("tty"),
    stdinOpen: keys.flag("stdin_open"),
    restart: /^(always|unless-stopped)$/.test(keys.text("restart") ?? ""),
  };
}

function containerName(keys: Keys, fallback: string, spot: Spot): string {
  const name = keys.text("container_name") ?? fallback;
  if (containerForm.test(name)) return name;
  const at = keys.get("container_name")?.spot ?? spot;
  throw fault(at, keys.path("container_name"), `"${name}" is no name for a container`);
}

function absolute(keys: Keys, key: string): string | undefined {
  const text = keys.text(key);
  if (text === undefined || text.startsWith("/")) return text;
  throw fault(keys.get(key)!.spot, keys.path(key), `"${text}" is no absolute path`);
}

function pullPolicy(keys: Keys): Service["pullPolicy"] {
  const text = keys.text("pull_policy") ?? "missing";
  if (text === "if_not_present") return "missing";
  if (text === "always" || text === "missing" || text === "never") return text;
  throw fault(
    keys.get("pull_policy")!.spot,
    keys.path("pull_policy"),
    `"${text}" is not one of always, missing, never`,
  );
}

const units: Record<string, number> = { "": 1, ms: 0.001, s: 1, m: 60, h: 3600 };

/** docker's durations: 10s, 1m30s, 1.5h; a number alone counts seconds. */
function seconds(keys: Keys, key: string): number | undefined {
  const text = keys.text(key);
  if (text === undefined) return undefined;
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$|^\d+$/.test(text)) {
    throw fault(keys.get(key)!.spot, keys.path(key), `"${text}" is no time such as 10s or 1m30s`);
  }
  const parts = [...text.matchAll(/([\d.]+)(ms|s|m|h|)/g)];
  return Math.ceil(parts.reduce((sum, [, n, unit]) => sum + Number(n) * units[unit!]!, 0));
}

/** The network's mode and the number of containers: what says the same as what is so in any case passes. */
function checkNetwork(keys: Keys, notes: string[]): void {
  const ports = keys.get("ports");
  for (const [at, item] of (ports ? itemsOf(ports, keys.path("ports")) : []).entries()) {
    checkPort(item, below(keys.path("ports"), at));
  }
  const refuse = (key: string, message: string, hint: string) =>
    fault(keys.get(key)!.spot, keys.path(key), message, hint);
  const mode = keys.text("network_mode") ?? "host";
  if (!["host", "bridge", "default"].includes(mode)) {
    const hint = "the host's network is used: leave it out";
    throw refuse("network_mode", `"${mode}" is not supported`, hint);
  }
  if (mode !== "host") {
    notes.push(`${keys.path("network_mode")} changes nothing here: the host's network is used`);
  }
  if ((keys.text("scale") ?? "1") !== "1") {
    const hint = "programs run in it as often at once as you call them";
    throw refuse("scale", "is not supported: a service has one container", hint);
  }
}

function checkPort(item: Value, path: string): void {
  const part = (name: string) => {
    const value = item.kind === "map" && item.entries.find(({ key }) => key === name)?.value;
    return value ? [textOf(value, path)] : [];
  };
  const text = item.kind === "map"
    ? [...part("published"), ...part("target")].join(":")
    : textOf(item, path);
  const [inside, outside] = text.replace(/\/(tcp|udp)$/, "").split(":").reverse();
  if (outside === undefined || outside === "" || outside === inside) return;
  const hint = `let the program listen on ${outside}`;
  throw fault(item.spot, path, `"${text}" cannot be: ports are the host's own`, hint);
}

function readEnvFiles(keys: Keys, setting: Setting): Service["envFiles"] {
  const value = keys.get("env_file");
  if (!value) return [];
  const path = keys.path("env_file");
  const items = value.kind === "list" ? value.items : [value];
  return items.map((item, at) => {
    if (item.kind !== "map") {
      const text = textOf(item, below(path, at));
      return { path: hostPath(text, setting), required: true, spot: item.spot };
    }
    const inner = new Keys(item, below(path, at), envFileFields, []);
    const text = inner.text("path");
    if (text === undefined) throw fault(item.spot, below(path, at), "lacks a path");
    return {
      path: hostPath(text, setting),
      required: inner.flag("required", true),
      spot: item.spot,
    };
  });
}

const portForm = /^\d+(-\d+)?(\/(tcp|udp))?$/;
const commandForm = /^[^.\-/][^/]{0,199}$/;

function readExposed(keys: Keys, notes: string[]): Exposed[] {
  const value = keys.get("expose");
  if (!value) return [];
  const path = keys.path("expose");
  const items = value.kind === "list" ? value.items : [value];
  return items.flatMap((item, at): Exposed[] => {
    const field = below(path, at);
    if (item.kind === "text" && portForm.test(item.text)) {
      notes.push(`${field} changes nothing here: ports are the host's own`);
      return [];
    }
    const inner = item.kind === "text" ? undefined : new Keys(item, field, exposeFields, notes);
    const program = inner ? inner.text("program") : textOf(item, field);
    if (!program) throw fault(item.spot, field, "lacks a program");
    if (program.includes("/") && !program.startsWith("/")) {
      throw fault(
        item.spot,
        field,
        `"${program}" is neither a name on the service's PATH nor an absolute path in it`,
      );
    }
    const as = inner?.text("as") ?? program.slice(program.lastIndexOf("/") + 1);
    if (!commandForm.test(as)) {
      throw fault(inner?.get("as")?.spot ?? item.spot, field, `"${as}" is no name for a command`);
    }
    return [{
      program,
      as,
      user: inner?.text("user"),
      workingDir: inner?.text("working_dir"),
      cleanEnv: inner?.flag("clean_env") ?? false,
      spot: item.spot,
    }];
  });
}

function readDepends(keys: Keys, notes: string[]): Dependency[] {
  const value = keys.get("depends_on");
  if (!value) return [];
  const path = keys.path("depends_on");
  if (value.kind !== "map") {
    return keys.texts("depends_on").map(({ text, spot }) => ({
      service: text,
      completed: false,
      required: true,
      spot,
    }));
  }
  return entriesOf(value, path).map(({ key, spot, value }) => {
    const inner = new Keys(value, below(path, key), dependsFields, notes);
    const condition = inner.text("condition") ?? "service_started";
    if (condition !== "service_started" && condition !== "service_completed_successfully") {
      throw fault(
        inner.get("condition")!.spot,
        inner.path("condition"),
        `"${condition}" is not supported`,
        condition === "service_healthy"
          ? "there is no daemon that would run health checks: let the command wait for what it needs"
          : "it is service_started or service_completed_successfully",
      );
    }
    return {
      service: key,
      completed: condition === "service_completed_successfully",
      required: inner.flag("required", true),
      spot,
    };
  });
}
