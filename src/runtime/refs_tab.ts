/* refs.tab: which name means which image (contract.h, struct lpmx_ref). The engine is its only writer, under the store's lock.
 */
import { toByteText } from "../base/mod.ts";
import { LPMX_MAGIC_REFS, lpmx_ref, LPMX_SEC_IDS, LPMX_SEC_REFS } from "./contract.ts";
import { decodeSections, encodeSections, StringPool } from "./sections.ts";

/** Names (fully normalised) with the id of their image, and all ids, named or not. */
export interface RefsTable {
  refs: Map<string, string>;
  ids: Set<string>;
}

const bytewise = (x: string, y: string) => toByteText(x) < toByteText(y) ? -1 : 1;

/** The bytes of the table. */
export function encodeRefs(table: RefsTable): Uint8Array<ArrayBuffer> {
  const pool = new StringPool();
  const names = [...table.refs.keys()].sort(bytewise);
  const rows = new Uint8Array(names.length * lpmx_ref.size);
  const view = new DataView(rows.buffer);
  for (const [at, name] of names.entries()) {
    view.setUint32(at * lpmx_ref.size + lpmx_ref.fields.ref[1], pool.add(name), true);
    view.setUint32(
      at * lpmx_ref.size + lpmx_ref.fields.id[1],
      pool.add(table.refs.get(name)!),
      true,
    );
  }
  const ids = pool.list([...table.ids].sort(bytewise));
  return encodeSections(LPMX_MAGIC_REFS, [
    { id: LPMX_SEC_REFS, bytes: rows },
    { id: LPMX_SEC_IDS, bytes: ids },
  ], pool);
}

/** Reads the table. Throws LpmxError("bad-record"). */
export function decodeRefs(file: Uint8Array<ArrayBuffer>, what: string): RefsTable {
  const sections = decodeSections(LPMX_MAGIC_REFS, file, what);
  const table: RefsTable = { refs: new Map(), ids: new Set() };
  const rows = sections.section(LPMX_SEC_REFS);
  for (let at = 0; rows && at < rows.byteLength; at += lpmx_ref.size) {
    const name = sections.string(rows.getUint32(at + lpmx_ref.fields.ref[1], true));
    table.refs.set(name, sections.string(rows.getUint32(at + lpmx_ref.fields.id[1], true)));
  }
  const ids = sections.section(LPMX_SEC_IDS);
  for (let at = 0; ids && at < ids.byteLength; at += 4) {
    table.ids.add(sections.string(ids.getUint32(at, true)));
  }
  return table;
}
