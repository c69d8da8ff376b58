/* lock: writes down what the project's image names stand for, so that `up` elsewhere or later takes the same.
 */
import { LpmxError } from "../../base/mod.ts";
import { type Locked, lockText, type Service } from "../../compose/mod.ts";
import { writeAtomically } from "../../host/mod.ts";
import { type Store } from "../../store/mod.ts";
import { getImages, lockedNow } from "./images.ts";
import { type Loaded } from "./project.ts";

/** Writes the lock file: names that it has stay as they are unless `update`. Gives the names that are new or changed. */
export async function writeLock(
  stores: readonly Store[],
  { project, lock, lockPath }: Loaded,
  update: boolean,
  tell: (line: string) => void,
): Promise<string[]> {
  const services = project.services.filter(({ image }) => image !== "host");
  const kept = update ? undefined : lock;
  stores[0]!.prepare();
  for (const service of services.filter(({ image }) => !kept?.has(image))) {
    await getImages(stores, [service], { lock: undefined, policy: undefined, tell });
    if (update) await renew(stores, service, tell);
  }
  const now = new Map<string, Locked>();
  for (const { image } of services) now.set(image, kept?.get(image) ?? lockedNow(stores, image));
  writeAtomically(lockPath, lockText(now));
  return [...now].flatMap(([name, { id }]) => lock?.get(name)?.id === id ? [] : [name]);
}

/** Pulls anew. An image that was loaded, and that no registry has, stays as it is. */
async function renew(
  stores: readonly Store[],
  service: Service,
  tell: (line: string) => void,
): Promise<void> {
  try {
    await getImages(stores, [service], { lock: undefined, policy: "always", tell });
  } catch (error) {
    if (!(error instanceof LpmxError)) throw error;
    tell(`warning: ${error.message}: the lock takes what the store has`);
  }
}
