// Benches of calls between containers and the host: an exposed command against fork + exec, a program of another container or of the host against
// the same program of one's own. Used by benches.ts. One container of debian12 is the target of all.
import { must } from "../tests/support/process.ts";
import type { Bench } from "./benches.ts";
import { type Machine, userOptions } from "./machine.ts";
import type { Lane } from "./measure.ts";
import type { Side } from "./sides.ts";

const TOOLS = 'i=0; while [ $i -lt 250 ]; do "$0"; "$1"; "$2"; "$3"; i=$((i+1)); done';

/** "NAME NUMBER" lines of cost as rows of these names. */
function rowsOf(text: string, names: Record<string, string>): Record<string, number> {
  const found = Object.fromEntries(
    text.trim().split("\n").map((line) => line.split(" ") as [string, string]),
  );
  return Object.fromEntries(
    Object.entries(names).map(([from, shown]) => [shown, Number(found[from])]),
  );
}

async function crossings(machine: Machine, sides: Side[]): Promise<Lane[]> {
  const user = (argv: string[]) => must([...machine.asUser, ...argv], userOptions(machine));
  const image = machine.images["debian12"]!;
  const target = (await user([machine.lpmx, "create", image.name, "true"])).trim();
  const exposed =
    (await user([machine.lpmx, "expose", "--force", "--name", "bench-true", target, "/bin/true"]))
      .trim();
  const maps = ["a", "b", "c", "d"].map((name) => `/opt/${name}/true`);
  const volume = ["-v", `${machine.programs}:/mnt:ro`];
  const inside = (
    flags: string[],
    argv: string[],
  ) => [machine.lpmx, "run", "--rm", ...volume, ...flags, image.name, ...argv];
  const toOther = maps.flatMap((path) => ["-m", `${target}:/bin/true=${path}`]);
  const native = sides.find((side) => side.name === "native")!;
  const row = (argv: string[], names: Record<string, string>, asUser = true) => async () =>
    rowsOf(asUser ? await user(argv) : await must(argv, userOptions(machine)), names);
  const both = (name: string) => ({ cpu: `${name}: user + sys CPU`, wall: `${name}: wall` });
  const host = both("command on the host"),
    call = both("call inside"),
    loop = { total: "1,000 tools from sh: wall" };
  const shell = (paths: string[]) => ["/mnt/cost", "1", "/bin/sh", "-c", TOOLS, ...paths];
  const join = (...parts: (() => Promise<Record<string, number>>)[]) => async () => {
    let all: Record<string, number> = {};
    for (const part of parts) all = { ...all, ...await part() };
    return all;
  };
  const four = Array<string>(4).fill("/bin/true");
  return [
    {
      column: "native",
      against: "native",
      sample: join(
        row([`${machine.programs}/cost`, "100", "/bin/true"], host),
        row(native.command(image, [`${native.tools}/cost`, "100", "/bin/true"], true), call, false),
        row(
          native.command(
            image,
            [`${native.tools}/cost`, "1", "/bin/sh", "-c", TOOLS, ...four],
            true,
          ),
          loop,
          false,
        ),
      ),
    },
    {
      column: "lpmx, own container",
      against: "native",
      sample: join(
        row(inside([], ["/mnt/cost", "100", "/bin/true"]), call),
        row(inside([], shell(four)), loop),
      ),
    },
    {
      column: "lpmx, another container",
      against: "native",
      sample: join(
        row([`${machine.programs}/cost`, "100", exposed], host),
        row(inside(toOther, ["/mnt/cost", "100", maps[0]!]), call),
        row(inside(toOther, shell(maps)), loop),
      ),
    },
    {
      column: "lpmx, the host's program",
      against: "native",
      sample: row(inside(["-m", "/bin/true=/opt/true"], ["/mnt/cost", "100", "/opt/true"]), call),
    },
  ];
}

export const CROSSINGS: Bench = {
  name: "crossings",
  title:
    "calls between containers and the host: /bin/true as an exposed command, by a map, and of one's own",
  images: ["debian12"],
  lanes: crossings,
};
