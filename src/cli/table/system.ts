/* Rows of the command table: commands about this installation, and the hidden ones. Data only.
 */
import { type Command, command } from "../command.ts";
import { bool, ignored, value } from "../flag.ts";

const format = value(
  "format",
  undefined,
  "NONE",
  'json, or a template such as "{{.ID}} {{.Size}}"',
  "FORMAT",
);
const json = bool("json", undefined, "NONE", "Print JSON");

/** Commands about this installation, and the hidden ones. */
export const system: readonly Command[] = [
  command({
    words: "init",
    args: "",
    summary: "Make the store and say how to put lpmx on PATH",
    details: "Needs no network, edits no start-up file, and may be called again at any time.",
    flags: [
      ignored("reset", "r", "bool", "lpmx brings its own runtime; there is nothing to reset"),
      ignored("dependency", "d", "value", "lpmx brings its own runtime"),
      ignored("use-new-glibc", "g", "bool", "lpmx brings its own runtime"),
    ],
    max: 0,
    load: () => import("../commands/init.ts"),
  }),
  command({
    words: "info",
    aliases: ["docker info"],
    args: "[OPTIONS]",
    summary: "Show settings, where each comes from, and what this machine can do",
    flags: [json, format],
    max: 0,
    load: () => import("../commands/info.ts"),
  }),
  command({
    words: "version",
    aliases: ["docker version"],
    args: "[OPTIONS]",
    summary: "Show the version of lpmx and its parts",
    flags: [json, format],
    max: 0,
    load: () => import("../commands/version.ts"),
  }),
  command({
    words: "uninstall",
    args: "[OPTIONS]",
    summary: "Remove the store, the cache and the commands that lpmx made",
    flags: [
      bool("yes", "y", "NONE", "Do not ask"),
      bool("dry-run", "n", "NONE", "Only say what would be removed"),
    ],
    max: 0,
    load: () => import("../commands/uninstall.ts"),
  }),
  command({
    words: "completion",
    args: "bash|zsh|fish",
    summary: "Print a completion script for a shell",
    examples: ["source <(lpmx completion bash)"],
    flags: [],
    min: 1,
    max: 1,
    load: () => import("../commands/completion.ts"),
  }),
  command({
    words: "help",
    args: "[COMMAND]",
    summary: "Show help",
    flags: [bool("man", undefined, "NONE", "Print the manual page (roff)")],
    load: () => import("../commands/help.ts"),
  }),
  command({
    words: "__complete",
    args: "WORDS...",
    summary: "Completion's questions",
    flags: [],
    stopAtArgs: true,
    hidden: true,
    load: () => import("../commands/complete.ts"),
  }),
  command({
    words: "__selftest",
    args: "",
    summary: "The build's question whether the engine works",
    flags: [],
    hidden: true,
    load: () => import("../commands/selftest.ts"),
  }),
];
