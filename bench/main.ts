// `./dev bench [NAME…] [--rounds=N] [--json]`, 3 rounds unless told otherwise: measures lpmx against native and against its
// peers, in the same run, and prints ratios. Exit codes: 0, 1 when it cannot measure or a lane of lpmx or native fails, 2 for a usage error.
import { must } from "../tests/support/process.ts";
import { type Bench, BENCHES, loadImages } from "./benches.ts";
import { cleanUp, type Machine, prepare, userOptions } from "./machine.ts";
import { measure } from "./measure.ts";
import { render, type Report } from "./report.ts";
import { findPeers, lpmxSide, nativeSide, probe } from "./sides.ts";

interface Options {
  benches: Bench[];
  rounds: number;
  json: boolean;
}

function parse(args: string[]): Options {
  const options: Options = { benches: [], rounds: 3, json: false };
  for (const arg of args) {
    const rounds = /^--rounds=([1-9]\d{0,3})$/.exec(arg);
    const bench = BENCHES.find((one) => one.name === arg);
    if (rounds) options.rounds = Number(rounds[1]);
    else if (arg === "--json") options.json = true;
    else if (arg === "all") options.benches = BENCHES;
    else if (bench) options.benches.push(bench);
    else {
      const names = BENCHES.map((one) => one.name).join(" ");
      console.error(`bench: unknown argument "${arg}"; use any of: ${names} all --rounds=N --json`);
      Deno.exit(2);
    }
  }
  if (options.benches.length === 0) options.benches = BENCHES.filter((bench) => !bench.extra);
  return options;
}

async function describeMachine() {
  const info = await Deno.readTextFile("/proc/cpuinfo");
  const system = await Deno.readTextFile("/etc/os-release").catch(() => "");
  return {
    cpu: /^model name\s*:\s*(.*)$/m.exec(info)?.[1] ?? "unknown CPU",
    cores: navigator.hardwareConcurrency,
    kernel: Deno.osRelease(),
    system: /^PRETTY_NAME="?([^"\n]*)/m.exec(system)?.[1] ?? "unknown system",
    load: Deno.loadavg(),
  };
}

/** Measures the benches one after the other. Throws an Error of one line if native or lpmx does not start at all. */
async function measureAll(machine: Machine, options: Options): Promise<Report> {
  const started = performance.now();
  await loadImages(machine, options.benches);
  const own = [nativeSide(machine), lpmxSide(machine), lpmxSide(machine, "preload")];
  for (const side of own) {
    const reason = await probe(machine, side);
    if (reason !== null) throw new Error(`${side.name} (${side.how}) does not start: ${reason}`);
  }
  const { sides, peers } = await findPeers(machine);
  const benches = [];
  for (const bench of options.benches) {
    const lanes = await bench.lanes(machine, [...own, ...sides]);
    const tell = (round: number) =>
      console.error(`bench: ${bench.name}, round ${round} of ${options.rounds}`);
    benches.push({
      name: bench.name,
      title: bench.title,
      ...await measure(lanes, options.rounds, tell),
    });
  }
  return {
    date: new Date().toISOString().slice(0, 16).replace("T", " "),
    machine: await describeMachine(),
    lpmx: (await must([...machine.asUser, machine.lpmx, "version"], userOptions(machine))).split(
      "\n",
    )[0]!,
    native: own[0]!.how,
    rounds: options.rounds,
    seconds: (performance.now() - started) / 1000,
    peers,
    benches,
  };
}

/** What is interrupted leaves nothing behind either. */
function stopCleanly(machine: Machine) {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, async () => {
      await cleanUp(machine);
      Deno.exit(130);
    });
  }
}

async function main(args: string[]): Promise<number> {
  const options = parse(args);
  let machine: Machine | undefined;
  try {
    machine = await prepare([
      ...new Set(["debian12", ...options.benches.flatMap((bench) => bench.images)]),
    ]);
    stopCleanly(machine);
    const report = await measureAll(machine, options);
    console.log(options.json ? JSON.stringify(report, null, 2) : render(report));
    const failed = report.benches.flatMap((bench) => Object.keys(bench.failed));
    return failed.some((column) => /^(lpmx|native)/.test(column)) ? 1 : 0;
  } catch (error) {
    console.error(`bench: ${(error as Error).message}`);
    return 1;
  } finally {
    if (machine) await cleanUp(machine);
  }
}

Deno.exit(await main(Deno.args));
