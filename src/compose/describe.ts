/* A project as a plain value by docker compose's names, with all values filled in: what `lpmx compose config` prints. Read again it means
 * the same. Pure.
 */
import { type Exposed, type Project, type Service, type Volume } from "./model.ts";
import { isReadOnly, type Resolved, targetText } from "./words.ts";

/** The project with the given services. */
export function describeProject(
  { name, ownVolumes }: Project,
  services: readonly (readonly [Service, Resolved])[],
): Record<string, unknown> {
  const named = services.flatMap(([{ volumes }]) =>
    volumes.flatMap(({ type, source }) => type === "volume" && source ? [source] : [])
  );
  const volumes = [...new Set(named)].map((stored) =>
    [stored, { name: stored, ...(ownVolumes.includes(stored) ? {} : { external: true }) }] as const
  );
  return escaped({
    name,
    services: Object.fromEntries(
      services.map(([service, resolved]) => [service.name, describeService(service, resolved)]),
    ),
    ...(volumes.length > 0 ? { volumes: Object.fromEntries(volumes) } : {}),
  }) as Record<string, unknown>;
}

/** A "$" begins a variable in what is read. */
function escaped(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll("$", "$$$$");
  if (Array.isArray(value)) return value.map(escaped);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, escaped(inner)]));
}

/** Without what is not set. */
function describeService(
  service: Service,
  { image, environment }: Resolved,
): Record<string, unknown> {
  const all = {
    image,
    entrypoint: service.entrypoint,
    command: service.command,
    container_name: service.containerName,
    platform: service.platform,
    pull_policy: service.pullPolicy === "missing" ? undefined : service.pullPolicy,
    environment: Object.fromEntries(environment),
    working_dir: service.workingDir,
    user: service.user,
    hostname: service.hostname,
    extra_hosts: service.extraHosts.map(([host, ip]) => `${host}:${ip}`),
    volumes: service.volumes.map(describeVolume),
    read_only: service.readOnly || undefined,
    broker: service.broker.length > 0 ? service.broker : undefined,
    gpus: service.gpus,
    x11: service.x11 || undefined,
    labels: Object.fromEntries(service.labels),
    stop_signal: service.stopSignal,
    stop_grace_period: service.stopGrace === undefined ? undefined : `${service.stopGrace}s`,
    stdin_open: service.stdinOpen || undefined,
    tty: service.tty || undefined,
    restart: service.restart ? "always" : undefined,
    profiles: service.profiles,
    maps: service.maps.map((map) => `${targetText(map)}=${map.guest}`),
    expose: service.expose.map(describeExposed),
    depends_on: Object.fromEntries(service.dependsOn.map(({ service, completed }) => [service, {
      condition: completed ? "service_completed_successfully" : "service_started",
    }])),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => !isEmpty(value)));
}

const describeVolume = ({ type, source, target, options }: Volume) => ({
  type,
  ...(source === undefined ? {} : { source }),
  target,
  ...(isReadOnly(options) ? { read_only: true } : {}),
});

const describeExposed = ({ program, as, user, workingDir, cleanEnv }: Exposed) => ({
  program,
  as,
  ...(user === undefined ? {} : { user }),
  ...(workingDir === undefined ? {} : { working_dir: workingDir }),
  ...(cleanEnv ? { clean_env: true } : {}),
});

function isEmpty(value: unknown): boolean {
  if (value === undefined) return true;
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}
