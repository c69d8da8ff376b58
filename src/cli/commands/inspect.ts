/* lpmx inspect: a JSON array of what was found; what was not is told on standard error, and the status is 1.
 */
import { LpmxError } from "../../base/mod.ts";
import { inspect } from "../../engine/inspect.ts";
import { type Call } from "../command.ts";
import { parseTemplate, print } from "../output.ts";
import { report } from "../report.ts";
import { allStores } from "../settings.ts";

export function run({ args, flags, words }: Call): number {
  const stores = allStores();
  const fixed = /^(image|container) /.exec(words)?.[1];
  const type = fixed ?? flags.last("type");
  const format = flags.last("format");
  const template = format === undefined || format === "json" ? undefined : parseTemplate(format);
  const found: Record<string, unknown>[] = [];
  let status = 0;
  for (const word of args) {
    try {
      found.push(inspect(stores, word, type));
    } catch (error) {
      if (!(error instanceof LpmxError)) throw error;
      status = report(error);
    }
  }
  if (template) found.forEach((value) => print(template(value)));
  else print(format === "json" ? JSON.stringify(found) : JSON.stringify(found, null, 4));
  return status;
}
