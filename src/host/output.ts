/* What a command leaves at a place that the user names: a file, a folder or standard output. A file or folder appears whole, by
 * write-to-temp + rename, or not at all; what a killed command left beside it is removed by the next one that writes there.
 */
import { type ByteText, LpmxError } from "../base/mod.ts";
import { asIoError, listFolder, makeFolder, removeQuietly, syncFolder } from "./fs.ts";
import { fateOf, ownMark } from "./proc.ts";

type Pieces = Iterable<Uint8Array<ArrayBuffer>>;

/** A file of a folder that is to be made; `name` may lead through folders. */
export interface OutputFile {
  name: string | ByteText;
  pieces(): Pieces;
}

/** Writes standard output. Throws BrokenPipe, LpmxError("io" | "no-space"). */
export function writeOutPieces(pieces: Pieces): void {
  try {
    for (const piece of pieces) writeWhole(Deno.stdout, piece);
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) throw error;
    throw failure("standard output", error);
  }
}

/** Makes or replaces a file; what is there and no regular file (a pipe, a device) is written as it is. Throws LpmxError. */
export function writeOutput(path: string, pieces: Pieces): void {
  try {
    const there = infoOf(path);
    if (there?.isDirectory) throw new LpmxError("io", `Cannot write "${path}": it is a folder`);
    if (there && !there.isFile) return writeInto(Deno.openSync(path, { write: true }), pieces);
    // A link stays, and what it leads to is replaced.
    const target = there ? Deno.realPathSync(path) : path;
    const temp = newTemp(target);
    try {
      writeInto(Deno.openSync(temp, { write: true, createNew: true }), pieces, true);
      Deno.renameSync(temp, target);
    } finally {
      removeQuietly(temp);
    }
  } catch (error) {
    throw failure(`"${path}"`, error);
  }
}

/** Makes a folder with these files; an empty one may be there. Throws LpmxError. */
export function writeOutputFolder(path: string, files: Iterable<OutputFile>): void {
  try {
    const there = infoOf(path);
    if (there && (!there.isDirectory || listFolder(path).length > 0)) {
      throw new LpmxError("io", `Cannot write "${path}": something is there already`);
    }
    const temp = newTemp(path.replace(/(.)\/+$/, "$1"));
    try {
      makeFolder(temp);
      for (const { name, pieces } of files) {
        makeFolder(`${temp}/${name}`.replace(/\/[^/]*$/, ""));
        writeInto(
          Deno.openSync(`${temp}/${name}`, { write: true, createNew: true }),
          pieces(),
        );
      }
      syncFolder(temp);
      Deno.renameSync(temp, path);
    } finally {
      removeQuietly(temp);
    }
  } catch (error) {
    throw failure(`"${path}"`, error);
  }
}

function infoOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** A name beside the target that says who made it. Removes those of the dead. */
function newTemp(target: string): string {
  const [folder, name] = splitPath(target);
  const start = `.${name}.lpmx-`;
  for (const other of listFolder(folder)) {
    const left = other.startsWith(start) && fateOf(other.slice(start.length)) === "dead";
    if (left) removeQuietly(`${folder}/${other}`);
  }
  return `${folder}/${start}${ownMark()}`;
}

function splitPath(path: string): [folder: string, name: string] {
  const at = path.lastIndexOf("/");
  return at < 0 ? [".", path] : [path.slice(0, at) || "/", path.slice(at + 1)];
}

function writeInto(file: Deno.FsFile, pieces: Pieces, sync = false): void {
  try {
    for (const piece of pieces) writeWhole(file, piece);
    if (sync) file.syncSync();
  } finally {
    file.close();
  }
}

function writeWhole(file: Deno.FsFile | typeof Deno.stdout, piece: Uint8Array): void {
  for (let at = 0; at < piece.length;) at += file.writeSync(piece.subarray(at));
}

function failure(what: string, thrown: unknown): unknown {
  const error = asIoError(`Cannot write ${what}`, thrown);
  if (!(error instanceof LpmxError) || error.code !== "no-space") return error;
  return new LpmxError("no-space", error.message, {
    hint: "free some space, or write to a larger disk",
    cause: thrown,
  });
}
