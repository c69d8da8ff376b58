/* Manual pages in roff (man(7)), rendered from the command table: lpmx(1) and one for each command.
 */
import { LpmxError } from "../base/mod.ts";
import { type Command, usageOf } from "./command.ts";
import { commands, findCommand, groups } from "./commands.ts";
import { type Flag } from "./flag.ts";

/** Text with roff's special characters made harmless. */
function plain(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replace(/^([.'])/gm, "\\&$1");
}

function flagEntry({ letter, name, placeholder, help }: Flag): string {
  const names = [...letter ? [`\\-${letter}`] : [], `\\-\\-${plain(name)}`].map((spelling) =>
    `\\fB${spelling}\\fR`
  );
  return `.TP\n${names.join(", ")}${placeholder ? ` \\fI${plain(placeholder)}\\fR` : ""}\n${
    plain(help)
  }`;
}

function flagSection(title: string, flags: readonly Flag[]): string[] {
  return flags.length === 0 ? [] : [`.SH ${title}`, ...flags.map(flagEntry)];
}

function header(name: string): string {
  return `.TH "${name.toUpperCase()}" 1 "" "lpmx" "lpmx manual"`;
}

function commandPage(command: Command): string {
  const name = `lpmx-${command.words.replaceAll(" ", "-")}`;
  const by = (action: Flag["action"]) => command.flags.filter((flag) => flag.action === action);
  return [
    header(name),
    ".SH NAME",
    `${plain(name)} \\- ${plain(command.summary)}`,
    ".SH SYNOPSIS",
    `.B ${plain(usageOf(command))}`,
    ...(command.details ? [".SH DESCRIPTION", plain(command.details)] : []),
    ...flagSection("OPTIONS", by("supported")),
    ...flagSection("ACCEPTED WITHOUT EFFECT", by("ignored")),
    ...flagSection("REFUSED", by("refused")),
    ...(command.aliases.length
      ? [".SH ALIASES", plain(command.aliases.map((words) => `lpmx ${words}`).join(", "))]
      : []),
    ...(command.examples.length
      ? [".SH EXAMPLES", ".nf", ...command.examples.map(plain), ".fi"]
      : []),
    ".SH SEE ALSO",
    ".BR lpmx (1)",
  ].join("\n");
}

function mainPage(): string {
  const entry = ({ words, summary }: Command) =>
    `.TP\n\\fBlpmx ${plain(words)}\\fR\n${plain(summary)}`;
  return [
    header("lpmx"),
    ".SH NAME",
    "lpmx \\- rootless, composable containers for machines where nothing may be installed",
    ".SH SYNOPSIS",
    ".B lpmx",
    "\\fICOMMAND\\fR [\\fIOPTIONS\\fR] [\\fIARG\\fR...]",
    ...groups.flatMap(([title, rows]) => [
      `.SH ${title.toUpperCase()}`,
      ...rows.filter(({ hidden }) => !hidden).map(entry),
    ]),
    ".SH EXIT STATUS",
    plain(
      "That of the contained program; 125 when lpmx could not start it or was called wrongly, 126 when the program cannot be " +
        "executed, 127 when it is not found, 128+N when signal N ended it; 1 when a management command failed.",
    ),
    ".SH ENVIRONMENT",
    ...[
      ["LPMX_HOME", "the store; default $XDG_DATA_HOME/lpmx, else ~/.local/share/lpmx"],
      ["LPMX_STORES", "further stores that are only read, separated by colons"],
      [
        "LPMX_CACHE",
        "where the parts of lpmx are unpacked; default $XDG_CACHE_HOME/lpmx, else ~/.cache/lpmx",
      ],
      ["LPMX_SCRATCH", "node-local folder for containers that are removed when they end"],
      [
        "LPMX_BROKER",
        "programs of the host as for --broker of each new container, separated by colons",
      ],
      ["LPMX_LOG", "what is told about what lpmx does: AREA:LEVEL,…"],
    ].map(([name, text]) => `.TP\n.B ${name}\n${plain(text!)}`),
  ].join("\n");
}

/** A manual page: of lpmx itself, or of a command. Throws LpmxError("usage"). */
export function manPage(topic: readonly string[]): string {
  if (topic.length === 0) return mainPage();
  const found = findCommand(topic);
  if (!found || found.command.hidden) {
    throw new LpmxError("usage", `there is no manual page for "${topic.join(" ")}"`);
  }
  return commandPage(found.command);
}

/** All pages: file name and text. */
export function manPages(): [file: string, text: string][] {
  const pages = commands.filter(({ hidden }) => !hidden).map((command): [string, string] => [
    `lpmx-${command.words.replaceAll(" ", "-")}.1`,
    commandPage(command),
  ]);
  return [["lpmx.1", mainPage()], ...pages];
}
