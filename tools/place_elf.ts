// Turns a static position-independent program into one at the fixed address of the text window (contract.h, LPMX_TEXT_BASE), in place.
// Usage: place_elf.ts FILE. Run by ./dev on the launcher: calls from the window are never trapped, so it runs as it is also below a
// contained program, where nothing else could. Zig's driver cannot link musl's start files there (docs/internals/build.md).
//
// What the start code of a static PIE (musl, rcrt1.c) would do at run time is done here: every R_X86_64_RELATIVE relocation is applied.
// The start code takes the address of PT_DYNAMIC minus its p_vaddr for the base; with moved headers that is 0, and with an empty
// DT_RELA nothing is left to do.

const BASE = 0x7e9000000000n;
const WINDOW_SIZE = 0x100000n;
const ET_EXEC = 2, ET_DYN = 3;
const PT_LOAD = 1, PT_DYNAMIC = 2, PT_GNU_STACK = 0x6474e551;
const DT = {
  NULL: 0n,
  RELA: 7n,
  RELASZ: 8n,
  RELSZ: 18n,
  RELRSZ: 35n,
  INIT: 12n,
  FINI: 13n,
  NEEDED: 1n,
};
const R_X86_64_RELATIVE = 8n;
const SEGMENT = 56;

class Refusal extends Error {}

interface Segment {
  at: number;
  type: number;
  offset: bigint;
  address: bigint;
  size: bigint;
}

function segments(view: DataView): Segment[] {
  const table = Number(view.getBigUint64(32, true));
  return Array.from({ length: view.getUint16(56, true) }, (_, i) => {
    const at = table + i * SEGMENT;
    return {
      at,
      type: view.getUint32(at, true),
      offset: view.getBigUint64(at + 8, true),
      address: view.getBigUint64(at + 16, true),
      size: view.getBigUint64(at + 32, true),
    };
  });
}

/** Offset in the file of what is loaded at `address`. */
function fileOffset(all: Segment[], address: bigint): number {
  const load = all.find((s) =>
    s.type === PT_LOAD && address >= s.address && address < s.address + s.size
  );
  if (!load) throw new Refusal(`nothing of the file is loaded at 0x${address.toString(16)}`);
  return Number(address - load.address + load.offset);
}

function applyRelocations(view: DataView, all: Segment[], rela: bigint, size: bigint): void {
  const start = fileOffset(all, rela);
  for (let at = start; at < start + Number(size); at += 24) {
    const place = fileOffset(all, view.getBigUint64(at, true));
    const type = view.getBigUint64(at + 8, true);
    if (type !== R_X86_64_RELATIVE) throw new Refusal(`a relocation of type ${type}`);
    view.setBigUint64(place, view.getBigUint64(at + 16, true) + BASE, true);
  }
}

function relocate(view: DataView, all: Segment[]): void {
  const dynamic = all.find((s) => s.type === PT_DYNAMIC);
  if (!dynamic) throw new Refusal("it has no dynamic section: it was not linked as a static PIE");
  let rela = 0n, size = 0n, sizeAt = 0;
  for (let at = Number(dynamic.offset); view.getBigUint64(at, true) !== DT.NULL; at += 16) {
    const tag = view.getBigUint64(at, true), value = view.getBigUint64(at + 8, true);
    if (tag === DT.NEEDED) throw new Refusal("it needs another library");
    if ((tag === DT.RELSZ || tag === DT.RELRSZ) && value !== 0n) {
      throw new Refusal("it has relocations of another kind");
    }
    if (tag === DT.RELA) rela = value;
    if (tag === DT.RELASZ) {
      size = value;
      sizeAt = at + 8;
    }
    if (tag === DT.RELA || tag === DT.INIT || tag === DT.FINI) {
      view.setBigUint64(at + 8, value + BASE, true);
    }
  }
  applyRelocations(view, all, rela, size);
  if (sizeAt) view.setBigUint64(sizeAt, 0n, true);
}

function moveHeaders(view: DataView, all: Segment[]): void {
  for (const segment of all) {
    if (segment.type === PT_GNU_STACK) continue;
    if (segment.type === PT_LOAD && segment.address + segment.size > WINDOW_SIZE) {
      throw new Refusal("it is larger than the window");
    }
    view.setBigUint64(segment.at + 16, segment.address + BASE, true);
    view.setBigUint64(segment.at + 24, segment.address + BASE, true);
  }
  view.setUint16(16, ET_EXEC, true);
  view.setBigUint64(24, view.getBigUint64(24, true) + BASE, true);
  view.setBigUint64(40, 0n, true); // the section headers would be wrong now
  view.setUint16(60, 0, true);
  view.setUint16(62, 0, true);
}

/** The program `file` (ELF, static PIE) moved to its fixed address; throws Refusal. */
function place(file: Uint8Array): void {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (view.getUint16(16, true) !== ET_DYN) throw new Refusal("it is not position-independent");
  const all = segments(view);
  relocate(view, all);
  moveHeaders(view, all);
}

const path = Deno.args[0];
if (Deno.args.length !== 1 || path === undefined) {
  console.error("usage: place_elf.ts FILE");
  Deno.exit(2);
}
const file = Deno.readFileSync(path);
const view = new DataView(file.buffer);
if (view.getUint16(16, true) === ET_EXEC && view.getBigUint64(24, true) >= BASE) Deno.exit(0); // done before
try {
  place(file);
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  console.error(`place_elf: ${path} cannot be moved to its address: ${error.message}`);
  Deno.exit(1);
}
Deno.writeFileSync(path, file);
