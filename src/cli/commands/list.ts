/* lpmx list: LPMX's table of containers.
 */
import { isRunning, readContainers } from "../../store/mod.ts";
import { type Call } from "../command.ts";
import { print, table } from "../output.ts";
import { ownStore } from "../settings.ts";

export function run({ flags }: Call): number {
  const name = flags.last("name");
  const containers = readContainers(ownStore()).filter(({ meta }) =>
    name === undefined || meta.name === name
  );
  const rows = containers.map((container) => {
    const { meta, live } = container;
    const pid = live.find(({ main }) => main)?.pid;
    return [
      meta.id.slice(0, 12),
      meta.name ?? "",
      isRunning(container) ? "RUNNING" : "STOPPED",
      pid === undefined ? "NA" : String(pid),
      "NA",
      meta.imageId === "host" ? "Host" : "Docker",
      meta.imageName ?? "",
    ];
  });
  print(
    table([["ContainerID", "ContainerName", "Status", "PID", "RPC", "BaseType", "Image"], ...rows]),
  );
  return 0;
}
