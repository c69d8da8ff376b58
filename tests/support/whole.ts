// Checks over a whole run: no layer and no host file that a test tried to change is different afterwards, and nothing is left
// running or half made. Used by run.ts, which takes the hashes before the cases and asks again after them.
import { environment, type Machine, sharedStore } from "./machine.ts";
import { must, run } from "./process.ts";
import type { Test } from "./run.ts";

/** Host files outside mounts that cases try to change, beside {{host}}. */
const HOST_FILES = ["/etc/motd", "/etc/passwd", "/etc/group", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf"];

export interface Hashes {
  layers: Map<string, string>;
  host: string;
}

export async function hashTrees(machine: Machine): Promise<Hashes> {
  const layers = await layerFolders(machine);
  if (layers.length === 0) throw new Error("Cannot hash the layers: the store has none");
  return { layers: await hashes(machine, layers), host: await hostHash(machine) };
}

async function hashes(machine: Machine, folders: string[]): Promise<Map<string, string>> {
  const lines = (await must(["python3", `${machine.source}/tests/support/tree_hash.py`, ...folders])).trim().split("\n");
  return new Map(lines.map((line) => [line.slice(65), line.slice(0, 64)]));
}

async function layerFolders(machine: Machine): Promise<string[]> {
  const folder = `${sharedStore(machine)}/layers/sha256`;
  return [...Deno.readDirSync(folder)].map((entry) => `${folder}/${entry.name}/fs`).filter(isFolder);
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

async function hostHash(machine: Machine): Promise<string> {
  const tree = (await hashes(machine, [`${machine.work}/host`])).get(`${machine.work}/host`);
  const files = await run(["sh", "-c", 'for file; do stat -c "%n %a %u %s %Y" "$file"; sha256sum <"$file"; done', "sh", ...HOST_FILES]);
  return tree + files.stdout;
}

export function wholeChecks(machine: Machine, before: Hashes): Test[] {
  const check = (name: string, run: () => Promise<string[]>): Test => ({ name: `whole:${name}`, needs: [], serial: true, run });
  return [
    check("no layer changed", async () => {
      const after = await hashes(machine, [...before.layers.keys()].filter(isFolder));
      return [...before.layers].filter(([folder, hash]) => after.get(folder) !== hash).map(([folder]) => `changed: ${folder}`);
    }),
    check("no host file outside mounts changed", async () =>
      await hostHash(machine) === before.host ? [] : [`${machine.work}/host or one of ${HOST_FILES.join(" ")} changed`]),
    check("no process is left", () => Promise.resolve(leftProcesses(machine))),
    check("no container of a --rm run is left", async () => {
      // A launcher that was killed leaves its container to the next one that is made to stay.
      const options = { env: environment(machine, sharedStore(machine)), clearEnv: true };
      const id = await must([`${machine.work}/bin/lpmx`, "create", "busybox"], options);
      await must([`${machine.work}/bin/lpmx`, "rm", id.trim()], options);
      const folder = `${sharedStore(machine)}/containers`;
      const names = isFolder(folder) ? [...Deno.readDirSync(folder)].map((entry) => entry.name) : [];
      return names.length === 0 ? [] : [`left in ${folder}: ${names.join(" ")}`];
    }),
  ];
}

/** Processes of this run that are still there, by their command line: from /proc, as ps(1) is not everywhere. */
function leftProcesses(machine: Machine): string[] {
  const left: string[] = [];
  for (const entry of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(entry.name)) continue;
    try {
      const line = Deno.readTextFileSync(`/proc/${entry.name}/cmdline`).replaceAll("\0", " ").trim();
      const program = Deno.readLinkSync(`/proc/${entry.name}/exe`);
      if (program.startsWith(machine.work) && !program.endsWith("/deno")) left.push(`${entry.name}: ${program}: ${line}`);
    } catch {
      // It ended meanwhile, or belongs to somebody else.
    }
  }
  return left;
}
