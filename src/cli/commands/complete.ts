/* lpmx __complete WORDS…: candidates for the last word, one a line, with an explanation after a tab.
 */
import { type Call } from "../command.ts";
import { complete } from "../complete.ts";
import { print } from "../output.ts";

export function run({ args }: Call): number {
  for (const [word, explanation] of complete(args)) {
    print(explanation ? `${word}\t${explanation}` : word);
  }
  return 0;
}
