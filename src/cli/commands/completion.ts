/* lpmx completion SHELL
 */
import { type Call } from "../command.ts";
import { completionScript } from "../complete.ts";
import { print } from "../output.ts";
import { usageError } from "../parse.ts";

export function run({ args, command, words }: Call): number {
  const script = completionScript(args[0]!);
  if (script === undefined) throw usageError(`no completion for "${args[0]}"`, command, words);
  print(script);
  return 0;
}
