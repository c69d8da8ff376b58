/* The one command table: every verb with its flags and other spellings (docker's groups, LPMX's names). Data only: help,
 * completion, man pages, the reference, the engine's parser and the launcher's header are all made from it.
 */
import { type Command, command } from "./command.ts";
import { bool, ignored, list, refused, value } from "./flag.ts";
import { execFlags, lpmxFlags, resumeFlags, startFlags } from "./other_flags.ts";
import { createFlags, runFlags } from "./run_flags.ts";

const none = undefined;
const quiet = bool("quiet", "q", "QUIET", "Print names or ids only");
const format = value(
  "format",
  none,
  "NONE",
  'json, or a template such as "{{.ID}} {{.Size}}"',
  "FORMAT",
);
const noTrunc = bool("no-trunc", none, "NONE", "Print whole ids");
const filter = list("filter", "f", "NONE", "Only those that match KEY=VALUE", "KEY=VALUE");
const platform = value(
  "platform",
  none,
  "PLATFORM",
  "Platform in an image index",
  "OS/ARCH[/VARIANT]",
);
const json = bool("json", none, "NONE", "Print JSON");

/** Served by the launcher, without Deno. */
const native: readonly Command[] = [
  command({
    words: "run",
    aliases: ["container run", "docker run"],
    args: "[OPTIONS] IMAGE [COMMAND] [ARG...]",
    summary: "Run a program in a new container",
    details:
      "An image that is not in the store is pulled first. The image `host` is this machine itself: its own files, read only, " +
      "under a writable layer that goes away with the container.",
    examples: [
      "lpmx run --rm debian:12 cat /etc/os-release",
      "lpmx run --rm -v /data:/data -w /data IMAGE samtools index x.bam",
      "lpmx run --rm host sh -c 'echo hi >/etc/motd && cat /etc/motd'",
    ],
    flags: runFlags,
    min: 1,
    native: "RUN",
  }),
  command({
    words: "create",
    aliases: ["container create"],
    args: "[OPTIONS] IMAGE [COMMAND] [ARG...]",
    summary: "Create a container without starting it",
    examples: ["lpmx create --name tools debian:12 bash"],
    flags: createFlags,
    min: 1,
    native: "CREATE",
  }),
  command({
    words: "start",
    aliases: ["container start"],
    args: "[OPTIONS] CONTAINER [CONTAINER...]",
    summary: "Start containers that were created or have ended",
    examples: ["lpmx start -a tools"],
    flags: startFlags,
    min: 1,
    native: "START",
  }),
  command({
    words: "exec",
    aliases: ["container exec"],
    args: "[OPTIONS] CONTAINER COMMAND [ARG...]",
    summary: "Run a program in an existing container",
    examples: ["lpmx exec -it tools bash"],
    flags: execFlags,
    min: 2,
    native: "EXEC",
  }),
  command({
    words: "docker create",
    args: "[OPTIONS] IMAGE",
    summary: "Create a container and open a shell in it (LPMX)",
    flags: lpmxFlags,
    min: 1,
    native: "LPMX_CREATE",
  }),
  command({
    words: "docker fastrun",
    args: "[OPTIONS] IMAGE COMMAND [ARG...]",
    summary: "Run a program in a container that is removed afterwards (LPMX)",
    flags: lpmxFlags,
    min: 2,
    native: "LPMX_FASTRUN",
  }),
  command({
    words: "resume",
    args: "CONTAINER [COMMAND] [ARG...]",
    summary: "Open a shell or run a program in an existing container (LPMX)",
    flags: resumeFlags,
    min: 1,
    native: "LPMX_RESUME",
  }),
];

