/* The flags of exec, start and LPMX's own verbs; see run_flags.ts. Data only.
 */
import { bool, type Flag, ignored, list, refused, value } from "../flag.ts";
import { entryFlags } from "./entry_flags.ts";

export const execFlags: readonly Flag[] = [
  ...entryFlags,
  bool("detach", "d", "DETACH", "Run in the background"),
  ignored(
    "detach-keys",
    undefined,
    "value",
    "one cannot detach from a running program: start it with --detach",
  ),
  list("env", "e", "ENV", "Set an environment variable", "NAME[=VALUE]"),
  list("env-file", undefined, "ENV_FILE", "Read environment variables from a file", "FILE"),
  bool("help", undefined, "HELP", "Show this help"),
  bool("interactive", "i", "INTERACTIVE", "Keep standard input open"),
  ignored(
    "privileged",
    undefined,
    "bool",
    "a contained program never has more rights than its user",
  ),
  bool("tty", "t", "TTY", "Give the program a terminal"),
  value("user", "u", "USER", "User that the program sees itself as", "USER[:GROUP]"),
  value("workdir", "w", "WORKDIR", "Folder that the program starts in", "PATH"),
];

export const startFlags: readonly Flag[] = [
  bool("attach", "a", "ATTACH", "Attach the output and wait; the exit status is the program's"),
  refused(
    "checkpoint",
    undefined,
    "value",
    "checkpoints are not supported: start the container without it",
  ),
  refused(
    "checkpoint-dir",
    undefined,
    "value",
    "checkpoints are not supported: start the container without it",
  ),
  ignored(
    "detach-keys",
    undefined,
    "value",
    "one cannot detach from a running container: start it without --attach",
  ),
  bool("help", undefined, "HELP", "Show this help"),
  bool("interactive", "i", "INTERACTIVE", "Keep standard input open"),
  bool("sig-proxy", undefined, "SIG_PROXY", "Pass signals on to the program (default true)"),
];

export const lpmxFlags: readonly Flag[] = [
  ...entryFlags,
  value(
    "engine",
    "e",
    "GRID",
    "Show the batch commands of this scheduler (see lpmx run --grid)",
    "SCHEDULER",
  ),
  list("file", "f", "LPMX_FILE", "Show host files at guest paths", "HOST=GUEST[:…]"),
  bool("help", "h", "HELP", "Show this help"),
  list("map", "m", "LPMX_MAP", "Lead guest paths to programs of the host", "HOST=GUEST[:…]"),
  value("name", "n", "NAME", "Name of the container", "NAME"),
  list("volume", "v", "LPMX_VOLUME", "Show host folders at guest paths", "HOST=GUEST[:…]"),
];

const help = bool("help", "h", "HELP", "Show this help");
const json = bool("json", undefined, "JSON", "Print as JSON");

export const exposeFlags: readonly Flag[] = [
  bool("clean-env", undefined, "CLEAN_ENV", "Give the program nothing of the caller's environment"),
  list("env", "e", "ENV", "Set a variable; without value always take the caller's", "NAME[=VALUE]"),
  bool("force", "f", "FORCE", "Replace a command of that name"),
  help,
  value("id", "i", "ID", "The container (LPMX)", "CONTAINER"),
  value("name", "n", "NAME", "Name of the command (default: the program's)", "NAME"),
  value("program", "p", "PROGRAM", "The program (LPMX)", "PROGRAM"),
  value("user", "u", "USER", "User that the program sees itself as", "USER[:GROUP]"),
  value("workdir", "w", "WORKDIR", "Folder that the program starts in", "PATH"),
];

export const exposeListFlags: readonly Flag[] = [
  help,
  json,
  bool("quiet", "q", "QUIET", "Only names"),
];

export const mapListFlags: readonly Flag[] = [help, json];

export const setFlags: readonly Flag[] = [
  list(
    "broker",
    undefined,
    "BROKER",
    "Run this program of the host outside of the container",
    "PROGRAM",
  ),
  list("env", "e", "ENV", "Set a variable; without value to the caller's", "NAME[=VALUE]"),
  list("env-file", undefined, "ENV_FILE", "Set variables from a file", "FILE"),
  help,
  value("id", "i", "ID", "The container (LPMX)", "CONTAINER"),
  list("map", "m", "MAP", "Lead a guest path to a program elsewhere", "TARGET=GUESTPATH"),
  value("name", "n", "NAME", "With --type: the guest path (LPMX)", "GUESTPATH"),
  list(
    "rm-broker",
    undefined,
    "RM_BROKER",
    "Run this program of the host outside only if it is set-id",
    "PROGRAM",
  ),
  list("rm-map", undefined, "RM_MAP", "Remove a map", "GUESTPATH"),
  list("rm-volume", undefined, "RM_VOLUME", "Remove a mount", "GUESTPATH"),
  value(
    "type",
    "t",
    "TYPE",
    "add_exec, remove_exec, add_map or remove_map, with -n and -v (LPMX)",
    "TYPE",
  ),
  list("unset", undefined, "UNSET", "Take a variable away", "NAME"),
  list(
    "volume",
    "v",
    "VOLUME",
    "Show a host path at a guest path; with --type: the host path",
    "SRC:DST[:ro]",
  ),
];

export const getFlags: readonly Flag[] = [
  help,
  value("id", "i", "ID", "The container (LPMX)", "CONTAINER"),
  json,
  value("name", "n", "NAME", "Only this variable or guest path", "NAME"),
];

export const helpFlag: readonly Flag[] = [help];

export const resumeFlags: readonly Flag[] = [
  bool("help", "h", "HELP", "Show this help"),
  ignored("resumeengine", "r", "bool", "batch commands keep what they were at creation"),
];
