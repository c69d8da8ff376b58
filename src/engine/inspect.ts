/* inspect: what is known of an image or a container, with docker's field names.
 */
import { LpmxError, parseJson } from "../base/mod.ts";
import { familiarName } from "../image/mod.ts";
import {
  type Container,
  findContainer,
  isRunning,
  readConfigText,
  readImageMeta,
  type Store,
} from "../store/mod.ts";
import { readFileIfAny, statIfAny } from "../host/mod.ts";
import { decodeCall, decodePlan, type Plan, type PlanBind } from "../runtime/mod.ts";
import { findImage } from "./find_image.ts";
import { readRefs } from "./import_image.ts";

type Json = Record<string, unknown>;

/** Inspects a name in stores: containers of the first, then images of all, as docker. Throws LpmxError("image-not-found" |
 * "container-not-found" | "ambiguous-name"). */
export function inspect(stores: readonly Store[], word: string, type: string | undefined): Json {
  const searches: [kind: string, search: () => Json][] = [
    ["container", () => describeContainer(stores[0]!, findContainer(stores[0]!, word))],
    ...stores.map((
      store,
    ): [string, () => Json] => ["image", () => describeImage(store, findImage(store, word).id)]),
  ];
  for (const [kind, search] of searches) {
    if (type !== undefined && type !== kind) continue;
    try {
      return search();
    } catch (error) {
      const missing = error instanceof LpmxError && /-not-found$/.test(error.code);
      if (!missing) throw error;
    }
  }
  throw new LpmxError("image-not-found", `No such ${type ?? "object"}: ${word}`, {
    hint: "lpmx images and lpmx ps -a list what there is",
  });
}

function describeImage(store: Store, id: string): Json {
  const meta = readImageMeta(store, id);
  const config = parseJson(readConfigText(store, id), "image config", "bad-record") as Json;
  const names = [...readRefs(store).refs].filter(([, target]) => target === id).map(([name]) =>
    familiarName(name)
  );
  return {
    Id: `sha256:${id}`,
    RepoTags: names.filter((name) => !name.includes("@")).sort(),
    RepoDigests: meta.repoDigests.map(familiarName),
    Created: config["created"] ?? "",
    Author: config["author"] ?? "",
    Architecture: config["architecture"] ?? "",
    Variant: config["variant"] ?? "",
    Os: config["os"] ?? "",
    Size: meta.size,
    Config: config["config"] ?? {},
    RootFS: { Type: "layers", Layers: meta.layers.map(({ diffId }) => diffId) },
    Metadata: { LastTagTime: meta.loaded },
  };
}

/** Docker's word for a container's state. */
export function stateOf(container: Container): "running" | "exited" | "created" {
  return isRunning(container) ? "running" : container.exit ? "exited" : "created";
}

const isoTime = (seconds: number | undefined) =>
  seconds ? new Date(seconds * 1000).toISOString() : "0001-01-01T00:00:00Z";

function describeContainer(store: Store, container: Container): Json {
  const { meta, live, exit } = container;
  const main = live.find(({ main }) => main);
  const plan = planOf(store, container);
  const [path = "", ...args] = [...meta.entrypoint, ...meta.cmd];
  return {
    Id: meta.id,
    Created: isoTime(meta.created),
    Path: path,
    Args: args,
    State: {
      Status: stateOf(container),
      Running: main !== undefined,
      Pid: main?.pid ?? 0,
      ExitCode: exit?.code ?? 0,
      StartedAt: isoTime(main?.since),
      FinishedAt: isoTime(exit?.finished),
    },
    Image: meta.imageId === "host" ? "host" : `sha256:${meta.imageId}`,
    Name: `/${meta.name}`,
    Platform: "linux",
    Driver: "lpmx",
    Mounts: plan.binds.filter(({ map }) => !map).map(({ guest, host, readOnly }) => ({
      Type: "bind",
      Source: host,
      Destination: guest,
      RW: !readOnly,
    })),
    Maps: plan.binds.filter(({ map }) => map).map((bind) => describeMap(bind, plan)),
    Config: describeConfig(container, plan),
    HostConfig: describeHostConfig(container, plan),
    GraphDriver: {
      Name: "lpmx",
      Data: { Folder: store.at(`containers/${meta.id}`), Tree: meta.tree ?? "" },
    },
  };
}

function describeHostConfig({ meta }: Container, plan: Plan): Json {
  return {
    AutoRemove: meta.rm,
    ReadonlyRootfs: meta.readOnly,
    NetworkMode: "host",
    Engine: meta.engine ?? "auto",
    DeviceRequests: deviceRequests(plan),
    X11: plan.entry.includes("x11=yes"),
  };
}

/** A container's plan as it is now: `lpmx set` changes it, not meta.json. */
export function planOf(store: Store, { meta }: Container): Plan {
  const path = store.at(`containers/${meta.id}/plan`), file = readFileIfAny(path);
  if (file) return decodePlan(file, `"${path}"`);
  const binds = meta.binds.map(({ guest, host, flags }) => ({
    guest,
    host: host ?? "",
    readOnly: flags.includes("ro"),
    file: flags.includes("file"),
    map: flags.includes("map"),
  }));
  return { env: meta.env, binds, entry: meta.entry, brokered: [] };
}

/** What --gpus and its like asked for, as docker writes it down. */
function deviceRequests({ entry }: Plan): Json[] {
  const asked = new Map(entry.map((text) => text.split(/=(.*)/s).slice(0, 2) as [string, string]));
  const nvidia = asked.get("gpu") ?? asked.get("nv"), list = nvidia?.match(/^device=(.*)/)?.[1];
  const count = nvidia === "all" ? -1 : list === undefined ? Number(nvidia) : 0;
  const request = (Driver: string, Count: number, DeviceIDs: string[] | null) => ({
    Driver,
    Count,
    DeviceIDs,
    Capabilities: [["gpu"]],
    Options: {},
  });
  return [
    ...(nvidia === undefined ? [] : [request("nvidia", count, list?.split(",") ?? null)]),
    ...(asked.has("rocm") ? [request("rocm", -1, null)] : []),
  ];
}

/** What a map leads to: a program of the host, or CONTAINER:PROGRAM. */
function targetOf({ host }: PlanBind): string {
  const file = readFileIfAny(host), call = file && decodeCall(file);
  const container = call?.get("container"), program = call?.get("program") ?? host;
  return container ? `${container.slice(0, 12)}:${program}` : program;
}

function describeMap(bind: PlanBind, plan: Plan): Json {
  const target = targetOf(bind);
  return { Destination: bind.guest, Target: target, Broker: isBrokered(target, plan) };
}

/** Whether the broker runs it (shim/launcher/broker_needs.c): listed or set-id. File capabilities are not seen here. */
function isBrokered(target: string, { brokered }: Plan): boolean {
  if (brokered.includes(target)) return true;
  const mode = target.startsWith("/") ? statIfAny(target)?.mode ?? 0 : 0;
  return (mode & 0o4000) !== 0 || (mode & 0o2010) === 0o2010;
}

function describeConfig({ meta }: Container, plan: Plan): Json {
  const labels = meta.labels.map((label) => label.split(/=(.*)/s).slice(0, 2));
  return {
    Hostname: meta.hostname,
    User: meta.user,
    Tty: meta.tty,
    OpenStdin: meta.interactive,
    Env: plan.env,
    Cmd: meta.cmd,
    Entrypoint: meta.entrypoint,
    Image: meta.imageName,
    WorkingDir: meta.workdir,
    Labels: Object.fromEntries(labels.map(([key, value]) => [key, value ?? ""])),
  };
}
