import assert from "node:assert/strict";
import { commands } from "../src/cli/commands.ts";
import { generateCommands } from "./gen_commands.ts";
import { generateContract } from "./gen_contract.ts";
import { referenceFiles } from "./gen_reference.ts";

const text = (path: string) => Deno.readTextFileSync(new URL(`../${path}`, import.meta.url));

Deno.test("src/runtime/contract.ts is what tools/gen_contract.ts makes of the header", () => {
  assert.equal(generateContract(text("shim/include/contract.h")), text("src/runtime/contract.ts"));
});

Deno.test("shim/launcher/commands.gen.h is what tools/gen_commands.ts makes of the command table", () => {
  assert.equal(generateCommands(commands), text("shim/launcher/commands.gen.h"));
});

Deno.test("generateContract() refuses padding and unknown types", () => {
  assert.throws(
    () => generateContract("struct x {\n    u32 a;\n    u64 b;\n};\n"),
    /implicit padding/,
  );
  assert.throws(() => generateContract("struct x {\n    int a;\n};\n"), /unknown type/);
});

Deno.test("docs/reference.md, docs/man and the schema are what tools/gen_reference.ts makes of the tables", () => {
  for (const [path, wanted] of referenceFiles()) assert.equal(text(path), wanted, path);
});
