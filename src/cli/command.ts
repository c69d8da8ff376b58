/* What a command is: a row of the command table with its flags and, for those that the engine serves, the file that does it.
 */
import { type Flag } from "./flag.ts";
import { type Values } from "./parse.ts";

/** What a command's file gets. */
export interface Call {
  command: Command;
  /** The words by which it was called ("docker download"). */
  words: string;
  flags: Values;
  args: string[];
}

/** A file under commands/. The result is the exit status. */
export interface CommandFile {
  run(call: Call): Promise<number> | number;
}

/** A row of the command table. */
export interface Command {
  /** Main spelling. */
  words: string;
  /** Other spellings: docker's groups and LPMX's. */
  aliases: readonly string[];
  /** What follows in the usage line. */
  args: string;
  summary: string;
  /** A paragraph or two for help and man page. */
  details: string;
  examples: readonly string[];
  flags: readonly Flag[];
  /** How many words it takes after the flags. */
  min: number;
  max: number;
  /** Served by the launcher without Deno: enum command_what without COMMAND_. */
  native: string | undefined;
  /** Options end at the first word that is none (the rest belongs to the contained program). */
  stopAtArgs: boolean;
  hidden: boolean;
  load: (() => Promise<CommandFile>) | undefined;
}

/** A row with the usual defaults. */
export function command(
  row: Partial<Command> & Pick<Command, "words" | "args" | "summary" | "flags">,
): Command {
  return {
    aliases: [],
    details: "",
    examples: [],
    min: 0,
    max: Infinity,
    native: undefined,
    stopAtArgs: row.native !== undefined,
    hidden: false,
    load: undefined,
    ...row,
  };
}

/** The usage line under one of its spellings. */
export function usageOf(command: Command, words = command.words): string {
  return `lpmx ${words}${command.args ? ` ${command.args}` : ""}`;
}
