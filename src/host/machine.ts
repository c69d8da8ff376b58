/* Facts about this machine that decide what lpmx can do on it.
 */
import { readFileIfAny, readTextIfAny } from "./fs.ts";
import { machinePlatform } from "./env.ts";
import { hasSeccompFilters } from "./libc.ts";

/** Facts; undefined where the machine does not say. */
export interface MachineFacts {
  hostname: string;
  platform: string;
  kernel: string;
  /** Actions of seccomp filters; the kernel tells them since 4.14. */
  seccompActions: string | undefined;
  /** The kernel has seccomp filters, and we may install one. */
  seccompFilters: boolean;
  /** Mode of seccomp that we are under already: 0 none, 2 filter. */
  seccompMode: string | undefined;
  /** "glibc 2.36", "musl", … of the machine itself, not of the engine. */
  libc: string | undefined;
  /** Version of NVIDIA's kernel module, which libraries of its driver have to have, too. */
  nvidiaModule: string | undefined;
  userNamespaces: string | undefined;
  limits: Record<string, string>;
}

const libcPaths = [
  "/lib64/libc.so.6",
  "/lib/x86_64-linux-gnu/libc.so.6",
  "/usr/lib64/libc.so.6",
  "/usr/lib/libc.so.6",
  "/lib/aarch64-linux-gnu/libc.so.6",
];

function hostLibc(): string | undefined {
  for (const path of libcPaths) {
    const bytes = readFileIfAny(path);
    const found = bytes &&
      /GNU C Library [^\n]*?version (\d+\.\d+)/.exec(new TextDecoder("latin1").decode(bytes));
    if (found) return `glibc ${found[1]}`;
  }
  return readFileIfAny("/lib/ld-musl-x86_64.so.1") ? "musl" : undefined;
}

function limits(): Record<string, string> {
  const wanted = new Map([
    ["Max address space", "addressSpace"],
    ["Max open files", "openFiles"],
    ["Max processes", "processes"],
    ["Max stack size", "stack"],
  ]);
  const rows = (readTextIfAny("/proc/self/limits") ?? "").split("\n").flatMap(
    (line): [string, string][] => {
      const [, name = "", soft = "", hard = ""] = /^(.*?) {2,}(\S+) +(\S+)/.exec(line) ?? [];
      const key = wanted.get(name);
      return key ? [[key, `${soft} (hard ${hard})`]] : [];
    },
  );
  return Object.fromEntries(rows);
}

/** Looks at the machine. */
export function machineFacts(): MachineFacts {
  const { os, architecture } = machinePlatform();
  const line = (path: string) => readTextIfAny(path)?.trim();
  return {
    hostname: Deno.hostname(),
    platform: `${os}/${architecture}`,
    kernel: Deno.osRelease(),
    seccompActions: line("/proc/sys/kernel/seccomp/actions_avail"),
    seccompFilters: hasSeccompFilters(),
    seccompMode: /^Seccomp:\s*(\d)/m.exec(line("/proc/self/status") ?? "")?.[1],
    libc: hostLibc(),
    nvidiaModule: /\s(\d+\.[\d.]+)\s/.exec(line("/proc/driver/nvidia/version") ?? "")?.[1],
    userNamespaces: line("/proc/sys/user/max_user_namespaces"),
    limits: limits(),
  };
}
