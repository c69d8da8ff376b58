/* lpmx logs: what a detached container printed.
 */
import { containerLog } from "../../engine/container_life.ts";
import { writeOut } from "../../host/mod.ts";
import { findContainer } from "../../store/mod.ts";
import { type Call } from "../command.ts";
import { usageError } from "../parse.ts";
import { ownStore } from "../settings.ts";

export async function run({ args, flags, command, words }: Call): Promise<number> {
  const store = ownStore();
  const tail = flags.last("tail") ?? "all";
  if (tail !== "all" && !/^\d+$/.test(tail)) {
    throw usageError(`invalid number "${tail}"`, command, words);
  }
  let first = true;
  for await (
    const text of containerLog(store, findContainer(store, args[0]!), flags.on("follow"))
  ) {
    writeOut(first && tail !== "all" ? lastLines(text, Number(tail)) : text);
    first = false;
  }
  return 0;
}

function lastLines(text: string, count: number): string {
  const lines = text.replace(/\n$/, "").split("\n");
  return count === 0 ? "" : `${lines.slice(-count).join("\n")}${text.endsWith("\n") ? "\n" : ""}`;
}
