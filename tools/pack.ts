/* Makes dist/lpmx, the one file: the launcher, then the compressed pieces, their table and the footer (contract.h, "Payload").
 *
 *     deno run -A tools/pack.ts [--release] [--output FILE]
 *
 * Takes the native pieces from bundles/x86_64, the engine's C library from .toolchain/rt, denort from DENORT_BIN or
 * .toolchain/denort. The same inputs give the same bytes: pieces are sorted, and no time or path goes in. Compressed pieces are
 * kept by hash in ${XDG_CACHE_HOME:-~/.cache}/lpmx-dev/pack, since most do not change from build to build; --release uses
 * the strongest level (minutes), otherwise a quick one.
 */
import { createHash } from "node:crypto";
import zlib from "node:zlib";
import {
  LPMX_ABI,
  LPMX_CODEC_RAW,
  LPMX_CODEC_ZSTD,
  LPMX_ENGINE_DENO,
  LPMX_ENGINE_DENORT,
  LPMX_MAGIC_PAYLOAD,
  lpmx_payload,
  lpmx_piece,
  LPMX_PIECE_ENGINE,
  LPMX_PIECE_EXEC,
  LPMX_PIECE_NATIVE,
} from "../src/runtime/contract.ts";
import { type Engine, makeEngine } from "./bundle.ts";

/** A file that goes into the payload. */
export interface Piece {
  name: string;
  bytes: Uint8Array;
  mode: number;
  flags: number;
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();
const align = (at: number) => Math.ceil(at / 16) * 16;

function putText(into: Uint8Array, at: number, text: string, room: number): void {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length >= room) throw new Error(`"${text}" is longer than ${room - 1} bytes`);
  into.set(bytes, at);
}

/** The bytes of the one file. `compress` gives the packed bytes, or undefined to store a piece as it is. */
export function assemble(
  launcher: Uint8Array,
  pieces: Piece[],
  engine: number,
  version: string,
  compress: (piece: Piece) => Uint8Array | undefined,
): Uint8Array {
  const sorted = pieces.toSorted((x, y) => x.name < y.name ? -1 : 1);
  const table = new Uint8Array(sorted.length * lpmx_piece.size);
  const view = new DataView(table.buffer);
  const parts: [number, Uint8Array][] = [[0, launcher]];
  let end = align(launcher.length);
  for (const [n, piece] of sorted.entries()) {
    const packed = compress(piece);
    const stored = packed ?? piece.bytes;
    const at = n * lpmx_piece.size;
    const { fields } = lpmx_piece;
    putText(table, at + fields.name[1], piece.name, fields.name[2]);
    view.setBigUint64(at + fields.offset[1], BigInt(end), true);
    view.setBigUint64(at + fields.packed[1], BigInt(stored.length), true);
    view.setBigUint64(at + fields.size[1], BigInt(piece.bytes.length), true);
    view.setUint32(at + fields.mode[1], piece.mode, true);
    view.setUint32(at + fields.codec[1], packed ? LPMX_CODEC_ZSTD : LPMX_CODEC_RAW, true);
    view.setUint32(at + fields.flags[1], piece.flags, true);
    table.set(sha256(piece.bytes), at + fields.sha256[1]);
    parts.push([end, stored]);
    end = align(end + stored.length);
  }
  parts.push([end, table], [end + table.length, footer(table, end, engine, version)]);
  const file = new Uint8Array(end + table.length + lpmx_payload.size);
  for (const [at, bytes] of parts) file.set(bytes, at);
  return file;
}

function footer(table: Uint8Array, at: number, engine: number, version: string): Uint8Array {
  const bytes = new Uint8Array(lpmx_payload.size);
  const view = new DataView(bytes.buffer);
  const { fields } = lpmx_payload;
  putText(bytes, fields.magic[1], LPMX_MAGIC_PAYLOAD, fields.magic[2]);
  view.setUint32(fields.abi[1], LPMX_ABI, true);
  view.setUint32(fields.count[1], table.length / lpmx_piece.size, true);
  view.setBigUint64(fields.pieces[1], BigInt(at), true);
  view.setUint32(fields.engine[1], engine, true);
  putText(bytes, fields.version[1], version, fields.version[2]);
  bytes.set(sha256(table), fields.hash[1]);
  return bytes;
}

