/* Generates docs/reference.md and the manual pages docs/man/*.1 from the command table, and the schema of compose files.
 *
 *     deno run -A tools/gen_reference.ts           writes the files
 *     deno run -A tools/gen_reference.ts --check   fails when they are not fresh
 */
import { type Command, usageOf } from "../src/cli/command.ts";
import { groups } from "../src/cli/commands.ts";
import { flagSpelling } from "../src/cli/help.ts";
import { manPages } from "../src/cli/man.ts";
import { type Flag } from "../src/cli/flag.ts";
import { composeSchema, type Field, serviceFields, topFields } from "../src/compose/mod.ts";

const cell = (text: string) => text.replaceAll("|", "\\|");

function flagTable(title: string, column: string, flags: readonly Flag[]): string[] {
  if (flags.length === 0) return [];
  const rows = flags.map((flag) =>
    `| \`${cell(flagSpelling(flag).trim())}\` | ${cell(flag.help)} |`
  );
  return [`${title}\n\n| flag | ${column} |\n|---|---|\n${rows.join("\n")}`];
}

function section(command: Command): string {
  const by = (action: Flag["action"]) => command.flags.filter((flag) => flag.action === action);
  return [
    `### lpmx ${command.words}`,
    `    ${usageOf(command)}`,
    `${command.summary}. ${command.details}`.trim(),
    ...(command.aliases.length
      ? [`Also: ${command.aliases.map((words) => `\`lpmx ${words}\``).join(", ")}`]
      : []),
    ...flagTable("Options:", "meaning", by("supported")),
    ...flagTable("Accepted without effect:", "why that is right", by("ignored")),
    ...flagTable("Refused:", "what to do instead", by("refused")),
    ...(command.examples.length ? [command.examples.map((line) => `    ${line}`).join("\n")] : []),
  ].join("\n\n");
}

function keyTable(title: string, fields: readonly Field[]): string {
  const rows = (action: Field["action"], column: string) => {
    const all = fields.filter((field) => field.action === action);
    const lines = all.map(({ name, help }) => `| \`${name}\` | ${cell(help)} |`);
    return `| key | ${column} |\n|---|---|\n${lines.join("\n")}`;
  };
  return [
    `### ${title}`,
    rows("supported", "meaning"),
    rows("ignored", "accepted without effect, because"),
    rows("refused", "refused: what to do instead"),
  ].join("\n\n");
}

/** All generated files: path from the repository's root, and text. */
export function referenceFiles(): [path: string, text: string][] {
  const parts = groups.flatMap((
    [title, rows],
  ) => [`## ${title}`, ...rows.filter(({ hidden }) => !hidden).map(section)]);
  const intro =
    "# Commands\n\nGenerated from the command table (src/cli/commands.ts) by tools/gen_reference.ts.";
  const pages = manPages().map((
    [file, text],
  ): [string, string] => [`docs/man/${file}`, text + "\n"]);
  const keys = [
    "## Compose files",
    keyTable("Keys of a service", serviceFields),
    keyTable("Keys at the top", topFields),
  ];
  return [
    ["docs/reference.md", [intro, ...parts, ...keys].join("\n\n") + "\n"],
    ["docs/guide/compose.schema.json", JSON.stringify(composeSchema(), null, 2) + "\n"],
    ...pages,
  ];
}

if (import.meta.main) {
  const root = new URL("..", import.meta.url).pathname;
  const stale = referenceFiles().filter(([path, text]) => {
    if (!Deno.args.includes("--check")) {
      Deno.mkdirSync(`${root}${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
      Deno.writeTextFileSync(`${root}${path}`, text);
      return false;
    }
    try {
      return Deno.readTextFileSync(`${root}${path}`) !== text;
    } catch {
      return true;
    }
  });
  for (const [path] of stale) console.error(`${path} is stale: run tools/gen_reference.ts`);
  Deno.exitCode = stale.length > 0 ? 1 : 0;
}
