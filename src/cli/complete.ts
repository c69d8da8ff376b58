/* Shell completion: the scripts, which only ask `lpmx __complete WORDS…`, and its answers, made from the command table.
 */
import { listAllImages } from "../engine/list_images.ts";
import { familiarName } from "../image/mod.ts";
import { readContainers } from "../store/mod.ts";
import { type Command } from "./command.ts";
import { commands, findCommand } from "./commands.ts";
import { allStores, ownStore } from "./settings.ts";

const bash = `_lpmx() {
  local IFS=$'\\n' cur=\${COMP_WORDS[COMP_CWORD]}
  COMPREPLY=($(lpmx __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1))
  if [ "\${#COMPREPLY[@]}" = 0 ]; then COMPREPLY=($(compgen -f -- "$cur")); fi
  # Bash takes ":" as a break between words: what stands before it must not be repeated.
  if [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]]; then COMPREPLY=("\${COMPREPLY[@]#"\${cur%"\${cur##*:}"}"}"); fi
}
complete -o filenames -F _lpmx lpmx`;

const zsh = `#compdef lpmx
_lpmx() {
  local -a found
  found=("\${(@f)$(lpmx __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  found=("\${(@)found//:/\\\\:}")
  found=("\${(@)found/$'\\t'/:}")
  if [[ -n "$found" ]]; then _describe lpmx found; else _files; fi
}
compdef _lpmx lpmx`;

const fish =
  `complete -c lpmx -f -a '(lpmx __complete (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'`;

/** The script for a shell; undefined for one that is not known. */
export function completionScript(shell: string): string | undefined {
  return { bash, zsh, fish }[shell];
}

type Candidate = [word: string, explanation: string];

/** Candidates for the last of the words. */
export function complete(words: readonly string[]): Candidate[] {
  const last = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const found = findCommand(before);
  const all = found
    ? afterCommand(found.command, before.slice(found.taken), last)
    : commandWords(before);
  return all.filter(([word]) => word.startsWith(last));
}

function commandWords(before: readonly string[]): Candidate[] {
  const prefix = before.length === 0 ? "" : `${before.join(" ")} `;
  const found = new Map<string, string>();
  for (const { words, aliases, summary, hidden } of commands) {
    for (const spelling of hidden ? [] : [words, ...aliases]) {
      if (!spelling.startsWith(prefix)) continue;
      const [next = "", more] = spelling.slice(prefix.length).split(" ");
      if (!found.has(next)) found.set(next, more === undefined ? summary : "");
    }
  }
  return [...found];
}

function afterCommand(command: Command, before: readonly string[], last: string): Candidate[] {
  if (last.startsWith("-")) {
    return command.flags.filter(({ action }) => action === "supported").map((
      { name, help },
    ) => [`--${name}`, help]);
  }
  const previous = command.flags.find(({ name }) => `--${name}` === before.at(-1));
  if (previous && previous.kind !== "bool") return [];
  if (command.words === "completion") return [["bash", ""], ["zsh", ""], ["fish", ""]];
  if (command.words === "help") return commandWords([]);
  const takes = (word: string) => command.args.includes(word);
  return [
    ...takes("IMAGE") || takes("NAME") ? imageNames() : [],
    ...takes("CONTAINER") || takes("NAME") ? containerNames() : [],
  ];
}

function imageNames(): Candidate[] {
  const names = listAllImages(allStores()).flatMap(({ repository, tag }) =>
    repository && tag ? [`${familiarName(repository)}:${tag}`] : []
  );
  return [...names, "host"].map((name) => [name, "image"]);
}

function containerNames(): Candidate[] {
  return readContainers(ownStore()).flatMap(({ meta }): Candidate[] =>
    meta.name ? [[meta.name, meta.imageName ?? ""]] : []
  );
}
