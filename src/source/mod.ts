/* source: where images come from. Uses image, host and base.
 */
export { openArchive, type OpenOptions } from "./open.ts";
export { type Credentials, findCredentials, RegistrySource } from "./registry/mod.ts";
