/* Help texts, rendered from the command table.
 */
import { LpmxError, nearest } from "../base/mod.ts";
import { type Command, usageOf } from "./command.ts";
import { commands, findCommand, groups } from "./commands.ts";
import { type Flag } from "./flag.ts";
import { table } from "./output.ts";

const visible = (command: Command) => !command.hidden;

/** Whether a word begins two-word commands ("image", "container", "docker"). */
export function isGroup(word: string): boolean {
  return groupMembers(word).length > 0;
}

function groupMembers(word: string): [spelling: string, command: Command][] {
  return commands.flatMap((command) =>
    [command.words, ...command.aliases].filter((spelling) => spelling.startsWith(`${word} `)).map(
      (spelling): [string, Command] => [spelling, command],
    )
  );
}

/** The command that a mistyped word is nearest to; undefined when none is near. */
export function closestCommand(word: string): string | undefined {
  const names = commands.filter(visible).flatMap(({ words, aliases }) => [words, ...aliases]);
  return nearest(word, names.filter((name) => !name.includes(" ")));
}

/** Help for nothing, a command or a group. Throws LpmxError("usage"). */
export function helpText(topic: readonly string[]): string {
  if (topic.length === 0) return overview();
  const found = findCommand(topic);
  if (found && found.taken === topic.length) return commandHelp(found.command);
  if (topic.length === 1 && isGroup(topic[0]!)) return groupHelp(topic[0]!);
  throw new LpmxError("usage", `there is no help for "${topic.join(" ")}"`, {
    hint: 'see "lpmx --help"',
  });
}

function overview(): string {
  const sections = groups.map(([title, rows]) => {
    const lines = rows.filter(visible).map(({ words, summary }) => [`  ${words}`, summary]);
    return `${title}:\n${table(lines)}`;
  });
  return [
    "Usage:  lpmx COMMAND [OPTIONS] [ARG...]",
    "Rootless, composable containers for machines where nothing may be installed.",
    ...sections,
    "docker's groups (lpmx image ls, lpmx container rm) and LPMX's verbs (lpmx docker download) work too.\n" +
    "Run 'lpmx COMMAND --help' for more information on a command.",
  ].join("\n\n");
}

function groupHelp(group: string): string {
  const lines = groupMembers(group).map(([spelling, { summary }]) => [`  ${spelling}`, summary]);
  return `Usage:  lpmx ${group} COMMAND [OPTIONS] [ARG...]\n\n${table(lines)}`;
}

/** "-w, --workdir PATH" with room for the letter. */
export function flagSpelling({ letter, name, placeholder }: Flag): string {
  return `${letter ? `-${letter}, ` : "    "}--${name}${placeholder ? ` ${placeholder}` : ""}`;
}

function flagSection(title: string, flags: readonly Flag[]): string[] {
  if (flags.length === 0) return [];
  return [`${title}:\n${table(flags.map((flag) => [`  ${flagSpelling(flag)}`, flag.help]))}`];
}

function commandHelp(command: Command): string {
  const by = (action: Flag["action"]) => command.flags.filter((flag) => flag.action === action);
  return [
    `Usage:  ${usageOf(command)}`,
    command.summary,
    ...(command.details ? [command.details] : []),
    ...(command.aliases.length
      ? [`Aliases:\n  ${command.aliases.map((words) => `lpmx ${words}`).join(", ")}`]
      : []),
    ...flagSection("Options", by("supported")),
    ...flagSection("Accepted without effect", by("ignored")),
    ...flagSection("Refused", by("refused")),
    ...(command.examples.length
      ? [`Examples:\n${command.examples.map((line) => `  ${line}`).join("\n")}`]
      : []),
  ].join("\n\n");
}
