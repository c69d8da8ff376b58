/* lpmx compose [OPTIONS] COMMAND: docker compose's way of writing options of the project in front.
 */
import { type Call } from "../command.ts";
import { helpText } from "../help.ts";
import { dispatch } from "../main.ts";
import { tell } from "../output.ts";
import { findCommand } from "../commands.ts";
import { usageError } from "../parse.ts";

const given = ["env-file", "file", "profile", "project-directory", "project-name"];

export async function run({ flags, args, command, words }: Call): Promise<number> {
  const [verb, ...rest] = args;
  if (verb === undefined && flags.all("file").length === 0) {
    tell(helpText(["compose"]));
    return 125;
  }
  const row = findCommand(["compose", verb ?? "up"]);
  if (row?.taken !== 2) throw usageError(`unknown command: compose ${verb}`, command, words);
  const front = given.flatMap((name) => flags.all(name).map((value) => `--${name}=${value}`));
  return await dispatch(["compose", verb ?? "up", ...front, ...rest]);
}
