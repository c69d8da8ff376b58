/* Who an object of a container's writable layer is to the guest: the numbers that its mode bits are (shim/core/ident.c, upper.md
 * section 7), the texts of class/ and id/, and the names of extended attributes. Reads only.
 */
import { type ByteText, toByteText } from "../base/mod.ts";
import { linkTextAt, type Look } from "../host/mod.ts";
import { type EntryType } from "../image/mod.ts";

const S_IFMT = 0o170000, S_ISVTX = 0o1000;
const overflow = 63;

/** The six bits of each class number: those without write bits first. A durable format. */
const classBits = [
  ...[0, 1, 4, 5, 8, 9, 12, 13, 32, 33, 36, 37, 40, 41, 44, 45],
  ...[2, 3, 6, 7, 10, 11, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23],
  ...[24, 25, 26, 27, 28, 29, 30, 31, 34, 35, 38, 39, 42, 43, 46, 47],
  ...[48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63],
];
const classNumber = new Map(classBits.map((bits, number) => [bits, number]));

const types = new Map<number, EntryType>([
  [0o010000, "fifo"],
  [0o020000, "char"],
  [0o040000, "dir"],
  [0o060000, "block"],
  [0o100000, "file"],
  [0o120000, "symlink"],
  [0o140000, "socket"],
]);

/** Owner, permissions and kind as the guest sees them. */
export interface GuestIdentity {
  type: EntryType;
  mode: number;
  uid: number;
  gid: number;
  major?: number;
  minor?: number;
}

/** The records of one tree. */
export class Identities {
  #texts = new Map<number, string>();

  /** `classes` and `overflows` are descriptors of class/ and id/, undefined where the tree has none. */
  constructor(
    readonly owner: readonly [uid: number, gid: number],
    readonly classes: number | undefined,
    readonly overflows: number | undefined,
  ) {}

  /** What the guest sees of an object. A lost record gives the default owner, as in the core. */
  of(look: Look): GuestIdentity {
    const type = types.get(look.mode & S_IFMT) ?? "file";
    const plain = { type, mode: look.mode & 0o777, uid: this.owner[0], gid: this.owner[1] };
    if (type === "symlink") return { ...plain, mode: 0o777 };
    if (!(look.mode & S_ISVTX)) return plain;
    const number = classNumber.get(look.mode & 0o77)!;
    const text = number === overflow ? this.#overflow(look.ino) : this.#class(number);
    return parseClass(text, type) ?? { ...plain, mode: type === "dir" ? 0o700 : 0o600 };
  }

  #class(number: number): string {
    const known = this.#texts.get(number);
    if (known !== undefined) return known;
    const text = read(this.classes, String(number).padStart(2, "0"));
    this.#texts.set(number, text);
    return text;
  }

  #overflow(ino: bigint): string {
    return read(this.overflows, String(ino));
  }
}

function read(folder: number | undefined, name: string): string {
  return folder === undefined ? "" : linkTextAt(folder, toByteText(name)) ?? "";
}

/** "uid:gid:mode[:type:major:minor]", mode and type octal. */
function parseClass(text: string, type: EntryType): GuestIdentity | undefined {
  const found = /^(\d+):(\d+):([0-7]+)(?::([0-7]+):(\d+):(\d+))?$/.exec(text);
  if (!found) return undefined;
  const [, uid, gid, mode, kind, major, minor] = found;
  const identity = { type, mode: parseInt(mode!, 8), uid: Number(uid), gid: Number(gid) };
  if (kind === undefined) return identity;
  return {
    ...identity,
    type: types.get(parseInt(kind, 8)) ?? type,
    major: Number(major),
    minor: Number(minor),
  };
}

/** The guest's text of a link of the upper, and its owner where that is not the default. Every text there begins so that the
 * kernel cannot follow it. */
export function guestLink(text: ByteText): { target: ByteText; owner?: [number, number] } {
  const owned = /^\/dev\/\.\/null\/(\d+):(\d+)\//.exec(text);
  if (!owned) return { target: text.replace(/^\/dev\/null\//, "") as ByteText };
  const target = text.slice(owned[0].length) as ByteText;
  return { target, owner: [Number(owned[1]), Number(owned[2])] };
}

/** The guest's names of the host's extended attributes: what the host would not let us set lies in user.lpmx.*. */
export function guestAttributes(
  found: Record<string, ByteText>,
): Record<string, ByteText> | undefined {
  const own = Object.entries(found).filter(([name]) => name.startsWith("user."));
  const renamed = own.map(([name, value]) => [name.replace(/^user\.lpmx\./, ""), value] as const);
  return renamed.length > 0
    ? Object.fromEntries(renamed.sort(([x], [y]) => x < y ? -1 : 1))
    : undefined;
}
