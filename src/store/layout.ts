/* Where things lie in a store (architecture.md section 3), and the store's own life: making it, locking it, sweeping it.
 *
 * Everything appears by write-to-temp + rename below the store's own staging/; what a killed process left there is swept by the
 * next one that is sure of its death.
 */
import { LpmxError } from "../base/mod.ts";
import {
  exists,
  fateOf,
  listFolder,
  makeFolder,
  ownMark,
  randomHex,
  removeQuietly,
  removeTree,
  renameUnlessThere,
  withLock,
} from "../host/mod.ts";

/** A store at a path. Making the object touches nothing. */
export class Store {
  constructor(readonly home: string) {}

  get refs(): string {
    return `${this.home}/refs.tab`;
  }

  /** images/ID.SUFFIX; ID is 64 hex digits. */
  image(id: string, suffix: "rec" | "json" | "config"): string {
    return `${this.home}/images/${id}.${suffix}`;
  }

  /** Relative path of a layer's folder. */
  static layer(diffId: string): string {
    return `layers/sha256/${diffId.replace(/^sha256:/, "")}`;
  }

  /** Relative path of an index. */
  static index(chainId: string): string {
    return `indexes/${chainId.replace(/^sha256:/, "")}.idx`;
  }

  at(relative: string): string {
    return `${this.home}/${relative}`;
  }

  /** Makes the folders of a store where they are missing. Throws LpmxError("store-unusable"). */
  prepare(): void {
    try {
      for (
        const folder of ["layers/sha256", "images", "indexes", "containers", "names", "staging"]
      ) {
        if (!exists(this.at(folder))) makeFolder(this.at(folder));
      }
    } catch (cause) {
      if (!(cause instanceof LpmxError)) throw cause;
      throw new LpmxError(
        "store-unusable",
        `Cannot use the store "${this.home}": ${cause.message}`,
        {
          hint: "set LPMX_HOME to a folder that you can write",
          cause,
        },
      );
    }
  }

  /** Runs work while nobody else changes names or removes layers. */
  locked<T>(work: () => T | Promise<T>): Promise<T> {
    return withLock(this.at("lock"), work);
  }

  /** A new temporary folder that says who made it. */
  newTemp(): string {
    const path = this.at(`staging/${ownMark()}+${randomHex(8)}`);
    makeFolder(path, 0o700);
    return path;
  }

  /** Moves a published thing away and removes it: it disappears at once, even if the removal is interrupted. */
  discard(relative: string): void {
    if (!exists(this.at(relative))) return;
    const temp = this.newTemp();
    renameUnlessThere(this.at(relative), `${temp}/gone`);
    removeTree(temp);
  }

  /** Removes the temporary things of processes that are surely dead. */
  sweep(): void {
    for (const name of listFolder(this.at("staging"))) {
      if (fateOf(name) === "dead") removeQuietly(this.at(`staging/${name}`));
    }
  }
}
