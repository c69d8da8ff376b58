/* What the compose commands share: the project that flags mean, and how they talk.
 */
import { type Loaded, loadProject, type ProjectChoice } from "../engine/compose/project.ts";
import { isTerminal } from "../host/mod.ts";
import { tell } from "./output.ts";
import { type Values } from "./parse.ts";

/** What flags say about the project. */
export function projectChoice(flags: Values): ProjectChoice {
  return {
    files: flags.all("file"),
    name: flags.last("project-name"),
    profiles: flags.all("profile"),
    envFiles: flags.all("env-file"),
    folder: flags.last("project-directory"),
  };
}

/** The project. `quiet` leaves out warnings. Throws LpmxError. */
export function projectOf(flags: Values, quiet = flags.on("quiet")): Promise<Loaded> {
  return loadProject(projectChoice(flags), quiet ? () => {} : (line) => tell(`warning: ${line}`));
}

/** Words of exec and run about terminal, variables and user, as docker compose has them. */
export function programWords(flags: Values): string[] {
  const terminal = !flags.on("no-TTY") && isTerminal("stdin") && isTerminal("stdout");
  const put = (flag: string) => flags.all(flag).map((value) => `--${flag}=${value}`);
  return [
    "--interactive",
    ...(terminal ? ["--tty"] : []),
    ...["env", "user", "workdir", "volume", "entrypoint"].flatMap(put),
  ];
}
