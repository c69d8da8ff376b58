/* lpmx compose ps
 */
import { chosenServices, hasFiles } from "../../engine/compose/project.ts";
import { label, labelOf, observe } from "../../engine/compose/state.ts";
import { stateOf } from "../../engine/inspect.ts";
import { type Call } from "../command.ts";
import { projectChoice, projectOf } from "../compose_call.ts";
import { print, printRows } from "../output.ts";
import { ownStore } from "../settings.ts";
import { statusOf } from "./ps.ts";

export async function run({ flags, args }: Call): Promise<number> {
  const choice = projectChoice(flags);
  const loaded = choice.name !== undefined && !hasFiles(choice)
    ? undefined
    : await projectOf(flags, true);
  if (loaded) chosenServices(loaded, args);
  const state = await observe(ownStore(), loaded?.project.name ?? choice.name!);
  const all = [...state.containers.values(), ...state.once];
  const shown = all.filter((one) =>
    args.length === 0 || args.includes(labelOf(one, label.service)!)
  )
    .sort((x, y) => labelOf(x, label.service)! < labelOf(y, label.service)! ? -1 : 1);
  if (flags.on("quiet")) shown.forEach(({ meta }) => print(meta.id));
  if (flags.on("services")) shown.forEach((one) => print(labelOf(one, label.service)!));
  if (flags.on("quiet") || flags.on("services")) return 0;
  const rows = shown.map((one) => {
    const commands = state.commands.filter(({ containerId }) => containerId === one.meta.id);
    return {
      ID: one.meta.id,
      Name: one.meta.name ?? "",
      Image: one.meta.imageName ?? "",
      Project: labelOf(one, label.project),
      Service: labelOf(one, label.service),
      State: stateOf(one),
      Status: statusOf(one),
      ExitCode: one.exit?.code ?? 0,
      Commands: commands.map(({ name }) => name).sort(),
    };
  });
  if (flags.on("json")) print(JSON.stringify(rows));
  else {
    const columns = ["Name", "Image", "Service", "Status", "Commands"] as const;
    const asText = rows.map((row) => ({ ...row, Commands: row.Commands.join(" ") }));
    printRows(asText, columns.map((name) => [name.toUpperCase(), name]), flags.last("format"));
  }
  return 0;
}
