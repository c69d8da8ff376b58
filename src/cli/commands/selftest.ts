/* lpmx __selftest: what tools/pack.ts asks of the engine that it made.
 */
import { selfTest } from "../../engine/self_check.ts";
import { print } from "../output.ts";
import { version } from "../version.ts";

export function run(): number {
  print(JSON.stringify({ lpmx: version, failed: selfTest() }));
  return 0;
}
