/* What flags and environment say about the store and the platform.
 */
import { machinePlatform, setting, storePlace } from "../host/mod.ts";
import { parsePlatform, type Platform } from "../image/mod.ts";
import { Store } from "../store/mod.ts";
import { type Values } from "./parse.ts";

/** The user's own store. */
export function ownStore(): Store {
  return new Store(storePlace().path);
}

/** The user's own store, then those that are only read (LPMX_STORES), in the order in which images are looked for. */
export function allStores(): Store[] {
  const further = (setting("LPMX_STORES") ?? "").split(":").filter((path) => path.startsWith("/"));
  return [ownStore(), ...further.map((path) => new Store(path))];
}

/** --platform, else DOCKER_DEFAULT_PLATFORM, else this machine. */
export function wantedPlatform(flags: Values): Platform {
  const text = flags.last("platform") ?? setting("DOCKER_DEFAULT_PLATFORM");
  return text ? parsePlatform(text) : { ...machinePlatform(), variant: undefined };
}
