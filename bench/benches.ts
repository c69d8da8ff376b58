// What is measured: each bench makes lanes (measure.ts) of the sides that can take part. Used by main.ts.
// Starts are measured from outside, everything else by a program inside of the container, so that it is not measured
// together with starting the container.
import { CROSSINGS } from "./crossings.ts";
import { must, type Outcome, run } from "../tests/support/process.ts";
import { type Image, loadImage, type Machine, userOptions } from "./machine.ts";
import type { Lane } from "./measure.ts";
import type { Side } from "./sides.ts";
import { WORK } from "./work.ts";

export interface Bench {
  name: string;
  title: string;
  images: string[];
  /** Only when it is asked for, or with "all". */
  extra?: boolean;
  lanes(machine: Machine, sides: Side[]): Promise<Lane[]>;
}

const FILE = "/usr/share/zoneinfo/zone.tab";
const MISSING = "/usr/share/zoneinfo/none";
const FOLDER = "/usr/share";
/** Below the programs: as deep in a mount as FILE is in the image. */
const DEEP = "deep/er/file";
const LAYERS = { debian12: 1, bench3: 3, bench10: 10, bench30: 30 };
const SHELL_LOOP = "i=0; while [ $i -lt 1000 ]; do /bin/true; i=$((i+1)); done";
const JAVA =
  'public class Hello { public static void main(String[] a) { System.out.println("hello"); } }';

export const BENCHES: Bench[] = [
  {
    name: "start",
    title: "create + run /bin/true + destroy; native: fork + exec",
    images: ["debian12"],
    lanes: starts,
  },
  {
    name: "calls",
    title: "one system call, by layers of the image",
    images: Object.keys(LAYERS),
    lanes: calls,
  },
  { name: "execs", title: "1,000 execs of /bin/true inside", images: ["debian12"], lanes: execs },
  {
    name: "python",
    title: "python3 -c 'import numpy' inside",
    images: ["debian12-python"],
    lanes: python,
  },
  { name: "java", title: "java Hello inside", images: ["debian12-java"], lanes: java },
  CROSSINGS,
  ...WORK,
];

/** Lines of "NAME NUMBER", as cost and calls print them. */
function readSample(text: string): Record<string, number> {
  const sample: Record<string, number> = {};
  for (const line of text.trim().split("\n")) {
    const [name, value] = line.split(" ");
    sample[name!] = Number(value);
  }
  return sample;
}

/** Runs a command line that ends in cost or calls and returns the rows that are wanted, by the names to be shown. */
async function take(
  machine: Machine,
  argv: string[],
  rows?: Record<string, string>,
): Promise<Record<string, number>> {
  const outcome = await run(argv, userOptions(machine));
  if (outcome.code !== 0) throw new Error(reasonOf(outcome));
  const sample = readSample(outcome.stdout);
  if (!rows) return sample;
  return Object.fromEntries(Object.entries(rows).map(([from, shown]) => [shown, sample[from]!]));
}

/** The last thing that the program itself said: cost adds a line of its own. */
function reasonOf(outcome: Outcome): string {
  if (outcome.timedOut) return "took too long";
  const said = outcome.stderr.trim().split("\n").filter((line) =>
    line && !line.startsWith("cost: ")
  ).at(-1);
  return said || `exit code ${outcome.code}`;
}

function fits(side: Side, image: Image): boolean {
  return !side.images || side.images.includes(image.name);
}

function lane(side: Side, sample: Lane["sample"], column = side.name): Lane {
  return { column, against: "native", sample };
}

