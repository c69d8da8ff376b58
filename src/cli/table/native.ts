/* Rows of the command table: commands that the launcher serves, without Deno. Data only.
 */
import { type Command, command } from "../command.ts";
import { execFlags, lpmxFlags, resumeFlags, startFlags } from "./other_flags.ts";
import { createFlags, runFlags } from "./run_flags.ts";

/** Commands that the launcher serves, without Deno. */
export const native: readonly Command[] = [
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
