/* What there is of a project: its containers, known by their labels, and the commands that lead into them.
 */
import { parseJson } from "../../base/mod.ts";
import { type Container, readContainers, type Store } from "../../store/mod.ts";
import { callLpmx } from "../launcher.ts";

/** Labels of a project's containers; the first two are docker compose's. */
export const label = {
  project: "com.docker.compose.project",
  service: "com.docker.compose.service",
  once: "com.docker.compose.oneoff",
  hash: "lpmx.compose.hash",
} as const;

/** An exposed command, as `lpmx expose ls --json` has it. */
export interface Command {
  name: string;
  containerId: string;
  program: string;
}

/** What there is of a project. */
export interface State {
  /** By service. */
  containers: Map<string, Container>;
  /** Containers of `compose run`. */
  once: Container[];
  /** All exposed commands of the store. */
  commands: Command[];
}

/** The value of a label; undefined when the container lacks it. */
export function labelOf({ meta }: Container, name: string): string | undefined {
  return meta.labels.findLast((label) => label.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** Looks. */
export async function observe(store: Store, project: string): Promise<State> {
  const own = readContainers(store).filter((one) => labelOf(one, label.project) === project);
  const isOnce = (one: Container) => labelOf(one, label.once) === "True";
  const lasting = own.filter((one) => !isOnce(one));
  return {
    containers: new Map(lasting.map((one) => [labelOf(one, label.service) ?? "", one])),
    once: own.filter(isOnce),
    commands: await exposedCommands(),
  };
}

/** All exposed commands of the store. */
async function exposedCommands(): Promise<Command[]> {
  const text = await callLpmx(["expose", "ls", "--json"], "exposed commands");
  return parseJson(text, "exposed commands", "bad-record") as Command[];
}
