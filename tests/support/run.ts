// The runner: unit tests, native tests, probes and cases, or those whose name starts with one of the arguments. Started by
// tests/run.sh as an ordinary user; ends with "N passed, N failed, N skipped" and a status of 1 when anything failed.
// Names: unit:<file>, native:<program>, fault:<fault>, probe:<program>, spec:<area>/<case>, whole:<check over the whole run>; cases and probes again
// as preload:<area>/<case> and preload:<program>, contained by the preload engine (engines.ts).
import { findCases } from "./case.ts";
import { underPreload } from "./engines.ts";
import { runCase, loadImages, type Variables } from "./execute.ts";
import { environment, type Machine, machineFromEnvironment, schedulerVariables, sharedStore } from "./machine.ts";
import { faultTests, nativeTests, probes, unitTests } from "./programs.ts";
import { type Servers, startServers } from "./servers.ts";
import { hashTrees, wholeChecks } from "./whole.ts";

/** One thing to run; an unmet need becomes a skip, with the reason shown. */
export interface Test {
  name: string;
  needs: string[];
  serial: boolean;
  run(): Promise<string[]>;
}

const WORKERS = 2;
const tally = { passed: 0, failed: 0, skipped: 0 };
const failures: string[] = [];

function wanted(name: string, filters: string[]): boolean {
  const bare = name.replace(/^\w+:/, "");
  return filters.length === 0 || filters.some((filter) => name.startsWith(filter) || bare.startsWith(filter));
}

function report(name: string, faults: string[], seconds: number) {
  const failed = faults.length > 0;
  tally[failed ? "failed" : "passed"]++;
  console.log(`${failed ? "FAILED" : "ok"} ${name} (${seconds.toFixed(1)} s)`);
  for (const fault of faults) console.log(fault.replace(/^/gm, "  "));
  if (failed) failures.push(name);
}

function skip(name: string, reason: string, machine: Machine) {
  if (machine.strict) return report(name, [`unexpected skip: ${reason}`], 0);
  tally.skipped++;
  console.log(`skipped ${name}: ${reason}`);
}

async function runOne(test: Test, machine: Machine) {
  const missing = test.needs.filter((need) => !machine.offers.has(need));
  if (missing.length > 0) return skip(test.name, `this machine has no ${missing.join(", ")}`, machine);
  const started = performance.now();
  const faults = await test.run().catch((error) => [String(error?.stack ?? error)]);
  report(test.name, faults, (performance.now() - started) / 1000);
}

/** Two at a time, as the smallest machine has two cores; what asks for it runs alone afterwards. */
async function runAll(tests: Test[], machine: Machine) {
  const queue = tests.filter((test) => !test.serial);
  const worker = async () => {
    for (let test = queue.shift(); test; test = queue.shift()) await runOne(test, machine);
  };
  await Promise.all(Array.from({ length: WORKERS }, worker));
  for (const test of tests.filter((test) => test.serial)) await runOne(test, machine);
}

const cases = (machine: Machine) =>
  findCases(`${machine.source}/tests/specs`, machine.long);

function specs(machine: Machine, variables: Variables): Test[] {
  return cases(machine).map((found) => ({
    name: `spec:${found.name}`,
    needs: ["images", ...(found.test.needs ?? [])],
    serial: found.test.serial ?? false,
    run: () => runCase(found, machine, variables),
  }));
}

/** Loads the images that all share, and those of program cases where one of these is to run. */
async function prepare(machine: Machine, filters: string[]): Promise<Servers> {
  const started = performance.now();
  const chosen = cases(machine).filter((found) => wanted(`spec:${found.name}`, filters));
  const programs = chosen.flatMap((found) => found.test.program?.images ?? []);
  const images = new Set([...Object.keys(machine.list.images), ...programs]);
  const fault = await loadImages([...images], machine, environment(machine, sharedStore(machine)));
  report("whole:load every image", fault ? [fault] : [], (performance.now() - started) / 1000);
  return await startServers(`${machine.list.registry}/storage`, `${machine.work}/servers`);
}

async function main(filters: string[]): Promise<number> {
  const machine = machineFromEnvironment();
  const variables: Variables = {
    archives: machine.list.archives,
    tree_images: machine.list.treeImages,
    work: machine.work,
    host: `${machine.work}/host`,
    tools: `${machine.work}/bin`,
    cache: `${machine.work}/cache`,
    docs: `${machine.source}/docs`,
    ...schedulerVariables(machine),
  };
  for (const [name, folder] of Object.entries({ ...machine.list.images, ...machine.list.own })) {
    variables[`tree_${name.replaceAll("-", "_")}`] = `${folder}/rootfs`;
  }
  const small = [...await unitTests(machine), ...nativeTests(machine)].filter((test) => wanted(test.name, filters));
  const contained = (on: Machine) => [...specs(on, variables), ...probes(on)];
  const again = underPreload(machine, contained({ ...machine, engine: "preload" }));
  const large = [...contained(machine), ...again].filter((test) => wanted(test.name, filters));
  await runAll(small, machine);
  if (large.length > 0 && machine.offers.has("images")) {
    const servers = await prepare(machine, filters);
    Object.assign(variables, servers.variables);
    const before = await hashTrees(machine);
    await runAll(large, machine);
    await runAll(wholeChecks(machine, before), machine);
    await servers.stop();
  } else {
    await runAll(large, machine);
  }
  await runAll(faultTests(machine).filter((test) => wanted(test.name, filters)), machine); // built and run beside the others
  if (failures.length > 0) console.log(`\nfailed: ${failures.join(" ")}`);
  console.log(`${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`);
  if (tally.passed + tally.failed === 0) console.log(`no test is named ${filters.join(" or ")}`);
  return tally.failed > 0 || tally.passed === 0 ? 1 : 0;
}

Deno.exit(await main(Deno.args));
