import assert from "node:assert/strict";
import { LpmxError } from "../base/mod.ts";
import { ago, applyFilters, duration, parseTemplate, table } from "./output.ts";

const value = {
  ID: "abc",
  Size: 5,
  Config: { Env: ["A=1", "B=2"], Labels: { z: "1", a: "2" } },
  Tags: ["x:1"],
};
const render = (text: string) => parseTemplate(text)(value);

Deno.test("parseTemplate() renders docker's usual templates", () => {
  assert.equal(render("{{.ID}}\\t{{ .Size }}"), "abc\t5");
  assert.equal(render("{{json .Tags}}"), '["x:1"]');
  assert.equal(render("{{.Config.Env}} {{.Config.Labels}}"), "[A=1 B=2] map[a:2 z:1]");
  assert.equal(render('{{printf "%s\\t%s" .ID .Size}}'), "abc\t5");
  assert.equal(render("{{index .Tags 0}} {{len .Tags}}"), "x:1 1");
  assert.equal(render('{{join .Config.Env ","}}'), "A=1,B=2");
  assert.equal(render("{{.Nothing}}"), "<no value>");
  assert.equal(JSON.parse(render("{{json .}}")).ID, "abc");
});

Deno.test("parseTemplate() refuses what it does not understand", () => {
  for (
    const text of [
      "{{range .Tags}}{{.}}{{end}}",
      "{{if .ID}}x{{end}}",
      "{{.ID",
      "{{foo .ID}}",
      "{{}}",
    ]
  ) {
    assert.throws(() => render(text), LpmxError, text);
  }
});

Deno.test("table() aligns columns and leaves the last one free", () => {
  assert.equal(table([["A", "B"], ["long", "x"]]), "A      B\nlong   x");
});

Deno.test("duration() and ago() speak as docker does", () => {
  const cases: [number, string][] = [
    [0.4, "Less than a second"],
    [1, "1 second"],
    [59, "59 seconds"],
    [60, "About a minute"],
    [150, "2 minutes"],
    [3600, "About an hour"],
    [7200, "2 hours"],
    [3 * 86400, "3 days"],
    [20 * 86400, "2 weeks"],
    [800 * 86400, "2 years"],
  ];
  for (const [seconds, text] of cases) assert.equal(duration(seconds), text);
  assert.equal(ago("1970-01-01T00:00:10Z", 15000), "5 seconds ago");
  assert.equal(ago(undefined), "N/A");
});

Deno.test("applyFilters() needs all filters to fit, and refuses unknown ones", () => {
  const keys = {
    min: (n: number, text: string) => n >= Number(text),
    max: (n: number, text: string) => n <= Number(text),
  };
  assert.deepEqual(applyFilters([1, 2, 3], ["min=2", "max=2"], keys), [2]);
  assert.throws(() => applyFilters([1], ["foo=1"], keys), LpmxError);
});
