/* The image record: what the launcher has to know of an image, written once for each (contract.h, struct lpmx_image).
 */
import { LpmxError } from "../base/mod.ts";
import { type ImageConfig } from "../image/mod.ts";
import {
  lpmx_image,
  LPMX_MAGIC_IMAGE,
  LPMX_SEC_CMD,
  LPMX_SEC_ENTRYPOINT,
  LPMX_SEC_ENV,
  LPMX_SEC_IMAGE,
  LPMX_SEC_LAYERS,
  LPMX_SEC_VOLUMES,
} from "./contract.ts";
import { encodeSections, StringPool } from "./sections.ts";

/** What goes into a record. Paths are relative to the store. */
export interface ImageRecord {
  /** 64 hex digits. */
  id: string;
  name: string;
  index: string;
  layers: readonly string[];
  config: ImageConfig;
}

const signals =
  ("HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU " +
    "URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS").split(" ");

/** The number of a StopSignal: a name with or without SIG, RTMIN+n, or a number; 0 when not given.
 * Throws LpmxError("bad-manifest"). */
export function signalNumber(text: string | undefined): number {
  if (!text) return 0;
  if (/^\d+$/.test(text)) return Number(text);
  const name = text.toUpperCase().replace(/^SIG/, "");
  const realtime = /^RT(MIN\+|MAX-)(\d+)$/.exec(name);
  if (realtime) return realtime[1] === "MIN+" ? 34 + Number(realtime[2]) : 64 - Number(realtime[2]);
  const at = signals.indexOf(name);
  if (at < 0) throw new LpmxError("bad-manifest", `unknown stop signal "${text}" in image config`);
  return at + 1;
}

/** The bytes of a record. */
export function encodeRecord(record: ImageRecord): Uint8Array<ArrayBuffer> {
  const pool = new StringPool();
  const image = new Uint8Array(lpmx_image.size);
  const view = new DataView(image.buffer);
  const { config } = record;
  const put = (field: "id" | "name" | "index" | "workdir" | "user", text: string) =>
    view.setUint32(lpmx_image.fields[field][1], pool.add(text), true);
  put("id", record.id);
  put("name", record.name);
  put("index", record.index);
  put("workdir", config.workingDir);
  put("user", config.user);
  view.setUint32(lpmx_image.fields.stop_signal[1], signalNumber(config.stopSignal), true);
  return encodeSections(LPMX_MAGIC_IMAGE, [
    { id: LPMX_SEC_IMAGE, bytes: image },
    { id: LPMX_SEC_LAYERS, bytes: pool.list(record.layers) },
    { id: LPMX_SEC_ENV, bytes: pool.list(config.env) },
    { id: LPMX_SEC_ENTRYPOINT, bytes: pool.list(config.entrypoint) },
    { id: LPMX_SEC_CMD, bytes: pool.list(config.cmd) },
    { id: LPMX_SEC_VOLUMES, bytes: pool.list(config.volumes) },
  ], pool);
}
