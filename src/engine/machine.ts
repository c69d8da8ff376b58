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
  name: "trap";
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
    log: variable("LPMX_LOG", ""),
    launcher: {
      value: launcherPath() ?? "",
      origin: launcherPath() ? "running program" : "not started by it",
    },
  };
}

function atLeast(release: string, major: number, minor: number): boolean {
  const [x = 0, y = 0] = release.split(/[.-]/).map(Number);
  return x > major || (x === major && y >= minor);
}

function chooseEngine(kernel: string, actions: string | undefined): EngineChoice {
  if (!atLeast(kernel, 3, 5)) {
    return {
      name: "trap",
      usable: false,
      why: `Linux ${kernel} lacks seccomp filters (3.5 has them)`,
    };
  }
  if (actions !== undefined && !actions.split(" ").includes("trap")) {
    return { name: "trap", usable: false, why: "this kernel's seccomp lacks the action trap" };
  }
  return { name: "trap", usable: true, why: `Linux ${kernel} has seccomp filters that trap` };
}

/** Everything that `lpmx info` shows. */
export function machineInfo() {
  const facts = machineFacts();
  return {
    settings: settings(),
    engine: chooseEngine(facts.kernel, facts.seccompActions),
    machine: facts,
  };
}

/** The parts that are not written in deno.json. */
export function buildParts(): { abi: number; engine: string; deno: string; v8: string } {
  return { abi: LPMX_ABI, ...runtimeParts() };
}