/** Compresses by zstd, at most once for each content and level on this machine. */
function cachedZstd(release: boolean): (piece: Piece) => Uint8Array {
  const { constants: z } = zlib;
  const params: Record<number, number> = release
    ? {
      [z.ZSTD_c_compressionLevel]: 19,
      [z.ZSTD_c_windowLog]: 27,
      [z.ZSTD_c_enableLongDistanceMatching]: 1,
    }
    : { [z.ZSTD_c_compressionLevel]: 3 };
  const home = Deno.env.get("XDG_CACHE_HOME") || `${Deno.env.get("HOME") || "/tmp"}/.cache`;
  const folder = `${home}/lpmx-dev/pack`;
  Deno.mkdirSync(folder, { recursive: true });
  return ({ bytes }) => {
    const path = `${folder}/${sha256(bytes).toString("hex")}.${release ? "best" : "quick"}.zst`;
    try {
      return Deno.readFileSync(path);
    } catch {
      const packed = zlib.zstdCompressSync(bytes, { params });
      if (!zlib.zstdDecompressSync(packed).equals(bytes)) {
        throw new Error("zstd does not give back what it got");
      }
      const temp = `${path}.${Deno.pid}`;
      Deno.writeFileSync(temp, packed);
      Deno.renameSync(temp, path);
      return packed;
    }
  };
}

function enginePieces(engine: Engine): Piece[] {
  const program = (name: string, path: string): Piece => ({
    name,
    bytes: Deno.readFileSync(path),
    mode: 0o755,
    flags: LPMX_PIECE_ENGINE | LPMX_PIECE_EXEC,
  });
  if (engine.kind === "denort") return [program("engine", engine.program)];
  const script = {
    name: "engine.js",
    bytes: Deno.readFileSync(engine.bundle),
    mode: 0o644,
    flags: LPMX_PIECE_ENGINE,
  };
  return [program("deno", engine.deno), script];
}

function collect(root: string, engine: Engine): Piece[] {
  const native = ["lpmx-start"].map((name): Piece => ({
    name,
    bytes: Deno.readFileSync(`${root}/bundles/x86_64/${name}`),
    mode: 0o755,
    flags: LPMX_PIECE_NATIVE,
  }));
  const libraries = [...Deno.readDirSync(`${root}/.toolchain/rt`)].map(({ name }): Piece => ({
    name: `rt/${name}`,
    bytes: Deno.readFileSync(`${root}/.toolchain/rt/${name}`),
    mode: 0o755,
    flags: LPMX_PIECE_ENGINE,
  }));
  const poly = {
    name: "rt/libpoly.so",
    bytes: Deno.readFileSync(`${root}/bundles/x86_64/libpoly.so`),
    mode: 0o755,
    flags: LPMX_PIECE_ENGINE,
  };
  return [...native, ...libraries, poly, ...enginePieces(engine)];
}

function denortPath(root: string): string | undefined {
  const candidates = [Deno.env.get("DENORT_BIN"), `${root}/.toolchain/denort`];
  return candidates.find((path) => {
    try {
      return path && Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
}

async function main(): Promise<void> {
  const root = new URL("..", import.meta.url).pathname.replace(/\/$/, "");
  const release = Deno.args.includes("--release");
  const at = Deno.args.indexOf("--output");
  const output = at < 0 ? `${root}/dist/lpmx` : Deno.args[at + 1]!;
  const { version } = JSON.parse(Deno.readTextFileSync(`${root}/deno.json`)) as { version: string };
  const folder = Deno.makeTempDirSync({ prefix: "lpmx-pack-" });
  try {
    const engine = await makeEngine(root, folder, denortPath(root), version);
    if (engine.kind === "deno") console.error(`pack: plain deno as the engine: ${engine.why}`);
    const kind = engine.kind === "denort" ? LPMX_ENGINE_DENORT : LPMX_ENGINE_DENO;
    const launcher = Deno.readFileSync(`${root}/bundles/x86_64/launcher`);
    const file = assemble(launcher, collect(root, engine), kind, version, cachedZstd(release));
    Deno.mkdirSync(output.replace(/[^/]*$/, "") || ".", { recursive: true });
    const part = `${output}.part.${Deno.pid}`; // two builds may run at once
    Deno.writeFileSync(part, file, { mode: 0o755 });
    Deno.chmodSync(part, 0o755);
    Deno.renameSync(part, output);
    const megabytes = (file.length / 1e6).toFixed(1);
    console.error(`pack: ${output}: ${megabytes} MB, engine by ${engine.kind}, version ${version}`);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

if (import.meta.main) await main();
