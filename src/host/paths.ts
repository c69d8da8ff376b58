/* Where things of this user lie: the store and the other folders of the XDG base directory specification.
 *
 * Works without HOME (cron, `env -i`, workflow managers): then the home folder comes from the passwd database.
 */
import os from "node:os";
import { LpmxError } from "../base/mod.ts";

/** A folder and where the choice comes from. */
export interface Place {
  path: string;
  origin: string;
}

function absolute(name: string): string | undefined {
  const value = Deno.env.get(name);
  return value?.startsWith("/") ? value.replace(/(.)\/+$/, "$1") : undefined;
}

/** Deno throws for a uid that no passwd entry has: batch nodes and minimal roots have such users. */
function passwdHome(): string | undefined {
  try {
    return os.userInfo().homedir;
  } catch {
    return undefined;
  }
}

function home(): Place {
  const set = absolute("HOME");
  if (set) return { path: set, origin: "HOME" };
  const known = passwdHome();
  if (known?.startsWith("/")) return { path: known, origin: "passwd" };
  throw new LpmxError(
    "store-unusable",
    "Cannot find your home folder: HOME is not set and passwd has none",
    {
      hint: "set LPMX_HOME to a folder of yours",
      exit: 125,
    },
  );
}

/** The store: LPMX_HOME, else $XDG_DATA_HOME/lpmx, else ~/.local/share/lpmx. */
export function storePlace(): Place {
  const own = Deno.env.get("LPMX_HOME");
  if (own) {
    if (!own.startsWith("/")) {
      throw new LpmxError(
        "store-unusable",
        `LPMX_HOME is "${own}", which is not an absolute path`,
        { exit: 125 },
      );
    }
    return { path: absolute("LPMX_HOME")!, origin: "LPMX_HOME" };
  }
  const data = absolute("XDG_DATA_HOME");
  if (data) return { path: `${data}/lpmx`, origin: "XDG_DATA_HOME" };
  const { path, origin } = home();
  return { path: `${path}/.local/share/lpmx`, origin };
}

/** Where other tools keep their settings: $XDG_CONFIG_HOME, else ~/.config; undefined without a home. */
export function configHome(): string | undefined {
  const folder = homeFolder();
  return absolute("XDG_CONFIG_HOME") ?? (folder === undefined ? undefined : `${folder}/.config`);
}

/** The home folder; undefined when there is none. */
export function homeFolder(): string | undefined {
  try {
    return home().path;
  } catch (error) {
    if (error instanceof LpmxError) return undefined;
    throw error;
  }
}

/** Where the launcher unpacks its payload: LPMX_CACHE, else $XDG_CACHE_HOME/lpmx, else ~/.cache/lpmx. */
export function cachePlace(): Place {
  const own = absolute("LPMX_CACHE");
  if (own) return { path: own, origin: "LPMX_CACHE" };
  const cache = absolute("XDG_CACHE_HOME");
  if (cache) return { path: `${cache}/lpmx`, origin: "XDG_CACHE_HOME" };
  const { path, origin } = home();
  return { path: `${path}/.cache/lpmx`, origin };
}
