/* The image record: what the launcher has to know of an image, written once for each (contract.h, struct lpmx_image).
 */
import { log, LpmxError } from "../base/mod.ts";
import { type ImageConfig, signalNumber } from "../image/mod.ts";
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
  view.setUint32(lpmx_image.fields.stop_signal[1], stopSignal(config.stopSignal), true);
  return encodeSections(LPMX_MAGIC_IMAGE, [
    { id: LPMX_SEC_IMAGE, bytes: image },
    { id: LPMX_SEC_LAYERS, bytes: pool.list(record.layers) },
    { id: LPMX_SEC_ENV, bytes: pool.list(config.env) },
    { id: LPMX_SEC_ENTRYPOINT, bytes: pool.list(config.entrypoint) },
    { id: LPMX_SEC_CMD, bytes: pool.list(config.cmd) },
    { id: LPMX_SEC_VOLUMES, bytes: pool.list(config.volumes) },
  ], pool);
}

/** An image with an odd StopSignal can be used all the same: the default ends it. */
function stopSignal(text: string | undefined): number {
  try {
    return signalNumber(text);
  } catch (error) {
    if (!(error instanceof LpmxError)) throw error;
    log("runtime", "warn", () => error.message);
    return 0;
  }
}
