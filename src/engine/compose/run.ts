/* run and exec: a program of a service, in a container of its own or in the service's.
 */
import { LpmxError } from "../../base/mod.ts";
import { commandWords, optionWords, type Service, targetText } from "../../compose/mod.ts";
import { type Store } from "../../store/mod.ts";
import { getImages } from "./images.ts";
import { becomeLpmx } from "../launcher.ts";
import { chosenServices, environmentOf, type Loaded } from "./project.ts";
import { label, observe } from "./state.ts";
import { up } from "./up.ts";

/** What run is asked for. */
export interface RunOptions {
  name: string;
  /** None: the service's own command. */
  command: readonly string[];
  /** Further words for `lpmx run`: terminal, variables, user. */
  words: readonly string[];
  /** Brings up what the service depends on or maps to. */
  dependencies: boolean;
  tell(line: string): void;
}

/** Runs a program in a new container of a service, which goes away afterwards. Gives its exit status. */
export async function runOnce(
  stores: readonly Store[],
  loaded: Loaded,
  options: RunOptions,
): Promise<number> {
  const needed = chosenServices(loaded, [options.name]);
  const service = needed.find(({ name }) => name === options.name)!;
  const others = needed.filter((one) => one !== service).map(({ name }) => name);
  const plain = { recreate: false, start: true, removeOrphans: false, policy: undefined };
  if (options.dependencies && others.length > 0) {
    await up(stores, without(loaded, options.name), {
      names: others,
      ...plain,
      tell: options.tell,
    });
  }
  return await becomeLpmx(await wordsOf(stores, loaded, service, options));
}

async function wordsOf(
  stores: readonly Store[],
  { project, lock, lookup }: Loaded,
  service: Service,
  { command, words, tell }: RunOptions,
): Promise<string[]> {
  const images = await getImages(stores, [service], { lock, policy: undefined, tell });
  const { containers } = await observe(stores[0]!, project.name);
  const maps = service.maps.map((map) => {
    const other = map.service === undefined ? undefined : containers.get(map.service);
    if (map.service !== undefined && !other) throw notUp(map.service);
    return `--map=${targetText({ service: other?.meta.id, program: map.program })}=${map.guest}`;
  });
  const image = images.get(service.name)!.word;
  const resolved = { image, environment: environmentOf(service, lookup) };
  return [
    "run",
    "--rm",
    `--label=${label.project}=${project.name}`,
    `--label=${label.service}=${service.name}`,
    `--label=${label.once}=True`,
    ...optionWords(service, resolved),
    ...maps,
    ...words,
    ...commandWords(service, resolved, command.length > 0 ? command : undefined),
  ];
}

/** The project without a service: its own container is not wanted, and nothing else is to be taken for left over. */
function without(loaded: Loaded, name: string): Loaded {
  const services = loaded.project.services.filter((one) => one.name !== name);
  return { ...loaded, project: { ...loaded.project, services } };
}

function notUp(name: string): LpmxError {
  return new LpmxError("container-not-found", `${name}: there is no container of it`, {
    hint: "lpmx compose up makes it",
    exit: 125,
  });
}

/** Runs a program in a service's container. Gives its exit status. */
export async function execIn(
  store: Store,
  loaded: Loaded,
  name: string,
  words: readonly string[],
  command: readonly string[],
): Promise<number> {
  chosenServices(loaded, [name]);
  const container = (await observe(store, loaded.project.name)).containers.get(name);
  if (!container) throw notUp(name);
  return await becomeLpmx(["exec", ...words, container.meta.id, ...command]);
}
