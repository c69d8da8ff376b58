/* The one command table: every verb with its flags and other spellings (docker's groups, LPMX's names). Help, completion, man
 * pages, the reference, the engine's parser and the launcher's header are all made from it.
 */
import { type Command } from "./command.ts";
import { compose } from "./table/compose.ts";
import { containers } from "./table/containers.ts";
import { images } from "./table/images.ts";
import { moving } from "./table/moving.ts";
import { native } from "./table/native.ts";
import { system } from "./table/system.ts";

/** Groups as they stand in help. */
export const groups: readonly (readonly [title: string, commands: readonly Command[]])[] = [
  ["Run", native],
  ["Compose", compose],
  ["Images", images],
  ["Containers", containers],
  ["Moving", moving],
  ["System", system],
];

/** All rows. */
export const commands: readonly Command[] = groups.flatMap(([, rows]) => rows);

/** The command that the words begin with, longest spelling first, and how many of them it takes. */
export function findCommand(
  words: readonly string[],
): { command: Command; words: string; taken: number } | undefined {
  for (const taken of [2, 1]) {
    const spelling = words.slice(0, taken).join(" ");
    const command = words.length >= taken &&
      commands.find((row) => row.words === spelling || row.aliases.includes(spelling));
    if (command) return { command, words: spelling, taken };
  }
  return undefined;
}
