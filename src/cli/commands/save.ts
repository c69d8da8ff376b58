/* lpmx save: images to an archive.
 */
import { LpmxError } from "../../base/mod.ts";
import { type SaveFormat, saveImages } from "../../engine/save.ts";
import { isTerminal } from "../../host/mod.ts";
import { type Call } from "../command.ts";
import { allStores } from "../settings.ts";

const formats: readonly SaveFormat[] = ["docker-archive", "oci-archive", "oci-dir"];

export function run({ args, flags }: Call): number {
  const word = flags.last("format") ?? "docker-archive";
  const format = formats.find((format) => format === word);
  if (!format) {
    throw new LpmxError("usage", `invalid format "${word}"`, {
      hint: `formats: ${formats.join(", ")}`,
    });
  }
  const output = flags.last("output") ?? "-";
  if (output === "-" && format === "oci-dir") {
    throw new LpmxError("usage", "oci-dir is a folder and cannot be written to standard output", {
      hint: "name the folder: lpmx save --format oci-dir -o FOLDER IMAGE",
    });
  }
  if (output === "-" && isTerminal("stdout")) {
    throw new LpmxError("usage", "cowardly refusing to save to a terminal", {
      hint: "use -o FILE, or redirect",
      exit: 1,
    });
  }
  saveImages(allStores(), args, output, format);
  return 0;
}
