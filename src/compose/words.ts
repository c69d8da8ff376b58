/* A service as words for `lpmx create` and `lpmx run`, and as a plain description for `lpmx compose config`. Pure.
 */
import { type Exposed, type Pair, type Service, type Volume } from "./model.ts";

/** What has been found out about a service besides what its file says. */
export interface Resolved {
  /** What to give as image: a name, or the id that a lock has. */
  image: string;
  /** All variables with values: those of env_file, then its own. */
  environment: readonly Pair[];
}

/** Options that both verbs take. */
export function optionWords(service: Service, { environment }: Resolved): string[] {
  const words: string[] = [];
  const put = (flag: string, value: string | undefined) => {
    if (value !== undefined) words.push(`--${flag}=${value}`);
  };
  put("platform", service.platform);
  for (const [key, value] of environment) put("env", `${key}=${value}`);
  put("workdir", service.workingDir);
  put("user", service.user);
  put("hostname", service.hostname);
  for (const [host, ip] of service.extraHosts) put("add-host", `${host}:${ip}`);
  for (const volume of service.volumes) words.push(volumeWord(volume));
  if (service.readOnly) words.push("--read-only");
  for (const [key, value] of service.labels) put("label", `${key}=${value}`);
  put("stop-signal", service.stopSignal);
  put("stop-timeout", service.stopGrace?.toString());
  if (service.stdinOpen) words.push("--interactive");
  return words;
}

/** The image and what runs in it. An entrypoint of several words goes on in the command. */
export function commandWords(
  service: Service,
  { image }: Resolved,
  command?: readonly string[],
): string[] {
  const own = command ?? service.command ?? [];
  const [first, ...rest] = service.entrypoint ?? [];
  if (service.entrypoint === undefined) return [image, ...own];
  return [`--entrypoint=${first ?? ""}`, image, ...rest, ...own];
}

function volumeWord({ type, source, target, options }: Volume): string {
  const end = options.length > 0 ? `:${options.join(",")}` : "";
  if (type === "tmpfs") return `--tmpfs=${target}${end}`;
  if (source === undefined) return `--volume=${target}`;
  if (!`${source}${target}`.includes(":")) return `--volume=${source}:${target}${end}`;
  const parts = [`type=${type}`, `source=${source}`, `target=${target}`];
  if (isReadOnly(options)) parts.push("readonly");
  return `--mount=${parts.map(csv).join(",")}`;
}

const csv = (part: string) => /[",\n]/.test(part) ? `"${part.replaceAll('"', '""')}"` : part;

/** Where a map leads, as it is written in a file. */
export const targetText = (
  { service, program }: { service: string | undefined; program: string },
) => service === undefined ? program : `${service}:${program}`;

/** A service by docker compose's names, without what is not set. */
export function describeService(
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

const isReadOnly = (options: readonly string[]) =>
  options.some((option) => /^(ro|readonly)$/.test(option));

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
