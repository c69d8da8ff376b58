/* Rows of the command table: taking images and containers to other machines. Data only.
 */
import { type Command, command } from "../command.ts";
import { bool, ignored, list, value } from "../flag.ts";

/** Commands that write and read packages. */
export const moving: readonly Command[] = [
  command({
    words: "package",
    aliases: ["docker package"],
    args: "[OPTIONS] NAME [NAME...]",
    summary: "Write images and containers into one file, for another machine",
    details:
      "A container goes with its image, what has changed in it, its volumes, settings, maps and exposed commands, and with the containers " +
      "that its maps lead to. What is mounted from the host stays there. Without --output the file is NAME.lpmx in the current folder. What " +
      "runs in the containers is stopped meanwhile (SIGSTOP) and goes on afterwards.",
    examples: [
      "lpmx package tools",
      "lpmx package --with-lpmx -o all.lpmx pipeline debian:12",
      "lpmx package -o - tools | ssh host lpmx unpack",
    ],
    flags: [
      bool("no-pause", undefined, "NONE", "The same as --pause=false"),
      value("output", "o", "NONE", "Write this; - is standard output", "FILE"),
      ignored("pass", "p", "value", "nothing is downloaded"),
      bool("pause", undefined, "NONE", "Stop what runs in containers meanwhile (default true)"),
      bool("quiet", "q", "QUIET", "Print nothing but the file's name"),
      value("type", undefined, "NONE", "image or container, where a name means both", "TYPE"),
      ignored("user", "u", "value", "nothing is downloaded"),
      bool("with-lpmx", undefined, "NONE", "Put lpmx itself in front: tar xf FILE lpmx"),
    ],
    min: 1,
    load: () => import("../commands/package.ts"),
  }),
  command({
    words: "unpack",
    aliases: ["docker add"],
    args: "[OPTIONS] [FILE]",
    summary: "Bring what lpmx package has written into the store",
    details:
      "Images get their names, containers, maps and exposed commands are made again; all of it, or nothing where something is wrong. " +
      "Without FILE, or with -, standard input is read. What the containers show of a host and this one lacks is told.",
    examples: ["lpmx unpack tools.lpmx", "lpmx unpack --name tools2 --no-expose tools.lpmx"],
    flags: [
      value("input", "i", "NONE", "Read this instead of standard input", "FILE"),
      list("name", "n", "NONE", "Another name for a container", "[OLD=]NEW"),
      bool("no-expose", undefined, "NONE", "Leave exposed commands out"),
      bool("quiet", "q", "QUIET", "No progress"),
    ],
    max: 1,
    load: () => import("../commands/unpack.ts"),
  }),
];
