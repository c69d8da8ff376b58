/* Rows of the command table: projects of several images, described by a YAML file. Data only.
 */
import { type Command, command } from "../command.ts";
import { bool, type Flag, ignored, list, refused, value } from "../flag.ts";

const project: readonly Flag[] = [
  list("env-file", undefined, "NONE", "Variables for the file (default: .env beside it)", "FILE"),
  list("file", "f", "NONE", "The project's file; a later one is laid over the earlier", "FILE"),
  list("profile", undefined, "NONE", "Also services of this profile", "NAME"),
  value("project-directory", undefined, "NONE", "Folder that relative paths start from", "FOLDER"),
  value(
    "project-name",
    "p",
    "NONE",
    "Name of the project (default: the file's or folder's)",
    "NAME",
  ),
];

const noTerminal = bool("no-TTY", "T", "NONE", "Give the program no terminal");
const env = list("env", "e", "NONE", "Set a variable", "NAME[=VALUE]");
const user = value("user", "u", "NONE", "User that the program sees itself as", "USER[:GROUP]");
const workdir = value("workdir", "w", "NONE", "Folder that the program starts in", "PATH");
const quiet = (help: string) => bool("quiet", "q", "NONE", help);
const json = bool("json", undefined, "NONE", "Print as JSON");
const format = value(
  "format",
  undefined,
  "NONE",
  'json, table or a template such as "{{.Service}}"',
  "FORMAT",
);
const noBuild = "lpmx builds no images";
const noInput = "nothing is asked";

const verb = (words: string, load: string) =>
  `Also: lpmx compose [-f FILE] ${words.split(" ")[1]}. ${load}`;