const images: readonly Command[] = [
  command({
    words: "pull",
    aliases: ["image pull", "docker pull", "docker download"],
    args: "[OPTIONS] IMAGE",
    summary: "Download an image from a registry",
    details:
      "Layers that the store has already are not downloaded again. Credentials are those that docker, podman or skopeo login stored.",
    examples: ["lpmx pull debian:12", "lpmx pull quay.io/biocontainers/samtools:1.17--h00cdaf9_0"],
    flags: [
      bool("quiet", "q", "QUIET", "Print only the image's name"),
      platform,
      value(
        "authfile",
        none,
        "NONE",
        "File with credentials, in the form of containers-auth.json(5)",
        "FILE",
      ),
      value("user", "u", "NONE", "User name for the registry", "NAME"),
      value("pass", "p", "NONE", "Password for the registry; better use --authfile", "PASSWORD"),
      bool("plain-http", none, "NONE", "Speak plain http where https fails"),
      bool("tls-verify", none, "NONE", "=false is --plain-http"),
      bool("force", none, "NONE", "Accepted: the store is always compared with the registry"),
      refused("all-tags", "a", "bool", "name the tags that you need"),
      ignored("disable-content-trust", none, "bool", "images are always verified by their digests"),
      ignored("merge", "m", "bool", "lookups do not depend on the number of layers"),
    ],
    min: 1,
    max: 1,
    load: () => import("./commands/pull.ts"),
  }),
  command({
    words: "load",
    aliases: ["image load", "docker load"],
    args: "[OPTIONS] [FILE]",
    summary: "Load images from an archive, an OCI layout or standard input",
    details:
      "Reads what `docker save` and `skopeo copy` write: docker-archive, oci-archive (plain, gzip or zstd) and OCI layout folders.",
    examples: [
      "lpmx load -i image.tar",
      "docker save debian:12 | lpmx load",
      "lpmx load ./oci-layout",
    ],
    flags: [
      value("input", "i", "NONE", "Read this instead of standard input", "FILE"),
      value("name", "n", "NONE", "Repository or name for an image that carries none", "NAME"),
      bool("quiet", "q", "QUIET", "No progress"),
      platform,
    ],
    max: 1,
    load: () => import("./commands/load.ts"),
  }),
  command({
    words: "images",
    aliases: ["image ls", "image list", "docker images", "docker list"],
    args: "[OPTIONS] [REPOSITORY[:TAG]]",
    summary: "List images",
    examples: ["lpmx images", "lpmx images --format json"],
    flags: [
      bool("all", "a", "NONE", "Accepted: all images are shown anyway"),
      bool("digests", none, "NONE", "Show digests"),
      filter,
      format,
      noTrunc,
      bool("quiet", "q", "QUIET", "Print ids only"),
    ],
    max: 1,
    load: () => import("./commands/images.ts"),
  }),
  command({
    words: "inspect",
    aliases: ["image inspect", "container inspect", "docker inspect"],
    args: "[OPTIONS] NAME [NAME...]",
    summary: "Show all that is known of images and containers, as JSON",
    examples: ["lpmx inspect debian:12", "lpmx inspect --format '{{.Config.Env}}' debian:12"],
    flags: [
      value("format", "f", "NONE", 'A template such as "{{.Id}}"', "FORMAT"),
      value("type", none, "NONE", "image or container", "TYPE"),
      bool("size", "s", "NONE", "Accepted: sizes are shown anyway"),
    ],
    min: 1,
    load: () => import("./commands/inspect.ts"),
  }),
  command({
    words: "rmi",
    aliases: ["image rm", "image remove", "docker rmi", "docker delete"],
    args: "[OPTIONS] IMAGE [IMAGE...]",
    summary: "Remove images",
    details:
      "Removes the name; the image and layers that nothing else uses go when the last name is gone.",
    examples: ["lpmx rmi debian:12"],
    flags: [
      bool("force", "f", "NONE", "Remove all names of an id; missing images are no error"),
      ignored("no-prune", none, "bool", "there are no parent images"),
      ignored("permernant", "p", "bool", "layers that nothing uses are always removed"),
    ],
    min: 1,
    load: () => import("./commands/rmi.ts"),
  }),
  command({
    words: "tag",
    aliases: ["image tag", "docker tag"],
    args: "IMAGE NAME",
    summary: "Give an image another name",
    examples: ["lpmx tag debian:12 mine:1"],
    flags: [],
    min: 2,
    max: 2,
    load: () => import("./commands/tag.ts"),
  }),
];

const containers: readonly Command[] = [
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
    load: () => import("./commands/ps.ts"),
  }),
  command({
    words: "list",
    args: "[OPTIONS]",
    summary: "List all containers (LPMX)",
    flags: [value("name", "n", "NONE", "Only the container of this name", "NAME")],
    max: 0,
    load: () => import("./commands/list.ts"),
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
    load: () => import("./commands/rm.ts"),
  }),
];

const system: readonly Command[] = [
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
    load: () => import("./commands/init.ts"),
  }),
  command({
    words: "info",
    aliases: ["docker info"],
    args: "[OPTIONS]",
    summary: "Show settings, where each comes from, and what this machine can do",
    flags: [json, format],
    max: 0,
    load: () => import("./commands/info.ts"),
  }),
  command({
    words: "version",
    aliases: ["docker version"],
    args: "[OPTIONS]",
    summary: "Show the version of lpmx and its parts",
    flags: [json, format],
    max: 0,
    load: () => import("./commands/version.ts"),
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
    load: () => import("./commands/uninstall.ts"),
  }),
  command({
    words: "completion",
    args: "bash|zsh|fish",
    summary: "Print a completion script for a shell",
    examples: ["source <(lpmx completion bash)"],
    flags: [],
    min: 1,
    max: 1,
    load: () => import("./commands/completion.ts"),
  }),
  command({
    words: "help",
    args: "[COMMAND]",
    summary: "Show help",
    flags: [bool("man", none, "NONE", "Print the manual page (roff)")],
    load: () => import("./commands/help.ts"),
  }),
  command({
    words: "__complete",
    args: "WORDS...",
    summary: "Completion's questions",
    flags: [],
    stopAtArgs: true,
    hidden: true,
    load: () => import("./commands/complete.ts"),
  }),
  command({
    words: "__selftest",
    args: "",
    summary: "The build's question whether the engine works",
    flags: [],
    hidden: true,
    load: () => import("./commands/selftest.ts"),
  }),
];

/** Groups as they stand in help. */
export const groups: readonly (readonly [title: string, commands: readonly Command[]])[] = [
  ["Run", native],
  ["Images", images],
  ["Containers", containers],
  ["System", system],
];

/** All rows. */
export const commands: readonly Command[] = groups.flatMap(([, rows]) => rows);

/** The command that the words begin with, longest spelling first, and how many of them it takes. */
export function findCommand(
  words: readonly string[],
): { command: Command; words: string; taken: number } | undefined {
  for (const taken of [2, 1]) {
    const spelling = words.slice(0, taken).join(" ");
    const command = words.length >= taken &&
      commands.find((row) => row.words === spelling || row.aliases.includes(spelling));
    if (command) return { command, words: spelling, taken };
  }
  return undefined;
}
