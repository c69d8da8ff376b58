import assert from "node:assert/strict";
import { composeSchema, parseYaml, readProject, serviceFields } from "./mod.ts";

Deno.test("every supported key of a service is read: none takes a list of lists", async () => {
  const setting = { folder: "/p", home: undefined, projectName: undefined };
  const supported = serviceFields.filter(({ action }) => action === "supported");
  for (const { name } of supported) {
    const text = `services: {a: {${name === "image" ? "" : "image: x, "}${name}: [[[]]]}}`;
    const document = await parseYaml(text, "c.yaml");
    assert.throws(() => readProject([document], setting), new RegExp(`services.a.${name}`), name);
  }
});

Deno.test("the schema knows every key that is accepted and no other", () => {
  const schema = JSON.stringify(composeSchema());
  assert.ok(schema.includes('"additionalProperties":false'));
  for (const { name, action } of serviceFields) {
    assert.equal(schema.includes(`"${name}":{"description"`), action !== "refused", name);
  }
  const names = serviceFields.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
});
