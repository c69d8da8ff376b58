/* A packed container as words for `lpmx create`. Pure.
 */
import { type PackedContainer, type PackedMount } from "./format.ts";

/** What is known only here. */
export interface Place {
  name: string;
  /** Id of the image, in this store. */
  image: string;
  /** Where the id of the container is to be written. */
  idFile: string;
}

/** The words. The image has command, user and working directory. */
export function createWords(container: PackedContainer, { name, image, idFile }: Place): string[] {
  const { hostname, grid, stopSignal, labels, addHosts, mounts, entry } = container;
  const on = (flag: string, is: boolean) => is ? [`--${flag}`] : [];
  return [
    "create",
    `--name=${name}`,
    `--cidfile=${idFile}`,
    "--pull=never",
    ...labels.map((label) => `--label=${label}`),
    ...hostname === null ? [] : [`--hostname=${hostname}`],
    ...addHosts.map((host) => `--add-host=${host}`),
    ...grid === null ? [] : [`--grid=${grid}`],
    ...stopSignal === 0 ? [] : [`--stop-signal=${stopSignal}`],
    `--stop-timeout=${container.stopTimeout}`,
    ...container.engine === null ? [] : [`--engine=${container.engine}`],
    ...on("read-only", container.readOnly),
    ...on("rm", container.rm),
    ...on("tty", container.tty),
    ...on("interactive", container.interactive),
    ...mounts.map(mountWord),
    ...entry.map(entryWord),
    image,
  ];
}

/** What is in a volume is put there afterwards, so it is not to begin with what the image has. */
function mountWord(mount: PackedMount): string {
  const parts = [`type=${mount.type}`, `target=${mount.target}`];
  if (mount.type === "bind") {
    parts.push(`source=${mount.source}`, `absent=${mount.file ? "file" : "folder"}`);
  }
  if (mount.type === "volume") parts.push("volume-nocopy");
  if (mount.type === "volume" && mount.name !== null) parts.push(`source=${mount.name}`);
  if (mount.readOnly) parts.push("readonly");
  return `--mount=${parts.map(quoted).join(",")}`;
}

/** A field of comma-separated values, RFC 4180. */
const quoted = (part: string) => /[",\n]/.test(part) ? `"${part.replaceAll('"', '""')}"` : part;

/** gpu=all and its like: what each entry looks up on its host. */
function entryWord(entry: string): string {
  const [name, value] = entry.split(/=(.*)/s);
  return name === "gpu" && value !== "all" ? `--gpus=${value}` : `--${name}`;
}
