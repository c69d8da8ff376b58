/* lpmx load: images out of an archive or a file system image; lpmx singularity load is the same with LPMX's flags.
 */
import { LpmxError } from "../../base/mod.ts";
import { loadArchive } from "../../engine/load.ts";
import { isTerminal } from "../../host/mod.ts";
import { type Call } from "../command.ts";
import { print, tell } from "../output.ts";
import { usageError } from "../parse.ts";
import { newProgress } from "../progress.ts";
import { ownStore, wantedPlatform } from "../settings.ts";

export async function run(call: Call): Promise<number> {
  const { flags, args } = call;
  const input = flags.last("input") ?? args[0] ?? "-";
  if (flags.last("input") !== undefined && args.length > 0) {
    throw usageError(
      "name the archive once, by --input or as an argument",
      call.command,
      call.words,
    );
  }
  if (input === "-" && isTerminal("stdin")) {
    throw new LpmxError("usage", "requested load from stdin, but stdin is a terminal", {
      hint: "name the archive: lpmx load -i FILE",
      exit: 1,
    });
  }
  const [name, tag] = [flags.last("name"), flags.last("tag")];
  await loadArchive(ownStore(), input, {
    platform: wantedPlatform(flags),
    progress: newProgress(flags.on("quiet")),
    warn: (line) => tell(`warning: ${line}`),
    ...(name === undefined ? {} : { fallbackName: name }),
    ...(tag === undefined ? {} : { fallbackTag: tag }),
    loaded({ id, names }) {
      if (names.length === 0) print(`Loaded image ID: sha256:${id}`);
      for (const name of names) print(`Loaded image: ${name}`);
    },
  });
  return 0;
}
