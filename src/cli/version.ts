/* The version of lpmx; deno.json is the one place that says it.
 */
import manifest from "../../deno.json" with { type: "json" };

export const version: string = manifest.version;
