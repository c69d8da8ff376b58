/* registry: images of OCI and docker v2 registries over HTTP.
 */
export { type Credentials, findCredentials } from "./credentials.ts";
export { RegistrySource } from "./registry.ts";
