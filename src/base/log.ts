/* Messages for people who look for a fault: LPMX_LOG=registry:debug,*:warn, by folder of src/, to stderr.
 *
 * Nothing here is part of the normal output of a command. base does no I/O, so the level text and the writer are handed in
 * once by main.ts.
 */

const levels = ["error", "warn", "info", "debug"] as const;
/** How much is wanted. */
export type LogLevel = typeof levels[number];

let wanted = new Map<string, number>();
let write: (line: string) => void = () => {};

/** Sets what is logged ("area:level,…"; "*" stands for all areas; unknown words are ignored) and where it goes. */
export function setUpLog(spec: string, writer: (line: string) => void): void {
  wanted = new Map();
  write = writer;
  for (const item of spec.split(",")) {
    const [area, level] = item.includes(":") ? item.split(":", 2) : ["*", item];
    const rank = levels.indexOf(level as LogLevel);
    if (area && rank >= 0) wanted.set(area, rank);
  }
}

/** Logs one line for an area (a folder of src/). The text is made only when it is wanted. */
export function log(area: string, level: LogLevel, text: () => string): void {
  const rank = wanted.get(area) ?? wanted.get("*") ?? -1;
  if (levels.indexOf(level) <= rank) write(`lpmx: ${area}: ${level}: ${text()}`);
}
