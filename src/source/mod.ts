/* source: where images come from. Uses image, host and base.
 */
export { openArchive, type OpenOptions } from "./open.ts";
export { openPackage, type PackageArchive } from "./package_file.ts";
export { type Credentials, findCredentials, RegistrySource } from "./registry/mod.ts";
