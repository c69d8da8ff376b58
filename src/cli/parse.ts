/* Parses the words after a command by its row, as docker does (pflag): --f=v, --f v, -fv, -f v, -it, --f=true|false, --.
 *
 * The launcher's parser (shim/launcher/parse.c) follows the same rules for the verbs it serves.
 */
import { LpmxError } from "../base/mod.ts";
import { type Command, usageOf } from "./command.ts";
import { type Flag } from "./flag.ts";

/** The values of flags by name. Names that the command lacks give nothing. */
export class Values {
  #values = new Map<string, string[]>();

  add(name: string, value: string): void {
    this.#values.set(name, [...this.#values.get(name) ?? [], value]);
  }

  /** Whether a bool flag is on. */
  on(name: string, fallback = false): boolean {
    const last = this.#values.get(name)?.at(-1);
    return last === undefined ? fallback : last === "true";
  }

  /** The last value. */
  last(name: string): string | undefined {
    return this.#values.get(name)?.at(-1);
  }

  /** All values in order. */
  all(name: string): string[] {
    return this.#values.get(name) ?? [];
  }
}

const truths = new Map([
  ...["1", "t", "T", "true", "TRUE", "True"].map((text) => [text, "true"] as const),
  ...["0", "f", "F", "false", "FALSE", "False"].map((text) => [text, "false"] as const),
]);

/** A usage error in docker's form. */
export function usageError(message: string, command: Command, words = command.words): LpmxError {
  const usage = usageOf(command, words);
  return new LpmxError(
    "usage",
    `${message}\n\nUsage:  ${usage}\n\nRun 'lpmx ${words} --help' for more information`,
  );
}

interface Parsed {
  flags: Values;
  args: string[];
}

/** Parses words. Throws LpmxError("usage"), exit 125. */
export function parseWords(
  command: Command,
  words: readonly string[],
  called = command.words,
): Parsed {
  const flags = new Values();
  const args: string[] = [];
  const todo = [...words];
  const fail = (message: string) => usageError(message, command, called);
  const set = (flag: Flag, spelling: string, text: string | undefined) => {
    const given = text ?? (flag.kind === "bool" ? "true" : todo.shift());
    if (given === undefined) throw fail(`flag needs an argument: ${spelling}`);
    if (flag.action === "refused") throw fail(`${spelling} is not supported: ${flag.help}`);
    const value = flag.kind === "bool" ? truths.get(given) : given;
    if (value === undefined) {
      throw fail(`invalid argument "${given}" for "${spelling}": not true or false`);
    }
    flags.add(flag.name, value);
  };
  while (todo.length > 0) {
    const word = todo.shift()!;
    if (word === "--") {
      args.push(...todo.splice(0));
    } else if (word.startsWith("--")) {
      parseLong(command, word, set, fail);
    } else if (word.startsWith("-") && word !== "-") {
      parseShort(command, word, set, fail);
    } else {
      args.push(word);
      if (command.stopAtArgs) args.push(...todo.splice(0));
    }
  }
  return { flags, args };
}

type SetFlag = (flag: Flag, spelling: string, text: string | undefined) => void;
type Fail = (message: string) => LpmxError;

function parseLong(command: Command, word: string, set: SetFlag, fail: Fail): void {
  const equals = word.indexOf("=");
  const name = word.slice(2, equals < 0 ? undefined : equals);
  const flag = command.flags.find((flag) => flag.name === name) ??
    (name === "help" ? helpFlag : undefined);
  if (!flag) throw fail(`unknown flag: --${name}`);
  set(flag, `--${name}`, equals < 0 ? undefined : word.slice(equals + 1));
}

function parseShort(command: Command, word: string, set: SetFlag, fail: Fail): void {
  for (let at = 1; at < word.length; at++) {
    const letter = word[at]!;
    const flag = command.flags.find((flag) => flag.letter === letter) ??
      (letter === "h" ? helpFlag : undefined);
    if (!flag) throw fail(`unknown shorthand flag: '${letter}' in ${word}`);
    const rest = word.slice(at + 1);
    if (flag.kind === "bool") {
      set(flag, `-${letter}`, rest.startsWith("=") ? rest.slice(1) : undefined);
      if (rest.startsWith("=")) return;
    } else return set(flag, `-${letter}`, rest === "" ? undefined : rest.replace(/^=/, ""));
  }
}

const helpFlag: Flag = {
  name: "help",
  letter: "h",
  kind: "bool",
  action: "supported",
  field: "HELP",
  help: "Show this help",
  placeholder: undefined,
};

/** Checks the number of arguments. Throws LpmxError("usage"). */
export function checkCount(
  command: Command,
  args: readonly string[],
  called = command.words,
): void {
  const { min, max } = command;
  if (args.length >= min && args.length <= max) return;
  const count = (n: number) => `${n} argument${n === 1 ? "" : "s"}`;
  const wanted = min === max
    ? (max === 0 ? "accepts no arguments" : `requires exactly ${count(min)}`)
    : args.length < min
    ? `requires at least ${count(min)}`
    : `accepts at most ${count(max)}`;
  throw usageError(`"lpmx ${called}" ${wanted}`, command, called);
}
