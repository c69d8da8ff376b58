/* What the scripts in /.singularity.d/env set, as far as it can be read without running them: for the image's config, so that `lpmx exec`
 * and `inspect` have it. A container's first command gets all of it from the scripts themselves (action_script.ts).
 */
import { assignment, NotSimple, ShellWords } from "./shell_words.ts";

/** Apptainer's and docker's. */
export const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** A script and its name. */
export interface EnvironmentScript {
  name: string;
  text: string;
}

/** Written by Singularity and Apptainer into every image: about SCIF apps, libraries and paths given at the start. */
const runtimeScripts = /^(94-appsbase|95-apps|99-base|99-runtimevars)\.sh$/;
/** What is only known when a container starts. */
const atStart =
  /^(HOME|USER|LOGNAME|PWD|OLDPWD|UID|GID|HOSTNAME|TERM|(SINGULARITY|APPTAINER|SING)_\w+)$/;
const keyword =
  /^(if|then|elif|else|fi|for|while|until|do|done|case|esac|function|return|exit|exec|[{}]|\w+\(\))$/;

/** NAME=VALUE of the variables that the scripts export, sorted; PATH always. What is not certain is left out. */
export function readEnvironment(scripts: readonly EnvironmentScript[]): string[] {
  const variables = new Variables();
  for (const script of scripts) {
    if (runtimeScripts.test(script.name)) continue;
    run(script.text, variables);
    // As apptainer does it after what came from docker.
    if (/^10-docker/.test(script.name)) variables.fixPath();
  }
  return variables.exported();
}

class Variables {
  #values = new Map([["PATH", defaultPath]]);
  #exported = new Set(["PATH"]);
  #unknown = new Set<string>();

  get(name: string): string | undefined {
    if (this.#unknown.has(name)) return undefined;
    const value = this.#values.get(name);
    return value ?? (atStart.test(name) ? undefined : "");
  }

  set(name: string, value: string): void {
    this.#values.set(name, value);
    this.#unknown.delete(name);
  }

  export(name: string): void {
    this.#exported.add(name);
  }

  unset(name: string): void {
    this.#values.delete(name);
    this.#exported.delete(name);
  }

  /** Of PATH the last that was known is better than nothing. */
  forget(name: string): void {
    this.#unknown.add(name);
    if (name !== "PATH") this.#values.delete(name);
  }

  fixPath(): void {
    const parts = this.#values.get("PATH")?.split(":") ?? [];
    const missing = defaultPath.split(":").filter((part) => !parts.includes(part));
    this.#values.set("PATH", [...parts, ...missing].join(":"));
  }

  exported(): string[] {
    const known = [...this.#values].filter(([name, value]) =>
      this.#exported.has(name) && !/[\0\ufffd]/.test(value)
    );
    return known.map(([name, value]) => `${name}=${value}`).sort();
  }
}

function run(text: string, variables: Variables): void {
  const words = new ShellWords(text, (name) => variables.get(name));
  while (!words.done) {
    const start = words.at;
    try {
      const command = words.next();
      if (keyword.test(command[0] ?? "")) return forgetAll(text.slice(start), variables);
      obey(command, variables);
    } catch (error) {
      if (!(error instanceof NotSimple)) throw error;
      const isAssignment = /^\s*(export\s+)?[A-Za-z_]\w*=/.test(text.slice(start));
      if (!isAssignment) return forgetAll(text.slice(start), variables);
      words.skipLine();
      forgetAll(text.slice(start, words.at), variables);
    }
  }
}

function obey(command: readonly string[], variables: Variables): void {
  const [first = "", ...rest] = command;
  if (first === "unset") return rest.forEach((name) => variables.unset(name));
  const isExport = first === "export";
  // Before a program's name, they are for that program only.
  if (!isExport && !command.every((word) => assignment.test(word))) return;
  for (const word of isExport ? rest : command) {
    const [, name, value] = assignment.exec(word) ?? [];
    if (name !== undefined) variables.set(name, value!);
    if (isExport) variables.export(name ?? word);
  }
}

/** What a part of a script that is not understood may set. */
function forgetAll(text: string, variables: Variables): void {
  for (const [, name] of text.matchAll(/\b([A-Za-z_]\w*)=/g)) variables.forget(name!);
  for (const [, name] of text.matchAll(/\b(?:export|unset|read)\s+([A-Za-z_]\w*)/g)) {
    variables.forget(name!);
  }
}
