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
];
