/* lpmx help [COMMAND]
 */
import { type Call } from "../command.ts";
import { helpText } from "../help.ts";
import { print } from "../output.ts";

export async function run({ args, flags }: Call): Promise<number> {
  if (flags.on("man")) {
    const { manPage } = await import("../man.ts");
    print(manPage(args));
  } else print(helpText(args));
  return 0;
}
