/* The plan of a container and the commands that its maps show (contract.h): read only, the launcher writes them.
 */
import { byteText } from "../base/mod.ts";
import {
  lpmx_bind,
  LPMX_BIND_FILE,
  LPMX_BIND_HIDDEN,
  LPMX_BIND_MAP,
  LPMX_BIND_RO,
  lpmx_call,
  LPMX_MAGIC_CALL,
  LPMX_MAGIC_PLAN,
  LPMX_SEC_BINDS,
  LPMX_SEC_BROKER,
  LPMX_SEC_ENTRY,
  LPMX_SEC_ENV,
} from "./contract.ts";
import { decodeSections } from "./sections.ts";

/** A host path that is shown at a guest path. */
export interface PlanBind {
  guest: string;
  host: string;
  readOnly: boolean;
  file: boolean;
  /** A command that stands for a program elsewhere. */
  map: boolean;
}

/** What may change while a container runs. */
export interface Plan {
  /** NAME=VALUE. */
  env: string[];
  /** Without hidden ones. */
  binds: PlanBind[];
  /** NAME=VALUE: what is looked up on the host at each entry (gpu, nv, rocm, x11). */
  entry: string[];
  /** Programs of the host that the broker runs although they are not set-id. */
  brokered: string[];
}

/** Reads a plan. Throws LpmxError("bad-record"). */
export function decodePlan(file: Uint8Array<ArrayBuffer>, what: string): Plan {
  const sections = decodeSections(LPMX_MAGIC_PLAN, file, what);
  const texts = (id: number) => {
    const list = sections.section(id), found: string[] = [];
    for (let at = 0; list && at < list.byteLength; at += 4) {
      found.push(sections.string(list.getUint32(at, true)));
    }
    return found;
  };
  const plan: Plan = {
    env: texts(LPMX_SEC_ENV),
    binds: [],
    entry: texts(LPMX_SEC_ENTRY),
    brokered: texts(LPMX_SEC_BROKER),
  };
  const rows = sections.section(LPMX_SEC_BINDS);
  const { guest, host, flags } = lpmx_bind.fields;
  for (let at = 0; rows && at < rows.byteLength; at += lpmx_bind.size) {
    const bits = rows.getUint32(at + flags[1], true);
    if (bits & LPMX_BIND_HIDDEN) continue;
    plan.binds.push({
      guest: sections.string(rows.getUint32(at + guest[1], true)),
      host: sections.string(rows.getUint32(at + host[1], true)),
      readOnly: (bits & LPMX_BIND_RO) !== 0,
      file: (bits & LPMX_BIND_FILE) !== 0,
      map: (bits & LPMX_BIND_MAP) !== 0,
    });
  }
  return plan;
}

/** The settings of a command that lpmx made (kind, container, program, …; of several with one name the last); undefined for any
 * other file. */
export function decodeCall(file: Uint8Array<ArrayBuffer>): Map<string, string> | undefined {
  const settings = decodeCallList(file);
  return settings && new Map(settings);
}

/** The same, each in its place: env may come several times. */
export function decodeCallList(
  file: Uint8Array<ArrayBuffer>,
): [key: string, value: string][] | undefined {
  const end = file.length - lpmx_call.size;
  if (end < 0 || byteText(file, end, end + 7) !== LPMX_MAGIC_CALL) return undefined;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const start = end - view.getUint32(end + lpmx_call.fields.size[1], true);
  if (start < 0) return undefined;
  const texts = new TextDecoder().decode(file.subarray(start, end)).split("\0").filter(Boolean);
  return texts.map((text) => text.split(/=(.*)/s).slice(0, 2) as [string, string]);
}
