/* The image config JSON: what a container of it runs, and the diff-ids of its layers (OCI image spec, "config").
 *
 * null means absent. Fields that lpmx does not act on are kept by whoever keeps the JSON text itself.
 */
import * as v from "valibot";
import { parseJson } from "../base/mod.ts";
import { validate } from "./manifest.ts";

const strings = v.optional(v.nullable(v.array(v.string())));
const schema = v.object({
  architecture: v.optional(v.string(), ""),
  os: v.optional(v.string(), ""),
  variant: v.nullish(v.string()),
  created: v.nullish(v.string()),
  config: v.nullish(v.object({
    Env: strings,
    Cmd: strings,
    Entrypoint: strings,
    WorkingDir: v.nullish(v.string()),
    User: v.nullish(v.string()),
    StopSignal: v.nullish(v.string()),
    Volumes: v.nullish(v.record(v.string(), v.unknown())),
    Labels: v.nullish(v.record(v.string(), v.string())),
    ExposedPorts: v.nullish(v.record(v.string(), v.unknown())),
  })),
  rootfs: v.object({
    type: v.optional(v.string()),
    diff_ids: v.pipe(
      v.nullable(
        v.array(v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/, "diff id is not sha256:HEX"))),
      ),
      v.transform((ids) => ids ?? []),
    ),
  }),
});

/** The parts of a config that lpmx uses. */
export interface ImageConfig {
  os: string;
  architecture: string;
  variant: string | undefined;
  created: string | undefined;
  diffIds: string[];
  env: string[];
  entrypoint: string[];
  cmd: string[];
  workingDir: string;
  user: string;
  stopSignal: string | undefined;
  volumes: string[];
  labels: Record<string, string>;
  exposedPorts: string[];
}

/** Parses a config. Throws LpmxError("bad-manifest"). */
export function parseConfig(text: string, what: string): ImageConfig {
  const whole = validate(schema, parseJson(text, what, "bad-manifest"), what);
  const config = whole.config ?? {};
  return {
    os: whole.os || "linux",
    architecture: whole.architecture,
    variant: whole.variant ?? undefined,
    created: whole.created ?? undefined,
    diffIds: whole.rootfs.diff_ids,
    env: config.Env ?? [],
    entrypoint: config.Entrypoint ?? [],
    cmd: config.Cmd ?? [],
    workingDir: config.WorkingDir ?? "",
    user: config.User ?? "",
    stopSignal: config.StopSignal ?? undefined,
    volumes: Object.keys(config.Volumes ?? {}).sort(),
    labels: config.Labels ?? {},
    exposedPorts: Object.keys(config.ExposedPorts ?? {}).sort(),
  };
}
