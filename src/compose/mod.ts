/* compose: YAML files that describe tools of several images and of the host. Pure: text in, a checked project and words out. Uses base.
 */
export * from "./check.ts";
export * from "./describe.ts";
export * from "./document.ts";
export * from "./fields.ts";
export * from "./interpolate.ts";
export * from "./lock.ts";
export * from "./model.ts";
export * from "./read.ts";
export * from "./schema.ts";
export * from "./words.ts";
