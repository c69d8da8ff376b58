import assert from "node:assert/strict";
import { complete, completionScript } from "./complete.ts";
import { commands, findCommand } from "./commands.ts";
import { closestCommand, helpText } from "./help.ts";
import { manPages } from "./man.ts";

Deno.test("the command table has no spelling, flag or letter twice", () => {
  const spellings = commands.flatMap(({ words, aliases }) => [words, ...aliases]);
  assert.equal(new Set(spellings).size, spellings.length);
  for (const { words, flags } of commands) {
    const names = flags.map(({ name }) => name);
    const letters = flags.flatMap(({ letter }) => letter ?? []);
    assert.equal(new Set(names).size, names.length, words);
    assert.equal(new Set(letters).size, letters.length, words);
  }
});

Deno.test("every row of the command table is served by the launcher or by a file", async () => {
  for (const { words, native, load } of commands) {
    assert.equal(native === undefined, load !== undefined, words);
    if (load) assert.equal(typeof (await load()).run, "function", words);
  }
});

Deno.test("findCommand() takes the longest spelling", () => {
  assert.deepEqual(findCommand(["docker", "download", "x"])!.command.words, "pull");
  assert.deepEqual(findCommand(["image", "ls"])!.taken, 2);
  assert.deepEqual(findCommand(["list"])!.command.words, "list");
  assert.equal(findCommand(["docker"]), undefined);
});

Deno.test("help, manual pages and completion exist for every command", () => {
  for (const { words, summary, hidden } of commands) {
    assert.ok(helpText(words.split(" ")).includes(summary), words);
    const page = manPages().find(([file]) => file === `lpmx-${words.replaceAll(" ", "-")}.1`);
    assert.equal(page === undefined, hidden, words);
  }
  for (const shell of ["bash", "zsh", "fish"]) {
    assert.ok(completionScript(shell)!.includes("__complete"));
  }
  assert.deepEqual(complete(["ru"]).map(([word]) => word), ["run"]);
  assert.ok(complete(["run", "--env"]).some(([word]) => word === "--env-file"));
  assert.ok(complete(["docker", "fa"]).some(([word]) => word === "fastrun"));
});

Deno.test("closestCommand() guesses what was meant, or nothing", () => {
  assert.equal(closestCommand("imags"), "images");
  assert.equal(closestCommand("exce"), "exec");
  assert.equal(closestCommand("frobnicate"), undefined);
});
