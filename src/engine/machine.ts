/* What this machine and this installation are: the material of info and version.
 */
import {
  cachePlace,
  launcherPath,
  machineFacts,
  type Place,
  runtimeParts,
  setting,
  storePlace,
} from "../host/mod.ts";
import { LPMX_ABI } from "../runtime/mod.ts";

/** A setting that is in effect. */
export interface Setting {
  value: string;
  /** A variable's name, "passwd", "default" … */
  origin: string;
}

/** Which of the two ways of intercepting system calls is used here, and why. */
export interface EngineChoice {
  name: "trap" | "preload";
  usable: boolean;
  why: string;
}

const shown = ({ path, origin }: Place): Setting => ({ value: path, origin });

function variable(name: string, fallback: string): Setting {
  const value = setting(name);
  return value === undefined ? { value: fallback, origin: "default" } : { value, origin: name };
}

/** All settings in effect. */
export function settings(): Record<string, Setting> {
  const scratch = setting("LPMX_SCRATCH")
    ? "LPMX_SCRATCH"
    : setting("TMPDIR")
    ? "TMPDIR"
    : undefined;
  return {
    store: shown(storePlace()),
    stores: variable("LPMX_STORES", ""),
    cache: shown(cachePlace()),
    scratch: scratch
      ? { value: setting(scratch)!, origin: scratch }
      : { value: "/tmp", origin: "default" },
    engine: variable("LPMX_ENGINE", "auto"),
    log: variable("LPMX_LOG", ""),
    launcher: {
      value: launcherPath() ?? "",
      origin: launcherPath() ? "running program" : "not started by it",
    },
  };
}

/** The launcher's rule (shim/launcher/run.c, shim/start/main.c) for a container that was made without --engine. */
function chooseEngine(kernel: string, filters: boolean): EngineChoice {
  const wish = setting("LPMX_ENGINE");
  if (wish === "preload") return { name: "preload", usable: true, why: "LPMX_ENGINE says so" };
  if (wish === "trap") {
    const why = filters ? "" : ", but there are no seccomp filters here";
    return { name: "trap", usable: filters, why: `LPMX_ENGINE says so${why}` };
  }
  return filters ? { name: "trap", usable: true, why: `Linux ${kernel} has seccomp filters` } : {
    name: "preload",
    usable: true,
    why: "the kernel has no seccomp filters, or they are forbidden here",
  };
}

/** Everything that `lpmx info` shows. */
export function machineInfo() {
  const facts = machineFacts();
  return {
    settings: settings(),
    engine: chooseEngine(facts.kernel, facts.seccompFilters),
    machine: facts,
  };
}

/** The parts that are not written in deno.json. */
export function buildParts(): { abi: number; engine: string; deno: string; v8: string } {
  return { abi: LPMX_ABI, ...runtimeParts() };
}
