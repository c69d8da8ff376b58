/* What a container was made with and has been set to since, without anything of this machine but what its user named: paths of the store
 * become names, generated files and looked-up places are left out, since the other machine has its own.
 */
import { LpmxError } from "../../base/mod.ts";
import { listFolder, machineName, readFileIfAny } from "../../host/mod.ts";
import { decodeCall, decodeCallList, type Plan, type PlanBind } from "../../runtime/mod.ts";
import { type Container, readContainer, type Store } from "../../store/mod.ts";
import {
  type PackedCommand,
  type PackedContainer,
  type PackedMap,
  type PackedMount,
} from "./format.ts";

/** All but what is put among the blobs: its image and what its volumes hold. */
export type Settings = Omit<PackedContainer, "manifest" | "mounts">;
/** A mount; of a volume also where it is on this machine. */
export type FoundMount = Exclude<PackedMount, { type: "volume" }> | FoundVolume;
/** A volume of this store. */
export interface FoundVolume {
  type: "volume";
  target: string;
  readOnly: boolean;
  name: string | null;
  path: string;
}

/** A container's name; one that is removed at its end has one, too. */
export const nameOf = ({ meta }: Container) => meta.name || meta.id.slice(0, 12);

/** The settings of a container. `maps` are those of mapsOf(). Throws LpmxError. */
export function settingsOf(
  store: Store,
  container: Container,
  plan: Plan,
  maps: PackedMap[],
): Settings {
  const { meta } = container;
  const given = (flag: string) =>
    meta.given.filter((text) => text.startsWith(`${flag}=`)).map((text) =>
      text.slice(flag.length + 1)
    );
  const hostname = given("hostname").at(-1) ?? unlessThis(meta.hostname ?? "");
  // A scheduler is looked for on each machine; that none is to be shown holds everywhere.
  const grid = given("grid").at(-1)?.toLowerCase() === "none" ? "none" : null;
  return {
    name: nameOf(container),
    env: environment(plan, container, hostname, given("host-env")),
    labels: meta.labels,
    hostname,
    addHosts: given("add-host"),
    grid,
    stopSignal: meta.stopSignal,
    stopTimeout: meta.stopTimeout,
    rm: meta.rm,
    readOnly: meta.readOnly,
    tty: meta.tty,
    interactive: meta.interactive,
    engine: meta.engine ?? null,
    entry: plan.entry.filter((text) => text.includes("=")),
    broker: plan.brokered,
    maps,
    commands: commandsOf(store, meta.id),
  };
}

/** The name of a container of an lpmx that did not note whether it was given: one that is not this machine's was. */
const unlessThis = (hostname: string) =>
  hostname === "" || hostname === machineName() ? null : hostname;

function environment(
  plan: Plan,
  { meta }: Container,
  hostname: string | null,
  ofHost: readonly string[],
): string[] {
  const own = hostname === null ? `HOSTNAME=${meta.hostname}` : undefined;
  return plan.env.filter((line) => {
    const [name = "", value] = line.split(/=(.*)/s);
    return value !== undefined && line !== own && !ofHost.includes(name);
  });
}

/** Mounts, without those that every container has. */
export function mountsOf(store: Store, { meta }: Container, plan: Plan): FoundMount[] {
  const own = meta.id.slice(0, 16);
  return plan.binds.filter(({ map }) => !map).flatMap((bind): FoundMount[] => {
    const { guest: target, host, readOnly, file } = bind;
    if (isDefault(bind)) return [];
    const volume = host.startsWith(`${store.at("volumes")}/`)
      ? host.slice(store.at("volumes").length + 1)
      : undefined;
    if (volume !== undefined && !volume.includes("/")) {
      return [{ type: "volume", target, readOnly, name: volume, path: host }];
    }
    if (!host.includes(own)) return [{ type: "bind", target, readOnly, source: host, file }];
    // What is left has the container's id in its path: folders of its own, and files that lpmx generates.
    if (/[./]tmpfs\.\d+$/.test(host)) return [{ type: "tmpfs", target, readOnly }];
    return /\.volumes\/(image)?\d+$/.test(host)
      ? [{ type: "volume", target, readOnly, name: null, path: host }]
      : [];
  });
}

const isDefault = ({ guest, host }: PlanBind) => /^\/(dev|proc|sys)$/.test(guest) && guest === host;

/** Maps, and the containers that they lead to. What leads to a container or command that is gone is told and left out. */
export function mapsOf(
  store: Store,
  container: Container,
  plan: Plan,
  warn: (line: string) => void,
): { maps: PackedMap[]; others: Container[] } {
  const others = new Map<string, Container>();
  const maps = plan.binds.filter(({ map }) => map).flatMap(({ guest, host }): PackedMap[] => {
    const file = readFileIfAny(host), call = file && decodeCall(file);
    if (call?.get("kind") !== "exec") {
      return [{ guest, target: { type: "host", program: call?.get("program") ?? host } }];
    }
    const other = readContainer(store, call.get("container") ?? "");
    if (!other) {
      warn(`${nameOf(container)}: the map ${guest} is left out: it leads to a removed container`);
      return [];
    }
    others.set(other.meta.id, other);
    const [, command] = host.split(`${store.at("bin")}/`);
    if (command !== undefined) return [{ guest, target: { type: "command", command } }];
    const program = call.get("program") ?? "";
    return [{ guest, target: { type: "container", container: nameOf(other), program } }];
  });
  return { maps, others: [...others.values()] };
}

/** The exposed commands of a container. */
export function commandsOf(store: Store, id: string): PackedCommand[] {
  return exposed(store).filter(({ container }) => container === id).map(({ command }) => command);
}

/** All exposed commands of a store, with the ids of their containers. */
export function exposed(store: Store): { container: string; command: PackedCommand }[] {
  return listFolder(store.at("bin")).flatMap((name) => {
    const file = readFileIfAny(store.at(`bin/${name}`));
    const list = file && decodeCallList(file), call = list && new Map(list);
    if (call?.get("kind") !== "exec") return [];
    const command: PackedCommand = {
      name,
      program: call.get("program") ?? "",
      env: list!.filter(([key]) => key === "env").map(([, value]) => value),
      user: call.get("user") ?? null,
      workdir: call.get("workdir") ?? null,
      clean: call.get("clean") === "1",
    };
    return [{ container: call.get("container") ?? "", command }];
  });
}

/** Refuses containers that cannot be taken elsewhere. */
export function checkMovable({ meta }: Container): void {
  if (meta.imageId !== "host") return;
  throw new LpmxError(
    "unsupported",
    `Cannot package container "${meta.name}": it is made of this machine itself, not of an image`,
    { hint: "make it of an image" },
  );
}
