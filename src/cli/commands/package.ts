/* lpmx package: images and containers into one file.
 */
import { LpmxError } from "../../base/mod.ts";
import { packageThings } from "../../engine/package/pack.ts";
import { exists, isTerminal } from "../../host/mod.ts";
import { type Call } from "../command.ts";
import { print, tell } from "../output.ts";
import { allStores } from "../settings.ts";
import { version } from "../version.ts";

export async function run({ args, flags }: Call): Promise<number> {
  const type = flags.last("type");
  if (type !== undefined && type !== "image" && type !== "container") {
    throw new LpmxError("usage", `invalid type "${type}"`, { hint: "types: image, container" });
  }
  const output = flags.last("output") ?? freeName(args[0]!);
  if (output === "-" && isTerminal("stdout")) {
    throw new LpmxError("usage", "cowardly refusing to write a package to a terminal", {
      hint: "use -o FILE, or redirect",
      exit: 1,
    });
  }
  await packageThings(allStores(), args, {
    output,
    type,
    withLpmx: flags.on("with-lpmx"),
    pause: flags.on("pause", true) && !flags.on("no-pause"),
    version,
    tell: (line) => flags.on("quiet") || tell(line),
  });
  if (output !== "-") print(output);
  return 0;
}

/** NAME.lpmx; of an image the last part of its name. What is there already is not replaced unless it is named. */
function freeName(word: string): string {
  const name = `${word.replace(/^.*\//, "").replace(/[@:]/g, "-")}.lpmx`;
  if (!exists(name)) return name;
  throw new LpmxError("usage", `"${name}" is there already`, {
    hint: `say -o ${name} to replace it, or give another`,
    exit: 1,
  });
}
