/* Words in, exit status out: finds the command's row, parses, runs its file, reports what went wrong.
 */
import { LpmxError, setUpLog } from "../base/mod.ts";
import { restoreEnvironment, setting } from "../host/mod.ts";
import { type Command } from "./command.ts";
import { findCommand } from "./commands.ts";
import { print, tell } from "./output.ts";
import { checkCount, parseWords } from "./parse.ts";
import { report } from "./report.ts";

/** Runs what the words say. Never throws. */
export async function main(words: string[]): Promise<number> {
  restoreEnvironment();
  setUpLog(setting("LPMX_LOG") ?? "", tell);
  try {
    return await dispatch(words);
  } catch (error) {
    return report(error);
  }
}

/** The same without preparations. Throws what goes wrong. */
export async function dispatch(words: string[]): Promise<number> {
  const [first = ""] = words;
  if (first === "" || first === "--help" || first === "-h") {
    return await help([], first === "" ? 125 : 0);
  }
  if (first === "--version" || first === "-v") return await dispatch(["version"]);
  const found = findCommand(words);
  if (!found) return await unknown(words);
  const { command, words: called, taken } = found;
  const rest = words.slice(taken);
  const { flags, args } = parseWords(
    command,
    command.words === "__complete" ? ["--", ...rest] : rest,
    called,
  );
  if (flags.on("help")) return await help([command.words], 0);
  if (command.native !== undefined || !command.load) throw servedByLauncher(command);
  checkCount(command, args, called);
  const file = await command.load();
  return await file.run({ command, words: called, flags, args });
}

async function help(topic: string[], status: number): Promise<number> {
  const { helpText } = await import("./help.ts");
  const text = helpText(topic);
  status === 0 ? print(text) : tell(text);
  return status;
}

async function unknown(words: string[]): Promise<number> {
  const { isGroup } = await import("./help.ts");
  const [first = "", second] = words;
  if (isGroup(first)) {
    if (second === undefined || second === "--help" || second === "-h") {
      return await help([first], second === undefined ? 125 : 0);
    }
    throw new LpmxError("usage", `"${first} ${second}" is not a command`, {
      hint: `see "lpmx ${first} --help"`,
    });
  }
  const { closestCommand } = await import("./help.ts");
  const near = closestCommand(first);
  throw new LpmxError("usage", `"${first}" is not a command`, {
    hint: near ? `did you mean "lpmx ${near}"? See "lpmx --help"` : 'see "lpmx --help"',
  });
}

function servedByLauncher(command: Command): LpmxError {
  return new LpmxError(
    "launcher",
    `"lpmx ${command.words}" needs the one file that the build makes`,
    {
      hint: "run it as dist/lpmx, not by deno",
      exit: 125,
    },
  );
}