/** Commands about projects. */
export const compose: readonly Command[] = [
  command({
    words: "compose",
    aliases: ["docker compose"],
    args: "[OPTIONS] COMMAND",
    summary: "Set up tools of several images as a YAML file describes them",
    details:
      "COMMAND is up, down, ps, run, exec, logs, config, lock or pull; each has its own help (lpmx compose up --help). Without COMMAND, with " +
      "--file alone, it is up, as LPMX had it. docs/guide/compose.md describes the file.",
    examples: ["lpmx compose -f pipeline.yaml up"],
    flags: project,
    stopAtArgs: true,
    load: () => import("../commands/compose.ts"),
  }),
  command({
    words: "compose up",
    args: "[OPTIONS] [SERVICE...]",
    summary: "Make a project's containers, maps and commands as its file says",
    details: verb(
      "compose up",
      "What is so already is left alone; a service whose settings or image have changed is made again, unless it is running. Images that are missing are " +
        "pulled, several at once. Services are started in the background, each after those it depends on; what is there to be called only (it has no command, and exposes or maps programs) is not.",
    ),
    examples: ["lpmx compose up", "lpmx compose up --force-recreate bwa"],
    flags: [
      ...project,
      refused(
        "abort-on-container-exit",
        undefined,
        "bool",
        "services run in the background: see lpmx compose logs",
      ),
      ignored("build", undefined, "bool", noBuild),
      ignored("detach", "d", "bool", "services always run in the background"),
      bool("force-recreate", undefined, "NONE", "Make all containers anew, also of what runs"),
      ignored("no-build", undefined, "bool", noBuild),
      bool("no-start", undefined, "NONE", "Start nothing"),
      value("pull", undefined, "NONE", "always, missing or never", "WHEN"),
      bool("quiet", "q", "NONE", "Say nothing"),
      ignored("quiet-pull", undefined, "bool", "pulls show no progress"),
      bool("remove-orphans", undefined, "NONE", "Remove containers that the file no longer has"),
      ignored("yes", "y", "bool", noInput),
    ],
    load: () => import("../commands/compose_up.ts"),
  }),
  command({
    words: "compose down",
    args: "[OPTIONS]",
    summary: "Remove a project's containers and exposed commands",
    details: verb("compose down", "With --project-name alone no file is needed."),
    examples: ["lpmx compose down --volumes"],
    flags: [
      ...project,
      quiet("Say nothing"),
      ignored("remove-orphans", undefined, "bool", "all containers of the project are removed"),
      refused("rmi", undefined, "value", "remove images by lpmx rmi"),
      value("timeout", "t", "NONE", "Seconds to wait before what runs is killed", "SECONDS"),
      bool("volumes", "v", "NONE", "Also the project's named volumes"),
    ],
    max: 0,
    load: () => import("../commands/compose_down.ts"),
  }),
  command({
    words: "compose ps",
    args: "[OPTIONS] [SERVICE...]",
    summary: "List a project's containers",
    details: verb("compose ps", "Tools, which are there to be called only, are listed too."),
    examples: ["lpmx compose ps --json"],
    flags: [
      ...project,
      ignored("all", "a", "bool", "all are listed in any case"),
      format,
      json,
      quiet("Only ids"),
      bool("services", undefined, "NONE", "Only names of services"),
    ],
    load: () => import("../commands/compose_ps.ts"),
  }),
  command({
    words: "compose run",
    args: "[OPTIONS] SERVICE [COMMAND] [ARG...]",
    summary: "Run a program in a new container of a service",
    details: verb(
      "compose run",
      "The container goes away afterwards; the exit status is the program's. What the service depends on or maps to is brought up first.",
    ),
    examples: ["lpmx compose run bwa bwa index ref.fa"],
    flags: [
      ...project,
      value("entrypoint", undefined, "NONE", "Run this instead of the entrypoint", "PROGRAM"),
      env,
      bool("no-deps", undefined, "NONE", "Bring up nothing else"),
      noTerminal,
      ignored("quiet", "q", "bool", "nothing is printed beside the program's output"),
      ignored("rm", undefined, "bool", "the container always goes away"),
      user,
      list(
        "volume",
        "v",
        "NONE",
        "Show a host path or a named volume at a guest path",
        "SOURCE:TARGET[:ro]",
      ),
      workdir,
    ],
    min: 1,
    stopAtArgs: true,
    load: () => import("../commands/compose_run.ts"),
  }),
  command({
    words: "compose exec",
    args: "[OPTIONS] SERVICE COMMAND [ARG...]",
    summary: "Run a program in the container of a service",
    details: verb("compose exec", "The exit status is the program's."),
    examples: ["lpmx compose exec samtools samtools --version"],
    flags: [
      ...project,
      bool("detach", "d", "NONE", "Run in the background"),
      env,
      ignored("index", undefined, "value", "a service has one container"),
      noTerminal,
      ignored(
        "privileged",
        undefined,
        "bool",
        "a contained program never has more rights than its user",
      ),
      user,
      workdir,
    ],
    min: 2,
    stopAtArgs: true,
    load: () => import("../commands/compose_exec.ts"),
  }),
  command({
    words: "compose logs",
    args: "[OPTIONS] [SERVICE...]",
    summary: "Show what a project's services printed",
    details: verb("compose logs", "Each line begins with its service."),
    examples: ["lpmx compose logs -f index"],
    flags: [
      ...project.map((flag) => flag.name === "file" ? { ...flag, letter: undefined } : flag),
      bool("follow", "f", "NONE", "Go on until they end"),
      ignored("no-color", undefined, "bool", "lines are not coloured"),
      bool("no-log-prefix", undefined, "NONE", "Lines as they are"),
      value("tail", "n", "NONE", "Only the last lines of each", "LINES"),
    ],
    load: () => import("../commands/compose_logs.ts"),
  }),
  command({
    words: "compose config",
    aliases: ["compose convert"],
    args: "[OPTIONS]",
    summary: "Check a project's file and print it with all values filled in",
    details: verb("compose config", "Faults name file, line and column."),
    examples: ["lpmx compose config --quiet"],
    flags: [
      ...project,
      value("format", undefined, "NONE", "yaml or json", "FORMAT"),
      bool("images", undefined, "NONE", "Only the images"),
      json,
      quiet("Check only"),
      bool("services", undefined, "NONE", "Only names of services"),
      bool("volumes", undefined, "NONE", "Only names of volumes"),
    ],
    max: 0,
    load: () => import("../commands/compose_config.ts"),
  }),
  command({
    words: "compose lock",
    args: "[OPTIONS]",
    summary: "Write down the digests of a project's images",
    details: verb(
      "compose lock",
      "lpmx-lock.yaml, beside the project's file, then holds what each image's name means; up takes exactly these until --update.",
    ),
    examples: ["lpmx compose lock --update"],
    flags: [...project, bool("update", undefined, "NONE", "Also images that the lock has")],
    max: 0,
    load: () => import("../commands/compose_lock.ts"),
  }),
  command({
    words: "compose pull",
    args: "[OPTIONS] [SERVICE...]",
    summary: "Pull a project's images",
    details: verb("compose pull", "Images that the lock has are taken as it says."),
    examples: ["lpmx compose pull"],
    flags: [
      ...project,
      ignored("include-deps", undefined, "bool", "they are always pulled"),
      quiet("Say nothing"),
    ],
    load: () => import("../commands/compose_pull.ts"),
  }),
];
