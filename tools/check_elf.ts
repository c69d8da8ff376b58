// Refuses native pieces that could not work inside a foreign process. Usage: check_elf.ts FOLDER (a bundles/<target>).
// Run by ./dev after each native build. Reads ELF by hand (elf(5)): no binutils is needed on a fresh machine.
// lpmx-start and the launcher: ET_EXEC with all executable text in the 1 MiB window at their fixed address (an ABI between releases), no
// interpreter. lpmx-start: no dynamic section. It and every .so: no TLS segment, no DT_NEEDED, no undefined symbol.

const WINDOW = 0x7e9000000000n;
const WINDOW_SIZE = 0x100000n;
const PT = { LOAD: 1, DYNAMIC: 2, INTERP: 3, TLS: 7 };
const SHT_SYMTAB = 2;
const ET_EXEC = 2;
const PF_X = 1;

interface Segment {
  type: number;
  flags: number;
  offset: number;
  address: bigint;
  size: number;
  memory: bigint;
}

function segments(view: DataView): Segment[] {
  const table = Number(view.getBigUint64(32, true));
  return Array.from({ length: view.getUint16(56, true) }, (_, i) => {
    const at = table + i * view.getUint16(54, true);
    return {
      type: view.getUint32(at, true),
      flags: view.getUint32(at + 4, true),
      offset: Number(view.getBigUint64(at + 8, true)),
      address: view.getBigUint64(at + 16, true),
      size: Number(view.getBigUint64(at + 32, true)),
      memory: view.getBigUint64(at + 40, true),
    };
  });
}

function undefinedSymbols(view: DataView, bytes: Uint8Array): string[] {
  const table = Number(view.getBigUint64(40, true));
  const section = (i: number) => table + i * view.getUint16(58, true);
  const names: string[] = [];
  for (let i = 0; i < view.getUint16(60, true); i++) {
    const at = section(i);
    if (view.getUint32(at + 4, true) !== SHT_SYMTAB) continue;
    const start = Number(view.getBigUint64(at + 24, true));
    const size = Number(view.getBigUint64(at + 32, true));
    const strings = Number(view.getBigUint64(section(view.getUint32(at + 40, true)) + 24, true));
    for (let symbol = start + 24; symbol < start + size; symbol += 24) {
      if (view.getUint16(symbol + 6, true) !== 0) continue;
      const name = strings + view.getUint32(symbol, true);
      names.push(new TextDecoder().decode(bytes.subarray(name, bytes.indexOf(0, name))));
    }
  }
  return names;
}

function needsLibrary(view: DataView, dynamic: Segment): boolean {
  for (let at = dynamic.offset; at < dynamic.offset + dynamic.size; at += 16) {
    if (view.getBigUint64(at, true) === 1n) return true;
  }
  return false;
}

function misplaced(view: DataView, all: Segment[]): string[] {
  const found: string[] = [];
  if (view.getUint16(16, true) !== ET_EXEC) found.push("it is not ET_EXEC");
  if (all.some((segment) => segment.type === PT.INTERP)) found.push("it wants an interpreter");
  const loads = all.filter((segment) => segment.type === PT.LOAD);
  if (loads[0]?.address !== WINDOW) found.push("its first segment is elsewhere");
  const outside = loads.some((segment) =>
    (segment.flags & PF_X) !== 0 && segment.address + segment.memory > WINDOW + WINDOW_SIZE
  );
  if (outside) found.push("its text leaves the 1 MiB window");
  return found;
}

function faults(bytes: Uint8Array, name: string): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const all = segments(view);
  if (name === "launcher") return misplaced(view, all);
  const dynamic = all.find((segment) => segment.type === PT.DYNAMIC);
  const found: string[] = [];
  if (all.some((segment) => segment.type === PT.TLS)) found.push("it has thread-local storage");
  if (dynamic && needsLibrary(view, dynamic)) found.push("it needs another library");
  const missing = undefinedSymbols(view, bytes);
  if (missing.length > 0) found.push(`undefined symbols: ${missing.join(", ")}`);
  if (name !== "lpmx-start") return found;
  if (dynamic) found.push("it has a dynamic section");
  return [...found, ...misplaced(view, all)];
}

const folder = Deno.args[0] ?? ".";
let bad = false;
for (const entry of Deno.readDirSync(folder)) {
  if (entry.name !== "lpmx-start" && entry.name !== "launcher" && !entry.name.endsWith(".so")) {
    continue;
  }
  for (const fault of faults(Deno.readFileSync(`${folder}/${entry.name}`), entry.name)) {
    console.error(`check_elf: ${entry.name}: ${fault}`);
    bad = true;
  }
}
if (bad) Deno.exit(1);
