/* containers/ID/compose.json: which maps and exposed commands of a container `lpmx compose` has made, so that it changes only those.
 */
import * as v from "valibot";
import { parseJson } from "../base/mod.ts";
import { readTextIfAny, writeAtomically } from "../host/mod.ts";
import { validate } from "../image/mod.ts";
import { type Store } from "./layout.ts";

const texts = v.record(v.string(), v.string());
const schema = v.object({ maps: texts, commands: texts });

/** Guest path -> target word, and name of the command -> its options; as they were given to the launcher. */
export type ComposeRecord = v.InferOutput<typeof schema>;

const pathOf = (store: Store, id: string) => store.at(`containers/${id}/compose.json`);

/** Reads it; empty where there is none. Throws LpmxError("bad-record"). */
export function readComposeRecord(store: Store, id: string): ComposeRecord {
  const path = pathOf(store, id);
  const text = readTextIfAny(path);
  if (text === undefined) return { maps: {}, commands: {} };
  return validate(schema, parseJson(text, `"${path}"`, "bad-record"), `"${path}"`);
}

/** Replaces it. */
export function writeComposeRecord(store: Store, id: string, record: ComposeRecord): void {
  writeAtomically(pathOf(store, id), JSON.stringify(record));
}
