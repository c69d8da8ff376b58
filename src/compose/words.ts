/* A service as words for `lpmx create` and `lpmx run`. Pure.
 */
import { type Pair, type Service, type Volume } from "./model.ts";

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
  for (const program of service.broker) put("broker", program);
  put("gpus", service.gpus);
  if (service.x11) words.push("--x11");
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

/** Whether a mount's options say that it is read-only. */
export const isReadOnly = (options: readonly string[]) =>
  options.some((option) => /^(ro|readonly)$/.test(option));
