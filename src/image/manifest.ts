/* Image manifests and indexes, validated. Unknown fields are no errors (OCI image spec, "manifest", "image-index").
 */
import * as v from "valibot";
import { LpmxError, parseJson } from "../base/mod.ts";
import { manifestKind } from "./media_type.ts";

const digest = v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/, "digest is not sha256:HEX"));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

const platformSchema = v.object({
  os: v.string(),
  architecture: v.string(),
  variant: v.nullish(v.string()),
});
const descriptorSchema = v.object({
  mediaType: v.optional(v.string(), ""),
  digest,
  size: count,
  urls: v.nullish(v.array(v.string())),
  platform: v.nullish(platformSchema),
  annotations: v.nullish(v.record(v.string(), v.string())),
});
const manifestSchema = v.object({
  schemaVersion: v.literal(2),
  mediaType: v.optional(v.string()),
  config: descriptorSchema,
  layers: v.array(descriptorSchema),
});
const indexSchema = v.object({
  schemaVersion: v.literal(2),
  mediaType: v.optional(v.string()),
  manifests: v.array(descriptorSchema),
});

/** A reference to a blob by content. */
export type Descriptor = v.InferOutput<typeof descriptorSchema>;
/** os, architecture, variant. */
export type Platform = v.InferOutput<typeof platformSchema>;
/** The manifest of one image. */
export type ImageManifest = v.InferOutput<typeof manifestSchema>;
/** A list of manifests, one for each platform. */
export type ImageIndex = v.InferOutput<typeof indexSchema>;

/** Validates a value. Throws LpmxError("bad-manifest") naming `what` and the first offending field. */
export function validate<S extends v.GenericSchema>(
  schema: S,
  value: unknown,
  what: string,
): v.InferOutput<S> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const issue = result.issues[0];
  const where = v.getDotPath(issue) ?? "document";
  throw new LpmxError("bad-manifest", `Cannot read ${what}: ${where}: ${issue.message}`);
}

/** Parses a manifest or an index. `mediaType` is what the transport said, if it did. Throws LpmxError("bad-manifest"). */
export function parseManifest(
  text: string,
  what: string,
  mediaType?: string,
): { kind: "index"; index: ImageIndex } | { kind: "image"; manifest: ImageManifest } {
  const value = parseJson(text, what, "bad-manifest") as Record<string, unknown> | null;
  const inside = typeof value?.["mediaType"] === "string" ? value["mediaType"] : undefined;
  const kind = manifestKind(inside ?? mediaType ?? "") ??
    (Array.isArray(value?.["manifests"])
      ? "index"
      : Array.isArray(value?.["layers"])
      ? "image"
      : undefined);
  if (kind === "schema1" || value?.["schemaVersion"] === 1) {
    throw new LpmxError("unsupported", `Cannot read ${what}: it is a docker schema 1 manifest`, {
      hint: "push the image again with a current docker, or convert it with skopeo",
    });
  }
  if (kind === "index") return { kind, index: validate(indexSchema, value, what) };
  if (kind === "image") return { kind, manifest: validate(manifestSchema, value, what) };
  throw new LpmxError(
    "bad-manifest",
    `Cannot read ${what}: neither an image manifest nor an index`,
  );
}
