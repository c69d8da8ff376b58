/* Compose files as a project: values, checked key by key, then against one another. Pure.
 */
import { checkProject } from "./check.ts";
import { fault, type Spot, type Value } from "./document.ts";
import { declaredFields, topFields } from "./fields.ts";
import { below, entriesOf, itemsOf, Keys, textOf } from "./keys.ts";
import { convertLegacy, isLegacy } from "./legacy.ts";
import { mergeValues } from "./merge.ts";
import { type Project, type Service, type ServiceMap, type Setting } from "./model.ts";
import { readService } from "./read_service.ts";
import { type Declared, hostPath } from "./read_volumes.ts";

const projectForm = /^[a-z0-9][a-z0-9_-]*$/;
const serviceForm = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** The project of one or several documents, the later laid over the earlier. Throws LpmxError("bad-compose-file"). */
export function readProject(documents: readonly Value[], setting: Setting): Project {
  const notes: string[] = [];
  const present = documents.map((document) => {
    if (!isLegacy(document)) return document;
    notes.push(
      `${document.spot.file} is in LPMX's format (apps): docs/guide/compose.md has the present one`,
    );
    return convertLegacy(document);
  });
  const whole = present.reduce((under, over) => mergeValues(under, over));
  const top = new Keys(whole, "", topFields, notes);
  const named = top.get("services") ?? top.get("tools");
  if (!named) {
    throw fault(whole.spot, "", "there are no services in it", "services: {NAME: {image: …}}");
  }
  if (top.get("services") && top.get("tools")) {
    throw fault(top.get("tools")!.spot, "tools", "is another word for services: have one of them");
  }
  const name = projectName(top, setting);
  const declared = readDeclared(top, name);
  const context = { project: name, setting, declared, notes };
  const read = entriesOf(named, "services").map(({ key, value, spot }) => {
    if (!serviceForm.test(key)) throw fault(spot, `services.${key}`, "is no name for a service");
    return readService(key, value, spot, context);
  });
  const services = read.map(({ service }) => service);
  for (const { service, keys } of read) service.maps = readMaps(keys, services, setting);
  for (const service of services) service.started = !isTool(service, services);
  const own = [...declared.values()].filter(({ external }) => !external);
  const project = { name, services, ownVolumes: own.map(({ stored }) => stored), notes };
  checkProject(project);
  return project;
}

/** A service without a command that has to do with calls: its own programs are called, or it calls others'. */
function isTool(service: Service, all: readonly Service[]): boolean {
  const { name, command, entrypoint, restart, maps, expose } = service;
  if (command !== undefined || entrypoint !== undefined || restart) return false;
  const called = all.some(({ maps }) => maps.some(({ service }) => service === name));
  return called || maps.length > 0 || expose.length > 0;
}

function projectName(top: Keys, setting: Setting): string {
  const folder = setting.folder.slice(setting.folder.lastIndexOf("/") + 1);
  const clean = folder.toLowerCase().replace(/[^a-z0-9_-]/g, "").replace(/^[_-]+/, "");
  const name = setting.projectName ?? top.text("name") ?? (clean || "project");
  if (projectForm.test(name)) return name;
  const spot = top.get("name")?.spot;
  const hint = "a project's name is of small letters, digits, _ and -";
  const message = `"${name}" is no name for a project`;
  if (spot && setting.projectName === undefined) throw fault(spot, "name", message, hint);
  throw fault({ file: "--project-name", line: 1, column: 1 }, "", message, hint);
}

function readDeclared(top: Keys, project: string): Map<string, Declared> {
  const value = top.get("volumes");
  const entries = value ? entriesOf(value, "volumes") : [];
  return new Map(entries.map(({ key, value }) => {
    const keys = new Keys(value, `volumes.${key}`, declaredFields, []);
    const external = keys.flag("external");
    return [key, { stored: keys.text("name") ?? (external ? key : `${project}_${key}`), external }];
  }));
}

/** TARGET=GUESTPATH; TARGET is SERVICE:PROGRAM, the name of an exposed command of the project, or a program of the host. */
function readMaps(keys: Keys, services: readonly Service[], setting: Setting): ServiceMap[] {
  const value = keys.get("maps");
  const path = keys.path("maps");
  return (value ? itemsOf(value, path) : []).map((item, at) => {
    const field = below(path, at);
    const text = textOf(item, field);
    const equals = text.indexOf("=/");
    const guest = text.slice(equals + 1);
    if (equals < 1) {
      const hint =
        "a map is TARGET=GUESTPATH, where TARGET is SERVICE:PROGRAM or a program of the host";
      throw fault(item.spot, field, `"${text}" has no guest path`, hint);
    }
    const target = text.slice(0, equals);
    return { guest, spot: item.spot, ...readTarget(target, item.spot, field, services, setting) };
  });
}

function readTarget(
  target: string,
  spot: Spot,
  field: string,
  services: readonly Service[],
  setting: Setting,
): { service: string | undefined; program: string } {
  if (/^(\/|\.\.?\/|~\/)/.test(target)) {
    return { service: undefined, program: hostPath(target, setting) };
  }
  const colon = target.indexOf(":");
  if (colon < 0) {
    for (const { name, expose } of services) {
      const found = expose.find(({ as }) => as === target);
      if (found) return { service: name, program: found.program };
    }
  }
  const service = colon < 0 ? target : target.slice(0, colon);
  const program = target.slice(colon + 1);
  if (colon >= 0 && program && services.some(({ name }) => name === service)) {
    return { service, program };
  }
  const names = services.map(({ name }) => name).join(", ");
  const what = colon < 0
    ? `no service exposes a command "${target}"`
    : program
    ? `there is no service "${service}"`
    : `"${target}" names no program`;
  throw fault(
    spot,
    field,
    what,
    `a target is SERVICE:PROGRAM or /a/program of the host; services: ${names}`,
  );
}