async function starts(machine: Machine, sides: Side[]): Promise<Lane[]> {
  const image = machine.images["debian12"]!;
  const rows = { cpu: "user + sys CPU", wall: "wall" };
  const lanes = sides.map((side) => {
    if (side.name === "native") {
      return lane(
        side,
        () =>
          take(machine, side.command(image, [`${side.tools}/cost`, "20", "/bin/true"], true), rows),
      );
    }
    const count = side.name === "podman" ? "3" : "20";
    const argv = [
      `${machine.programs}/cost`,
      count,
      ...side.command(image, ["/bin/true"], false).slice(machine.asUser.length),
    ];
    return lane(side, () => take(machine, [...machine.asUser, ...argv], rows));
  });
  const lpmx = (
    ...args: string[]
  ) => [...machine.asUser, `${machine.programs}/cost`, "20", machine.lpmx, ...args];
  await must([
    ...machine.asUser,
    machine.lpmx,
    "create",
    "--name",
    "bench",
    "debian12",
    "/bin/true",
  ], userOptions(machine));
  const own = (column: string, argv: string[]) => ({
    column,
    against: "native",
    sample: () => take(machine, argv, rows),
  });
  lanes.push(
    own("lpmx exec", lpmx("exec", "bench", "/bin/true")),
    own("lpmx host", lpmx("run", "--rm", "host", "/bin/true")),
  );
  return lanes;
}

/** Peers see the flattened tree, so they are measured at one layer only; natively each image is its own base. */
async function calls(machine: Machine, sides: Side[]): Promise<Lane[]> {
  await must([...machine.asUser, "mkdir", "-p", `${machine.programs}/deep/er`]);
  await Deno.writeTextFile(`${machine.programs}/${DEEP}`, "of the host\n");
  const lanes: Lane[] = [];
  for (const [name, layers] of Object.entries(LAYERS)) {
    const image = machine.images[name]!;
    const base = layers === 1 ? "native" : `native, ${layers} layers`;
    for (const side of sides) {
      if (layers > 1 && side.name !== "native" && side.name !== "lpmx") continue;
      if (!fits(side, image)) continue;
      const argv = side.command(image, [
        `${side.tools}/calls`,
        FILE,
        MISSING,
        FOLDER,
        `${side.tools}/${DEEP}`,
      ], true);
      const column = side.name === "native"
        ? base
        : layers === 1
        ? side.name
        : `${side.name}, ${layers} layers`;
      lanes.push({
        column,
        against: base,
        hidden: column === base && layers > 1,
        sample: () => take(machine, argv),
      });
    }
  }
  return lanes;
}

function execs(machine: Machine, sides: Side[]): Promise<Lane[]> {
  const image = machine.images["debian12"]!;
  return Promise.resolve(
    sides.filter((side) => fits(side, image)).map((side) => {
      const shell = side.command(
        image,
        [`${side.tools}/cost`, "1", "/bin/sh", "-c", SHELL_LOOP],
        true,
      );
      const direct = side.command(image, [`${side.tools}/cost`, "1000", "/bin/true"], true);
      return lane(side, async () => ({
        ...await take(machine, shell, { total: "sh loop" }),
        ...await take(machine, direct, { total: "vfork + exec in C" }),
      }));
    }),
  );
}

/** One program, started five times inside. */
function program(
  machine: Machine,
  sides: Side[],
  image: Image,
  argv: (side: Side) => string[],
): Lane[] {
  return sides.filter((side) => fits(side, image)).map((side) => {
    const command = side.command(image, [`${side.tools}/cost`, "5", ...argv(side)], true);
    return lane(side, () => take(machine, command, { wall: "wall" }));
  });
}

function python(machine: Machine, sides: Side[]): Promise<Lane[]> {
  const argv = () => ["/usr/bin/python3", "-c", "import numpy"];
  return Promise.resolve(program(machine, sides, machine.images["debian12-python"]!, argv));
}

/** Compiled by lpmx itself, into a folder of the host that is mounted. */
async function java(machine: Machine, sides: Side[]): Promise<Lane[]> {
  const image = machine.images["debian12-java"]!;
  await Deno.writeTextFile(`${machine.programs}/Hello.java`, JAVA);
  const javac = [
    "run",
    "--rm",
    "-v",
    `${machine.programs}:/mnt`,
    image.name,
    "javac",
    "-d",
    "/mnt",
    "/mnt/Hello.java",
  ];
  await must([...machine.asUser, machine.lpmx, ...javac], userOptions(machine));
  return program(machine, sides, image, (side) => ["/usr/bin/java", "-cp", side.tools, "Hello"]);
}

/** Loads into the store of this run what the benches need. */
export async function loadImages(machine: Machine, benches: Bench[]) {
  for (const name of new Set(["debian12", ...benches.flatMap((bench) => bench.images)])) {
    await loadImage(machine, machine.images[name]!);
  }
}
