/* Rows of the command table: commands that the launcher serves, without Deno. Data only.
 */
import { type Command, command } from "../command.ts";
import {
  execFlags,
  exposeFlags,
  exposeListFlags,
  getFlags,
  helpFlag,
  lpmxFlags,
  mapListFlags,
  resumeFlags,
  setFlags,
  startFlags,
} from "./other_flags.ts";
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
  command({
    words: "expose",
    args: "[OPTIONS] CONTAINER PROGRAM",
    summary: "Make a program of a container callable from the host",
    details:
      "Writes an executable file to the store's bin folder (`lpmx info` names it; put it on PATH). Called from anywhere it runs the " +
      "program in the container: with the same arguments, streams, environment (but PATH and the like), signals and exit status, in the " +
      "same folder where the container sees it.",
    examples: ["lpmx expose tools samtools", "lpmx expose --name bwa7 tools /opt/bwa-0.7.17/bwa"],
    flags: exposeFlags,
    min: 0,
    native: "EXPOSE",
  }),
  command({
    words: "expose ls",
    aliases: ["expose list"],
    args: "[OPTIONS]",
    summary: "List exposed commands",
    examples: ["lpmx expose ls"],
    flags: exposeListFlags,
    min: 0,
    native: "EXPOSE_LS",
  }),
  command({
    words: "expose rm",
    aliases: ["expose remove"],
    args: "COMMAND [COMMAND...]",
    summary: "Remove exposed commands",
    examples: ["lpmx expose rm samtools"],
    flags: helpFlag,
    min: 1,
    native: "EXPOSE_RM",
  }),
  command({
    words: "map add",
    args: "CONTAINER TARGET=GUESTPATH [TARGET=GUESTPATH...]",
    summary: "Lead guest paths of a container to programs elsewhere",
    details:
      "TARGET is a program of the host (/usr/bin/qsub), an exposed command, or CONTAINER:PROGRAM. A running container sees it at the next exec.",
    examples: [
      "lpmx map add pipeline /usr/bin/qsub=/usr/bin/qsub",
      "lpmx map add pipeline bwa7:bwa=/usr/bin/bwa",
    ],
    flags: helpFlag,
    min: 2,
    native: "MAP_ADD",
  }),
  command({
    words: "map ls",
    aliases: ["map list"],
    args: "[OPTIONS] CONTAINER",
    summary: "List the maps of a container",
    examples: ["lpmx map ls pipeline"],
    flags: mapListFlags,
    min: 1,
    native: "MAP_LS",
  }),
  command({
    words: "map rm",
    aliases: ["map remove"],
    args: "CONTAINER GUESTPATH [GUESTPATH...]",
    summary: "Remove maps of a container",
    examples: ["lpmx map rm pipeline /usr/bin/bwa"],
    flags: helpFlag,
    min: 2,
    native: "MAP_RM",
  }),
  command({
    words: "set",
    args: "[OPTIONS] CONTAINER",
    summary: "Change variables, mounts and maps of a container",
    details:
      "A running container needs no restart: each of its programs sees the change in what it executes from now on. A variable set so appears there even " +
      "where the program itself has another value; what such a program then sets for its own children stays.",
    examples: [
      "lpmx set -e OMP_NUM_THREADS=8 --unset DEBUG pipeline",
      "lpmx set -v /data/new:/data -m /usr/bin/qstat=/usr/bin/qstat pipeline",
      "lpmx set -i pipeline -t add_exec -n /usr/bin/qsub -v /usr/bin/qsub",
    ],
    flags: setFlags,
    min: 0,
    native: "SET",
  }),
  command({
    words: "get",
    args: "[OPTIONS] CONTAINER",
    summary: "Show variables, mounts and maps of a container as they are now",
    examples: ["lpmx get pipeline", "lpmx get --json pipeline"],
    flags: getFlags,
    min: 0,
    native: "GET",
  }),
];
