/* lpmx info: settings in effect with their origins, and what this machine can do.
 */
import { machineInfo } from "../../engine/machine.ts";
import { type Call } from "../command.ts";
import { parseTemplate, print, table } from "../output.ts";
import { version } from "../version.ts";

export function run({ flags }: Call): number {
  const info = { version, ...machineInfo() };
  const format = flags.last("format");
  if (flags.on("json") || format === "json") print(JSON.stringify(info, null, 2));
  else if (format !== undefined) print(parseTemplate(format)(info));
  else print(text(info));
  return 0;
}

function text(info: ReturnType<typeof machineInfo> & { version: string }): string {
  const { settings, engine, machine } = info;
  const rows = Object.entries(settings).map(([name, { value, origin }]) => [
    `  ${name}`,
    value || "-",
    `(${origin})`,
  ]);
  const { limits, ...facts } = machine;
  const factRows = Object.entries({ ...facts, ...limits }).map((
    [name, value],
  ) => [`  ${name}`, String(value ?? "not known")]);
  return [
    `lpmx ${info.version}`,
    `Settings:\n${table(rows)}`,
    `Engine: ${engine.name}${engine.usable ? "" : " (cannot work here)"}: ${engine.why}`,
    `Machine:\n${table(factRows)}`,
  ].join("\n");
}
