/* store: what is on disk. Uses image, host and base.
 */
export * from "./compose_record.ts";
export * from "./containers.ts";
export * from "./images.ts";
export * from "./layout.ts";
