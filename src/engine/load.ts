/* load: images out of an archive, an OCI layout folder or a file system image into the store.
 */
import { inContext } from "../base/mod.ts";
import { type Platform } from "../image/mod.ts";
import { openArchive } from "../source/mod.ts";
import { type Store } from "../store/mod.ts";
import { type Imported, importImage, type ImportProgress } from "./import_image.ts";
import { importTree, treeName } from "./singularity/import_tree.ts";

/** What load is asked for. */
export interface LoadOptions {
  platform: Platform;
  progress: ImportProgress;
  /** Called for each image as soon as it is there. */
  loaded(image: Imported): void;
  warn(line: string): void;
  /** For an image that carries no name. */
  fallbackName?: string;
  /** The same, for its tag. */
  fallbackTag?: string;
}

/** Loads all images of an archive ("-" is standard input). Throws LpmxError that names the archive. */
export async function loadArchive(store: Store, path: string, options: LoadOptions): Promise<void> {
  store.prepare();
  store.sweep();
  try {
    const source = await openArchive(path, {
      platform: options.platform,
      tempFolder: store.at("staging"),
      ...(options.fallbackName === undefined ? {} : { fallbackName: options.fallbackName }),
    });
    try {
      if (!("images" in source)) {
        const name = treeName(path, options.fallbackName, options.fallbackTag);
        options.loaded(await importTree(store, source, { ...options, name }));
        return;
      }
      for (const image of await source.images()) {
        options.loaded(await importImage(store, image, options.progress));
      }
    } finally {
      source.close();
    }
  } catch (error) {
    throw inContext(`Cannot load "${path === "-" ? "standard input" : path}"`, error);
  }
}
