/* lpmx unpack: what lpmx package has written into the store.
 */
import { LpmxError } from "../../base/mod.ts";
import { unpackPackage } from "../../engine/package/unpack.ts";
import { isTerminal, machinePlatform } from "../../host/mod.ts";
import { type Call } from "../command.ts";
import { print, tell } from "../output.ts";
import { usageError } from "../parse.ts";
import { newProgress } from "../progress.ts";
import { ownStore } from "../settings.ts";

export async function run(call: Call): Promise<number> {
  const { flags, args } = call;
  const input = flags.last("input") ?? args[0] ?? "-";
  if (flags.last("input") !== undefined && args.length > 0) {
    throw usageError(
      "name the package once, by --input or as an argument",
      call.command,
      call.words,
    );
  }
  if (input === "-" && isTerminal("stdin")) {
    throw new LpmxError("usage", "requested a package from stdin, but stdin is a terminal", {
      hint: "name the package: lpmx unpack FILE",
      exit: 1,
    });
  }
  const store = ownStore();
  const words = { image: "Loaded image:", container: "Unpacked container:", command: "Exposed:" };
  await unpackPackage(store, input, {
    names: flags.all("name"),
    expose: !flags.on("no-expose"),
    platform: { ...machinePlatform(), variant: undefined },
    progress: newProgress(flags.on("quiet")),
    warn: (line) => tell(`warning: ${line}`),
    done: (what, name) =>
      print(`${words[what]} ${what === "command" ? store.at(`bin/${name}`) : name}`),
  });
  return 0;
}
