/* The config of an image that is made of a container: its image's, with the container's own settings, then --change. Pure.
 *
 * As docker does it (daemon/commit.go): the container's command and environment are the new image's, not its name or its mounts.
 */
import { parseJson } from "../base/mod.ts";
import { signalNumber } from "../image/mod.ts";
import { type Container } from "../store/mod.ts";
import { applyChanges } from "./commit_changes.ts";

/** What the user says about the new image. */
export interface CommitTexts {
  author: string;
  message: string;
  /** Dockerfile instructions. */
  changes: readonly string[];
}

/** The settings that --change may change, with the names of the OCI image spec ("config"). */
export interface Settings {
  Env?: string[];
  Cmd?: string[] | null;
  Entrypoint?: string[] | null;
  User?: string;
  WorkingDir?: string;
  Labels?: Record<string, string>;
  ExposedPorts?: Record<string, unknown>;
  Volumes?: Record<string, unknown>;
  OnBuild?: string[];
  StopSignal?: string;
}

interface History {
  created?: string;
  created_by?: string;
  author?: string;
  comment?: string;
  empty_layer?: boolean;
}

interface Config extends Record<string, unknown> {
  config?: Settings | null;
  rootfs: { type: string; diff_ids: string[] | null };
  history?: History[] | null;
}

/** The JSON of the new config. `diffId` is the new layer's; undefined when the container changed nothing.
 * Throws LpmxError("usage") for a bad change. */
export function configOf(
  base: string,
  container: Container,
  diffId: string | undefined,
  texts: CommitTexts,
  now: Date = new Date(),
): string {
  const config = parseJson(base, "image config", "bad-record") as Config;
  const created = now.toISOString();
  const settings = containerSettings(config.config ?? {}, container);
  const history: History = {
    created,
    created_by: (settings.Cmd ?? []).join(" "),
    ...(texts.author ? { author: texts.author } : {}),
    ...(texts.message ? { comment: texts.message } : {}),
    ...(diffId === undefined ? { empty_layer: true } : {}),
  };
  delete config["author"];
  // Of docker's own: what an image was made from.
  for (const key of ["container", "container_config", "parent", "id"]) delete config[key];
  return JSON.stringify({
    ...config,
    created,
    ...(texts.author ? { author: texts.author } : {}),
    config: applyChanges(settings, texts.changes),
    rootfs: {
      type: "layers",
      diff_ids: [...config.rootfs.diff_ids ?? [], ...(diffId === undefined ? [] : [diffId])],
    },
    history: [...config.history ?? [], history],
  });
}

function containerSettings(image: Settings, { meta }: Container): Settings {
  const settings: Settings = { ...image };
  settings.Env = environment(image.Env ?? [], meta);
  settings.Cmd = meta.cmd.length > 0 ? meta.cmd : null;
  settings.Entrypoint = meta.entrypoint.length > 0 ? meta.entrypoint : null;
  settings.User = meta.user;
  settings.WorkingDir = meta.workdir === "/" && !image.WorkingDir ? "" : meta.workdir;
  if (meta.labels.length > 0) settings.Labels = { ...image.Labels, ...labels(meta.labels) };
  const known = Number(meta.stopSignal) === numberOf(image.StopSignal);
  if (!known && meta.stopSignal) settings.StopSignal = String(meta.stopSignal);
  return settings;
}

function numberOf(signal: string | undefined): number {
  try {
    return signalNumber(signal);
  } catch {
    return 0;
  }
}

function labels(list: readonly string[]): Record<string, string> {
  return Object.fromEntries(list.map((label) => {
    const [key = "", value = ""] = label.split(/=(.*)/s);
    return [key, value];
  }));
}

/** Without what every container gets by itself, and names without a value. */
function environment(
  image: readonly string[],
  { env, hostname, tty }: Container["meta"],
): string[] {
  const own = [`HOSTNAME=${hostname}`, ...(tty ? ["TERM=xterm"] : [])];
  return env.filter((line) => line.includes("=") && (image.includes(line) || !own.includes(line)));
}
