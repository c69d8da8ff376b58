/* lpmx compose config
 */
import { describeProject, yamlText } from "../../compose/mod.ts";
import { asWritten, chosenServices } from "../../engine/compose/project.ts";
import { type Call } from "../command.ts";
import { projectOf } from "../compose_call.ts";
import { print } from "../output.ts";
import { usageError } from "../parse.ts";

export async function run({ flags, command, words }: Call): Promise<number> {
  const format = flags.on("json") ? "json" : flags.last("format") ?? "yaml";
  if (format !== "yaml" && format !== "json") {
    throw usageError(`invalid format "${format}"`, command, words);
  }
  const loaded = await projectOf(flags, false);
  const services = chosenServices(loaded, []);
  const resolved = services.map((service) => [service, asWritten(service, loaded)] as const);
  if (flags.on("quiet")) return 0;
  const list = flags.on("services")
    ? services.map(({ name }) => name)
    : flags.on("images")
    ? services.map(({ image }) => image)
    : flags.on("volumes")
    ? loaded.project.ownVolumes
    : undefined;
  if (list) {
    list.forEach(print);
    return 0;
  }
  const all = describeProject(loaded.project, resolved);
  print(format === "json" ? JSON.stringify(all, null, 2) : (await yamlText(all)).trimEnd());
  return 0;
}
