/* engine: one file per use case; joins source, store, layer and runtime. Commands import the file of
 * their use case, so that they load no more than they need; here are the types that several share.
 */
export { type Imported, type ImportProgress } from "./import_image.ts";
