/* The JSON schema for editors (docs/guide/compose.schema.json), made from the table of fields. Pure.
 */
import {
  declaredFields,
  dependsFields,
  envFileFields,
  exposeFields,
  type Field,
  serviceFields,
  type Shape,
  topFields,
  volumeFields,
} from "./fields.ts";

type Schema = Record<string, unknown>;

const text: Schema = { type: ["string", "number", "boolean"] };
const texts: Schema = { type: "array", items: text };
const either = (...schemas: Schema[]): Schema => ({ anyOf: schemas });
const list = (items: Schema): Schema => ({ type: "array", items });
const named = (values: Schema): Schema => ({ type: "object", additionalProperties: values });
const object = (fields: readonly Field[], required: string[] = []): Schema => ({
  type: "object",
  properties: Object.fromEntries(
    fields.filter(({ action }) => action !== "refused").map((
      field,
    ) => [field.name, schemaOf(field)]),
  ),
  patternProperties: { "^x-": {} },
  additionalProperties: false,
  ...(required.length > 0 ? { required } : {}),
});

const shapes: Record<Shape, () => Schema> = {
  any: () => ({}),
  text: () => text,
  flag: () => ({ type: ["boolean", "string"] }),
  words: () => either({ type: "string" }, texts),
  texts: () => either(text, texts),
  pairs: () => either(named({ type: ["string", "number", "boolean", "null"] }), texts),
  seconds: () => ({ type: ["string", "number"] }),
  pull_policy: () => ({ enum: ["always", "missing", "if_not_present", "never"] }),
  depends: () => either(texts, named(object(dependsFields))),
  expose: () => list(either(text, object(exposeFields, ["program"]))),
  maps: () => list({ type: "string", pattern: ".=/" }),
  ports: () => list(either(text, { type: "object" })),
  volumes: () => list(either({ type: "string" }, object(volumeFields, ["target"]))),
  env_file: () =>
    either({ type: "string" }, list(either({ type: "string" }, object(envFileFields, ["path"])))),
  scale: () => ({ enum: [1, "1"] }),
  mode: () => ({ enum: ["host", "bridge", "default"] }),
  services: () => named(object(serviceFields, ["image"])),
  declared_volumes: () => named(either({ type: "null" }, object(declaredFields))),
};

function schemaOf({ action, shape, help }: Field): Schema {
  return { description: action === "ignored" ? `No effect: ${help}` : help, ...shapes[shape]() };
}

/** The whole schema, JSON Schema 2020-12. */
export function composeSchema(): Schema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "lpmx compose",
    ...object(topFields),
  };
}
