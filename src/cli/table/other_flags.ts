/* The flags of exec, start and LPMX's own verbs; see run_flags.ts. Data only.
 */
import { bool, type Flag, ignored, list, refused, value } from "../flag.ts";

export const execFlags: readonly Flag[] = [
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
  refused(
    "engine",
    "e",
    "value",
    "submit from inside is not ready in this release: call the scheduler outside of the container",
  ),
  list("file", "f", "LPMX_FILE", "Show host files at guest paths", "HOST=GUEST[:…]"),
  bool("help", "h", "HELP", "Show this help"),
  refused(
    "map",
    "m",
    "list",
    "mapping programs is not ready in this release: bind the file with -v",
  ),
  value("name", "n", "NAME", "Name of the container", "NAME"),
  list("volume", "v", "LPMX_VOLUME", "Show host folders at guest paths", "HOST=GUEST[:…]"),
];

export const resumeFlags: readonly Flag[] = [
  bool("help", "h", "HELP", "Show this help"),
  ignored("resumeengine", "r", "bool", "batch commands keep what they were at creation"),
];
