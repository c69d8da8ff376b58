/* Finds and reads a project: its files, .env, what the environment says, its lock.
 */
import { LpmxError } from "../../base/mod.ts";
import {
  chosen,
  fault,
  interpolate,
  type Lock,
  type Lookup,
  type Pair,
  parseEnvFile,
  parseYaml,
  type Project,
  readLock,
  readProject,
  type Resolved,
  type Service,
} from "../../compose/mod.ts";
import {
  currentFolder,
  exists,
  homeFolder,
  readTextIfAny,
  setting,
  variable,
} from "../../host/mod.ts";

/** What the command line says about the project. */
export interface ProjectChoice {
  /** Of --file; none: the environment's, else looked for. */
  files: readonly string[];
  name: string | undefined;
  profiles: readonly string[];
  /** Of --env-file; none: .env beside the first file. */
  envFiles: readonly string[];
  folder: string | undefined;
}

/** A project with what is needed to act on it. */
export interface Loaded {
  project: Project;
  profiles: readonly string[];
  lock: Lock | undefined;
  lockPath: string;
  lookup: Lookup;
}

const usualNames = [
  "lpmx-compose.yaml",
  "compose.yaml",
  "compose.yml",
  "docker-compose.yaml",
  "docker-compose.yml",
];

const absolute = (path: string) => path.startsWith("/") ? path : `${currentFolder()}/${path}`;
const folderOf = (path: string) => path.slice(0, path.lastIndexOf("/")) || "/";

/** The files of a project; none when there are no usual ones here or above. */
function filesOf(choice: ProjectChoice): string[] {
  if (choice.files.length > 0) return choice.files.map(absolute);
  const given = setting("COMPOSE_FILE");
  if (given) return given.split(":").map(absolute);
  for (let folder = choice.folder ? absolute(choice.folder) : currentFolder();;) {
    const name = usualNames.find((name) => exists(`${folder}/${name}`));
    if (name) return [`${folder === "/" ? "" : folder}/${name}`];
    if (folder === "/") return [];
    folder = folderOf(folder);
  }
}

/** Whether there are files to read. */
export function hasFiles(choice: ProjectChoice): boolean {
  return filesOf(choice).length > 0;
}

/** Reads the project. `warn` is told of variables that are not set, and of keys without effect. Throws LpmxError. */
export async function loadProject(
  choice: ProjectChoice,
  warn: (line: string) => void,
): Promise<Loaded> {
  const files = filesOf(choice);
  if (files.length === 0) {
    throw new LpmxError("usage", "there is no compose.yaml here, nor in a folder above", {
      hint: "name the file with --file",
    });
  }
  const folder = choice.folder ? absolute(choice.folder) : folderOf(files[0]!);
  const lookup = variables(choice, folder);
  const unset = new Set<string>();
  const documents = [];
  for (const path of files) {
    const document = await parseYaml(textOf(path), shown(path));
    documents.push(interpolate(document, lookup, (name) => unset.add(name)));
  }
  for (const name of unset) warn(`the variable ${name} is not set: it is taken as empty`);
  const project = readProject(documents, {
    folder,
    home: homeFolder(),
    projectName: choice.name ?? setting("COMPOSE_PROJECT_NAME") ?? lookup("COMPOSE_PROJECT_NAME"),
  });
  project.notes.forEach(warn);
  const lockPath = `${folder}/lpmx-lock.yaml`;
  const text = readTextIfAny(lockPath);
  const lock = text === undefined ? undefined : readLock(await parseYaml(text, shown(lockPath)));
  const profiles = [...choice.profiles, ...(setting("COMPOSE_PROFILES") ?? "").split(",")];
  return { project, profiles: profiles.filter((one) => one !== ""), lock, lockPath, lookup };
}

/** As short as it can be written from here. */
function shown(path: string): string {
  const here = `${currentFolder()}/`;
  return path.startsWith(here) ? path.slice(here.length) : path;
}

function textOf(path: string): string {
  const text = readTextIfAny(path);
  if (text !== undefined) return text;
  throw new LpmxError("io", `Cannot read "${shown(path)}": there is no such file`, { exit: 125 });
}

/** The environment, then the files of variables. */
function variables(choice: ProjectChoice, folder: string): Lookup {
  const given = choice.envFiles.map(absolute);
  const usual = `${folder}/.env`;
  const files = given.length > 0 ? given : exists(usual) ? [usual] : [];
  const found = new Map<string, string | undefined>();
  const lookup: Lookup = (name) => variable(name) ?? found.get(name);
  for (const path of files) {
    for (const [name, value] of parseEnvFile(textOf(path), shown(path), lookup)) {
      found.set(name, value);
    }
  }
  return lookup;
}

/** The services that a call is about, in order. Throws LpmxError("usage") for a name that is not there. */
export function chosenServices({ project, profiles }: Loaded, names: readonly string[]): Service[] {
  const known = project.services.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return chosen(project, names, profiles);
  throw new LpmxError("usage", `there is no service "${unknown}"`, {
    hint: `services: ${known.join(", ")}`,
  });
}

/** All variables of a service: files first, its own over them. Throws LpmxError("bad-compose-file"). */
export function environmentOf(service: Service, lookup: Lookup): Pair[] {
  const all = new Map<string, string>();
  const put = (name: string, value: string | undefined) => {
    const found = value ?? lookup(name);
    if (found !== undefined) all.set(name, found);
  };
  for (const { path, required, spot } of service.envFiles) {
    const text = readTextIfAny(path);
    if (text === undefined && required) {
      const field = `services.${service.name}.env_file`;
      throw fault(spot, field, `there is no file "${path}"`, "required: false makes it optional");
    }
    for (const [name, value] of parseEnvFile(text ?? "", shown(path), lookup)) put(name, value);
  }
  for (const [name, value] of service.environment) put(name, value);
  return [...all];
}

/** A service as its file has it, for showing. */
export function asWritten(service: Service, { lookup }: Loaded): Resolved {
  return { image: service.image, environment: environmentOf(service, lookup) };
}
