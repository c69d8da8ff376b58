/* Maps and exposed commands of a project's containers: adds what is missing, takes away what the file no longer says; live ones too.
 *
 * What was made before is in each container's record (store/compose_record.ts): what users have added by hand is left alone.
 */
import { parseJson } from "../../base/mod.ts";
import { type Exposed, type Service, targetText } from "../../compose/mod.ts";
import {
  type ComposeRecord,
  type Container,
  readComposeRecord,
  type Store,
  writeComposeRecord,
} from "../../store/mod.ts";
import { callLpmx } from "../launcher.ts";
import { type Loaded } from "./project.ts";
import { type State } from "./state.ts";

/** Connects all containers of the project. */
export async function connect(
  store: Store,
  { project }: Loaded,
  state: State,
  tell: (line: string) => void,
): Promise<void> {
  for (const service of project.services) {
    const container = state.containers.get(service.name);
    if (!container) continue;
    const { id } = container.meta;
    const record = readComposeRecord(store, id);
    const maps = await setMaps(service, container, record.maps, state, tell);
    const commands = await setCommands(service, container, record.commands, state, tell);
    const now: ComposeRecord = { maps, commands };
    if (JSON.stringify(now) !== JSON.stringify(record)) writeComposeRecord(store, id, now);
  }
}

async function setMaps(
  { name, maps }: Service,
  { meta }: Container,
  before: Record<string, string>,
  state: State,
  tell: (line: string) => void,
): Promise<Record<string, string>> {
  const wanted: Record<string, string> = {};
  for (const map of maps) {
    const other = map.service === undefined ? undefined : state.containers.get(map.service);
    if (map.service !== undefined && !other) continue;
    wanted[map.guest] = targetText({ service: other?.meta.id, program: map.program });
  }
  if (Object.keys({ ...before, ...wanted }).length === 0) return wanted;
  // The launcher may show it under another spelling (/bin is a link to /usr/bin): names are compared.
  const last = (path: string) => path.slice(path.lastIndexOf("/") + 1);
  const listed = await callLpmx(["map", "ls", "--json", meta.id], name);
  const mapped = parseJson(listed, "maps", "bad-record") as { guest: string }[];
  const there = new Set(mapped.map(({ guest }) => last(guest)));
  const gone = Object.keys(before).filter((guest) => !(guest in wanted));
  for (const guest of gone.filter((guest) => there.has(last(guest)))) {
    await callLpmx(["map", "rm", meta.id, guest], name);
  }
  const missing = Object.keys(wanted).filter((guest) =>
    before[guest] !== wanted[guest] || !there.has(last(guest))
  );
  if (missing.length > 0) {
    const words = missing.map((guest) => `${wanted[guest]}=${guest}`);
    await callLpmx(["map", "add", meta.id, ...words], name);
  }
  const changed = new Set([...gone, ...missing]);
  if (changed.size > 0) tell(`${name}: mapped ${[...changed].sort().join(", ")}`);
  return wanted;
}

function exposeWords({ program, as, user, workingDir, cleanEnv }: Exposed): string[] {
  return [
    `--name=${as}`,
    ...(user === undefined ? [] : [`--user=${user}`]),
    ...(workingDir === undefined ? [] : [`--workdir=${workingDir}`]),
    ...(cleanEnv ? ["--clean-env"] : []),
    program,
  ];
}

async function setCommands(
  { name, expose }: Service,
  { meta }: Container,
  before: Record<string, string>,
  state: State,
  tell: (line: string) => void,
): Promise<Record<string, string>> {
  const wanted: Record<string, string> = {};
  const own = state.commands.filter(({ containerId }) => containerId === meta.id);
  for (const exposed of expose) {
    const words = exposeWords(exposed);
    wanted[exposed.as] = words.join(" ");
    const there = own.some((one) => one.name === exposed.as);
    if (there && before[exposed.as] === wanted[exposed.as]) continue;
    const program = words.pop()!;
    await callLpmx(["expose", "--force", ...words, meta.id, program], name);
    tell(`${name}: exposed ${exposed.as}`);
  }
  for (const old of Object.keys(before)) {
    if (old in wanted || !own.some((one) => one.name === old)) continue;
    await callLpmx(["expose", "rm", old], name);
    tell(`${name}: no longer exposed ${old}`);
  }
  return wanted;
}
