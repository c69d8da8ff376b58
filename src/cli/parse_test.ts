import assert from "node:assert/strict";
import { LpmxError } from "../base/mod.ts";
import { command } from "./command.ts";
import { bool, list, refused, value } from "./flag.ts";
import { checkCount, parseWords } from "./parse.ts";

const row = command({
  words: "try",
  args: "[OPTIONS] [ARG...]",
  summary: "",
  flags: [
    bool("interactive", "i", "NONE", ""),
    bool("tty", "t", "NONE", ""),
    value("user", "u", "NONE", ""),
    list("env", "e", "NONE", ""),
    refused("gpus", undefined, "value", "do without"),
  ],
  min: 1,
  max: 2,
});
const parse = (...words: string[]) => parseWords(row, words);
const stopping = { ...row, stopAtArgs: true };
const refusedWith = (text: string) => (error: unknown) =>
  error instanceof LpmxError && error.exit === 125 && error.message.startsWith(text);

Deno.test("parseWords() takes docker's spellings", () => {
  for (
    const words of [["--user=me"], ["--user", "me"], ["-u", "me"], ["-ume"], ["-u=me"], [
      "-itu",
      "me",
    ], ["-ituume"]]
  ) {
    const wanted = words[0] === "-ituume" ? "ume" : "me";
    assert.equal(parse(...words).flags.last("user"), wanted, words.join(" "));
  }
  const { flags } = parse("-it", "-e", "A=1", "--env=B", "--tty=false");
  assert.deepEqual([flags.on("interactive"), flags.on("tty"), flags.all("env")], [true, false, [
    "A=1",
    "B",
  ]]);
  assert.deepEqual(parse("--env=", "--user=").flags.all("env"), [""]);
});

Deno.test("parseWords() mixes flags and arguments, unless the command's rest is the program's", () => {
  assert.deepEqual(parse("a", "-t", "b", "--", "-i").args, ["a", "b", "-i"]);
  assert.deepEqual(parseWords(stopping, ["-i", "a", "-t", "--x"]).args, ["a", "-t", "--x"]);
  assert.deepEqual(parse("-").args, ["-"]);
});

Deno.test("parseWords() explains what it does not take", () => {
  assert.throws(
    () => parse("--foo"),
    refusedWith(
      "unknown flag: --foo\n\nUsage:  lpmx try [OPTIONS] [ARG...]\n\nRun 'lpmx try --help'",
    ),
  );
  assert.throws(() => parse("-ix"), refusedWith("unknown shorthand flag: 'x' in -ix"));
  assert.throws(() => parse("--user"), refusedWith("flag needs an argument: --user"));
  assert.throws(() => parse("--tty=maybe"), refusedWith('invalid argument "maybe"'));
  assert.throws(() => parse("--gpus", "all"), refusedWith("--gpus is not supported: do without"));
});

Deno.test("checkCount() says how many arguments are wanted", () => {
  assert.throws(() => checkCount(row, []), refusedWith('"lpmx try" requires at least 1 argument'));
  assert.throws(
    () => checkCount(row, ["a", "b", "c"]),
    refusedWith('"lpmx try" accepts at most 2 arguments'),
  );
  checkCount(row, ["a"]);
});
