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
  command({
    words: "commit",
    aliases: ["container commit", "docker commit"],
    args: "[OPTIONS] CONTAINER [NAME[:TAG]]",
    summary: "Make a new image out of a container",
    details:
      "The image has the layers of the container's image and one more: what changed in the container, with owners, modes, devices, " +
      "capabilities and hard links. Its settings are the container's: command, environment, user, working directory, labels. Mounts " +
      "and the files that lpmx shows in /etc are not part of it; volumes that the image itself declares are. What runs in the " +
      "container is stopped meanwhile (SIGSTOP) and goes on afterwards.",
    examples: [
      "lpmx commit tools tools:2",
      `lpmx commit -m "with vim" -c 'CMD ["vim"]' -c 'ENV EDITOR=vim' tools mine/vim`,
    ],
    flags: [
      value("author", "a", "NONE", "Author of the image", "NAME"),
      list(
        "change",
        "c",
        "NONE",
        "Dockerfile instruction for the image: CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME, WORKDIR",
        "INSTRUCTION",
      ),
      ignored("format", "f", "value", "images of the store have no format of their own"),
      ignored("include-volumes", undefined, "bool", "volumes of the image are always part of it"),
      value("message", "m", "NONE", "What was done, for the image's history", "TEXT"),
      bool("no-pause", undefined, "NONE", "The same as --pause=false"),
      bool("pause", "p", "NONE", "Stop the container's processes meanwhile (default true)"),
      bool("quiet", "q", "QUIET", "Print only the image's id"),
      refused("squash", "s", "bool", "commit adds a layer; lookups do not depend on their number"),
    ],
    min: 1,
    max: 2,
    load: () => import("../commands/commit.ts"),
  }),
];
