import assert from "node:assert/strict";
import { faultsOf } from "./check_imports.ts";

const faults = (path: string, text: string) =>
  faultsOf(path, `/* what for */\n${text}`).map((fault) => fault.slice(path.length));

Deno.test("faultsOf() lets imports point down only", () => {
  assert.deepEqual(
    faults("src/engine/a.ts", 'import { x } from "../store/mod.ts";\nexport * from "./b.ts";\n'),
    [],
  );
  assert.deepEqual(faults("src/layer/a.ts", 'import {\n  x,\n} from "../host/mod.ts";\n'), []);
  assert.match(
    faults("src/store/a.ts", 'import { x } from "../layer/mod.ts";\n')[0]!,
    /store may not use layer/,
  );
  assert.match(
    faults("src/image/a.ts", 'import { x } from "../host/mod.ts";\n')[0]!,
    /image may not use host/,
  );
  assert.match(
    faults("src/base/a.ts", 'export { x } from "../image/mod.ts";\n')[0]!,
    /base may not use image/,
  );
  assert.match(
    faults("src/engine/a.ts", 'await import("../cli/x.ts");\n')[0]!,
    /engine may not use cli/,
  );
  assert.match(faults("src/new/a.ts", "")[0]!, /no folder of the layout/);
});

Deno.test("faultsOf() lets only host touch the machine", () => {
  assert.deepEqual(faults("src/host/a.ts", "Deno.exit(1);\n"), []);
  assert.match(faults("src/cli/a.ts", "Deno.exit(1);\n")[0]!, /only src\/host/);
  assert.match(faults("src/engine/a.ts", 'import x from "node:fs";\n')[0]!, /only src\/host/);
  assert.deepEqual(faults("src/engine/a.ts", "// as Deno.exit does\nconst x = 1;\n"), []);
});

Deno.test("faultsOf() sees long functions, long files and missing headers", () => {
  const long = `function f(): void {\n${"  x();\n".repeat(40)}}\n`;
  assert.match(faults("src/base/a.ts", long)[0]!, /f has 42 lines/);
  assert.match(
    faults(
      "src/base/a.ts",
      `class C {\n  #m(a: number): void {\n${"    x();\n".repeat(40)}  }\n}\n`,
    )[0]!,
    /#m has 42 lines/,
  );
  assert.match(faults("src/base/a.ts", "x();\n".repeat(300))[0]!, /301 lines/);
  assert.match(faultsOf("src/base/a.ts", "x();\n")[0]!, /lacks the comment/);
});
