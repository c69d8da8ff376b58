/* lpmx version
 */
import { buildParts } from "../../engine/machine.ts";
import { type Call } from "../command.ts";
import { parseTemplate, print } from "../output.ts";
import { version } from "../version.ts";

export function run({ flags }: Call): number {
  const parts = { version, ...buildParts() };
  const format = flags.last("format");
  if (flags.on("json") || format === "json") print(JSON.stringify(parts));
  else if (format !== undefined) print(parseTemplate(format)(parts));
  else {print(
      `lpmx version ${version} (engine: ${parts.engine} ${parts.deno}, plan ABI ${parts.abi})`,
    );}
  return 0;
}
