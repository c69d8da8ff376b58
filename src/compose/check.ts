/* What has to hold between the parts of a project, and the order of its services. Pure.
 */
import { fault, type Spot, spotText } from "./document.ts";
import { type Project, type Service } from "./model.ts";

/** Throws LpmxError("bad-compose-file") for unknown dependencies, cycles, and two things of one name or at one place. */
export function checkProject({ services }: Project): void {
  const names = services.map(({ name }) => name);
  for (const { name, dependsOn } of services) {
    for (const { service, required, spot } of dependsOn) {
      if (names.includes(service) || !required) continue;
      const field = `services.${name}.depends_on`;
      throw fault(spot, field, `there is no service "${service}"`, `services: ${names.join(", ")}`);
    }
  }
  inOrder(services);
  const containers = services.map(({ name, containerName, spot }) => ({
    key: containerName,
    field: `services.${name}`,
    spot,
  }));
  refuseTwice(containers, (key) => `the container name "${key}" is taken`);
  const commands = services.flatMap(({ name, expose }) =>
    expose.map(({ as, spot }) => ({ key: as, field: `services.${name}.expose`, spot }))
  );
  refuseTwice(
    commands,
    (key) => `the command "${key}" is exposed`,
    "give one of them another name: as: …",
  );
  for (const { name, volumes, maps } of services) {
    const places = [
      ...volumes.map(({ target, spot }) => ({ path: target, spot })),
      ...maps.map(({ guest, spot }) => ({ path: guest, spot })),
    ].map(({ path, spot }) => ({ key: plainPath(path), field: `services.${name}`, spot }));
    refuseTwice(places, (key) => `something is shown at ${key}`);
  }
}

const plainPath = (path: string) =>
  `/${path.split("/").filter((part) => part && part !== ".").join("/")}`;

function refuseTwice(
  things: readonly { key: string; field: string; spot: Spot }[],
  say: (key: string) => string,
  hint?: string,
): void {
  const seen = new Map<string, Spot>();
  for (const { key, field, spot } of things) {
    const first = seen.get(key);
    if (first) throw fault(spot, field, `${say(key)} already (${spotText(first)})`, hint);
    seen.set(key, spot);
  }
}

/** The services, each after those it depends on, else as they stand in the file. A cycle is a fault that names all of it. */
export function inOrder(services: readonly Service[]): Service[] {
  const done: Service[] = [];
  const visit = (service: Service, way: readonly Service[]) => {
    if (done.includes(service)) return;
    for (const { service: name, spot } of service.dependsOn) {
      const other = services.find((one) => one.name === name);
      if (!other) continue;
      const at = [...way, service].indexOf(other);
      if (at >= 0) {
        const cycle = [...way, service, other].slice(at).map(({ name }) => name).join(" -> ");
        throw fault(
          spot,
          `services.${service.name}.depends_on`,
          `a cycle: ${cycle}`,
          "leave one of them out",
        );
      }
      visit(other, [...way, service]);
    }
    done.push(service);
  };
  for (const service of services) visit(service, []);
  return done;
}

/** The services named, with all that they depend on or lead maps to, in order; of none named those whose profile is asked for.
 * Throws LpmxError("bad-compose-file") for a name that is not there. */
export function chosen(
  { services }: Project,
  names: readonly string[],
  profiles: readonly string[],
): Service[] {
  const active = ({ profiles: own }: Service) =>
    own.length === 0 || profiles.includes("*") || own.some((one) => profiles.includes(one));
  const wanted = new Set(
    names.length > 0 ? names : services.filter(active).map(({ name }) => name),
  );
  for (const name of wanted) {
    const service = services.find((one) => one.name === name);
    for (const { service: other } of service?.dependsOn ?? []) wanted.add(other);
    for (const { service: other } of service?.maps ?? []) if (other) wanted.add(other);
  }
  return inOrder(services).filter(({ name }) => wanted.has(name));
}
