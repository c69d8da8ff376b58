/* Rows of the command table: commands about containers. Data only.
 */
import { type Command, command } from "../command.ts";
import { bool, ignored, list, refused, value } from "../flag.ts";

const quiet = bool("quiet", "q", "QUIET", "Print names or ids only");
const format = value(
  "format",
  undefined,
  "NONE",
  'json, or a template such as "{{.ID}} {{.Size}}"',
  "FORMAT",
);
const noTrunc = bool("no-trunc", undefined, "NONE", "Print whole ids");
const filter = list("filter", "f", "NONE", "Only those that match KEY=VALUE", "KEY=VALUE");

/** Commands about containers. */
export const containers: readonly Command[] = [
  command({
    words: "ps",
    aliases: ["container ls", "container list", "container ps", "docker ps"],
    args: "[OPTIONS]",
    summary: "List containers",
    examples: ["lpmx ps -a"],
    flags: [
      bool("all", "a", "NONE", "Also those that do not run"),
      bool("latest", "l", "NONE", "Only the newest"),
      filter,
      format,
      noTrunc,
      quiet,
    ],
    max: 0,
    load: () => import("../commands/ps.ts"),
  }),
  command({
    words: "list",
    args: "[OPTIONS]",
    summary: "List all containers (LPMX)",
    flags: [value("name", "n", "NONE", "Only the container of this name", "NAME")],
    max: 0,
    load: () => import("../commands/list.ts"),
  }),
  command({
    words: "rm",
    aliases: ["container rm", "container remove", "docker rm", "destroy"],
    args: "[OPTIONS] CONTAINER [CONTAINER...]",
    summary: "Remove containers with their writable layers",
    examples: ["lpmx rm tools"],
    flags: [
      bool("force", "f", "NONE", "End what runs in it first; missing containers are no error"),
      ignored("volumes", "v", "bool", "anonymous volumes are part of the container"),
      refused("link", "l", "bool", "there are no links"),
    ],
    min: 1,
    load: () => import("../commands/rm.ts"),
  }),
  command({
    words: "stop",
    aliases: ["container stop", "docker stop"],
    args: "[OPTIONS] CONTAINER [CONTAINER...]",
    summary: "Ask the main program of containers to end, then kill it",
    examples: ["lpmx stop -t 30 tools"],
    flags: [
      value("time", "t", "NONE", "Seconds to wait before it is killed", "SECONDS"),
      value("signal", "s", "NONE", "Signal that asks it to end", "SIGNAL"),
    ],
    min: 1,
    load: () => import("../commands/stop.ts"),
  }),
  command({
    words: "kill",
    aliases: ["container kill", "docker kill"],
    args: "[OPTIONS] CONTAINER [CONTAINER...]",
    summary: "Send a signal to the main program of containers",
    examples: ["lpmx kill -s USR1 tools"],
    flags: [value("signal", "s", "NONE", "Signal to send (default KILL)", "SIGNAL")],
    min: 1,
    load: () => import("../commands/kill.ts"),
  }),
  command({
    words: "wait",
    aliases: ["container wait", "docker wait"],
    args: "CONTAINER [CONTAINER...]",
    summary: "Wait for the end of containers and print their exit status",
    flags: [],
    min: 1,
    load: () => import("../commands/wait.ts"),
  }),
  command({
    words: "logs",
    aliases: ["container logs", "docker logs"],
    args: "[OPTIONS] CONTAINER",
    summary: "Show what a container printed that runs in the background",
    flags: [
      bool("follow", "f", "NONE", "Go on until the container ends"),
      value("tail", "n", "NONE", "Only the last lines", "LINES"),
    ],
    min: 1,
    max: 1,
    load: () => import("../commands/logs.ts"),
  }),
];
