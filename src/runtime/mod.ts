/* runtime: the files that native code reads (contract.h) and the calls to the launcher. Uses image, host and base.
 */
export { decodeIndex, encodeIndex, indexSeed } from "./index_file.ts";
export { encodeRecord, type ImageRecord } from "./record.ts";
export { LPMX_ABI } from "./contract.ts";
export { decodeRefs, encodeRefs, type RefsTable } from "./refs_tab.ts";
export { decodeCall, decodeCallList, decodePlan, type Plan, type PlanBind } from "./plan.ts";
export { hashPath } from "./path_hash.ts";
export { readUpper, type UpperChange, type UpperPlace } from "./upper.ts";
