/* Entry point of the engine. The only place that exits.
 */
import { main } from "./src/cli/main.ts";

Deno.exitCode = await main(Deno.args);
