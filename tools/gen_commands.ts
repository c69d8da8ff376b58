/* Generates shim/launcher/commands.gen.h from src/cli/commands.ts: the rows of the verbs that the launcher serves itself.
 *
 *     deno run -A tools/gen_commands.ts           writes the file
 *     deno run -A tools/gen_commands.ts --check   fails when it is not fresh
 *
 * The shape of the rows is shim/launcher/commands.h.
 */
import { commands } from "../src/cli/commands.ts";
import { type Command, usageOf } from "../src/cli/command.ts";
import { type Flag } from "../src/cli/flag.ts";

/** A C string literal. */
function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, "\\$&")}"`;
}

function flagRow(flag: Flag): string {
  const letter = flag.letter ? `'${flag.letter}'` : "0";
  const note = flag.action === "supported" ? "" : flag.help;
  const words = [`FLAG_${flag.kind}`, `FLAG_${flag.action}`].map((word) => word.toUpperCase());
  return `    {${quote(flag.name)}, ${letter}, ${words.join(", ")}, FIELD_${flag.field}, ${
    quote(note)
  }},`;
}

const arrays: Record<string, string> = {
  LPMX_CREATE: "lpmx",
  LPMX_FASTRUN: "lpmx",
  LPMX_RESUME: "resume",
  EXPOSE_RM: "help",
  MAP_ADD: "help",
  MAP_RM: "help",
};
const arrayOf = ({ native }: Command) => `flags_${arrays[native!] ?? native!.toLowerCase()}`;

function commandRow(command: Command, words: string): string {
  const array = arrayOf(command);
  const count = `sizeof ${array} / sizeof ${array}[0]`;
  const usage = quote(usageOf(command, words));
  return `    {${
    quote(words)
  }, ${usage}, COMMAND_${command.native}, ${command.min}, ${count}, ${array}},`;
}

const byName = <T>(name: (row: T) => string) => (x: T, y: T) => name(x) < name(y) ? -1 : 1;

/** The text of the header. */
export function generateCommands(all: readonly Command[]): string {
  const native = all.filter((command) => command.native !== undefined);
  const lines = [
    "/* Generated from src/cli/commands.ts by tools/gen_commands.ts: do not edit. Shape: commands.h. */",
    '#include "commands.h"',
  ];
  const flags = new Map(native.map((command) => [arrayOf(command), command.flags]));
  for (const [array, rows] of [...flags].sort(byName(([name]) => name))) {
    lines.push("", `static const struct command_flag ${array}[] = {`);
    lines.push(...rows.toSorted(byName((flag) => flag.name)).map(flagRow), "};");
  }
  const spellings = native.flatMap((row) =>
    [row.words, ...row.aliases].map((words) => ({ row, words }))
  );
  lines.push("", "static const struct command command_table[] = {");
  lines.push(
    ...spellings.sort(byName(({ words }) => words)).map(({ row, words }) => commandRow(row, words)),
    "};",
  );
  return lines.join("\n") + "\n";
}

if (import.meta.main) {
  const target = new URL("../shim/launcher/commands.gen.h", import.meta.url);
  const text = generateCommands(commands);
  if (!Deno.args.includes("--check")) Deno.writeTextFileSync(target, text);
  else if (Deno.readTextFileSync(target) !== text) {
    console.error("shim/launcher/commands.gen.h is stale: run tools/gen_commands.ts");
    Deno.exit(1);
  }
}
