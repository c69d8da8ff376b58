/* lpmx compose down
 */
import { down } from "../../engine/compose/down.ts";
import { hasFiles } from "../../engine/compose/project.ts";
import { type Call } from "../command.ts";
import { projectChoice, projectOf } from "../compose_call.ts";
import { tell } from "../output.ts";
import { usageError } from "../parse.ts";
import { ownStore } from "../settings.ts";

export async function run({ flags, command, words }: Call): Promise<number> {
  const seconds = flags.last("timeout");
  if (seconds !== undefined && !/^\d+$/.test(seconds)) {
    throw usageError(`invalid number "${seconds}"`, command, words);
  }
  const choice = projectChoice(flags);
  const loaded = choice.name !== undefined && !hasFiles(choice)
    ? undefined
    : await projectOf(flags, true);
  await down(ownStore(), loaded?.project.name ?? choice.name!, {
    volumes: flags.on("volumes") ? loaded?.project.ownVolumes ?? [] : [],
    seconds: seconds === undefined ? undefined : Number(seconds),
    tell: flags.on("quiet") ? () => {} : tell,
  });
  return 0;
}
