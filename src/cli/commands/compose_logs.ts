/* lpmx compose logs
 */
import { chosenServices } from "../../engine/compose/project.ts";
import { observe } from "../../engine/compose/state.ts";
import { containerLog } from "../../engine/container_life.ts";
import { writeOut } from "../../host/mod.ts";
import { type Container, type Store } from "../../store/mod.ts";
import { type Call } from "../command.ts";
import { projectOf } from "../compose_call.ts";
import { usageError } from "../parse.ts";
import { ownStore } from "../settings.ts";

export async function run({ flags, args, command, words }: Call): Promise<number> {
  const tail = flags.last("tail") ?? "all";
  if (tail !== "all" && !/^\d+$/.test(tail)) {
    throw usageError(`invalid number "${tail}"`, command, words);
  }
  const store = ownStore();
  const loaded = await projectOf(flags, true);
  if (args.length > 0) chosenServices(loaded, args);
  const { containers } = await observe(store, loaded.project.name);
  const shown = [...containers].filter(([name]) => args.length === 0 || args.includes(name))
    .sort(([x], [y]) => x < y ? -1 : 1);
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  const prefix = (name: string) => flags.on("no-log-prefix") ? "" : `${name.padEnd(width)} | `;
  const last = tail === "all" ? Infinity : Number(tail);
  const follow = flags.on("follow");
  await Promise.all(
    shown.map(([name, container]) => show(store, container, prefix(name), follow, last)),
  );
  return 0;
}

async function show(
  store: Store,
  container: Container,
  prefix: string,
  follow: boolean,
  last: number,
): Promise<void> {
  let rest = "", first = true;
  for await (const text of containerLog(store, container, follow)) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    const shown = first && last < lines.length ? lines.slice(lines.length - last) : lines;
    shown.forEach((line) => writeOut(`${prefix}${line}\n`));
    first = false;
  }
  if (rest) writeOut(`${prefix}${rest}\n`);
}
