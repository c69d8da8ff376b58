/* base: words that everything else uses. No I/O; imports nothing outside this folder.
 */
export * from "./errors.ts";
export * from "./bytes.ts";
export * from "./json.ts";
export * from "./log.ts";
export * from "./nearest.ts";
