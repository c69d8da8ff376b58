/* lpmx ps
 */
import { stateOf } from "../../engine/inspect.ts";
import { type Container, readContainers } from "../../store/mod.ts";
import { type Call } from "../command.ts";
import { ago, applyFilters, duration, print, printRows } from "../output.ts";
import { ownStore } from "../settings.ts";

export function run({ flags }: Call): number {
  const filters = flags.all("filter");
  const all = flags.on("all") || flags.on("latest") ||
    filters.some((filter) => filter.startsWith("status="));
  const found = readContainers(ownStore()).filter((container) =>
    all || stateOf(container) === "running"
  );
  const containers = applyFilters(found, filters, {
    name: ({ meta }, value) => (meta.name ?? "").includes(value),
    id: ({ meta }, value) => meta.id.startsWith(value),
    status: (container, value) => stateOf(container) === value,
    exited: ({ exit }, value) => exit?.code === Number(value),
    ancestor: ({ meta }, value) =>
      meta.imageName === value || meta.image === value || meta.imageId === value,
    label: ({ meta }, value) =>
      meta.labels.some((label) => label === value || label.startsWith(`${value}=`)),
  });
  const shown = flags.on("latest") ? containers.slice(0, 1) : containers;
  const whole = flags.on("no-trunc");
  if (flags.on("quiet")) {
    shown.forEach(({ meta }) => print(whole ? meta.id : meta.id.slice(0, 12)));
    return 0;
  }
  printRows(shown.map((container) => row(container, whole)), [
    ["CONTAINER ID", "ID"],
    ["IMAGE", "Image"],
    ["COMMAND", "Command"],
    ["CREATED", "RunningFor"],
    ["STATUS", "Status"],
    ["NAMES", "Names"],
  ], flags.last("format"));
  return 0;
}

/** docker's words: "Up 5 minutes", "Exited (0) 2 hours ago", "Created". */
export function statusOf(container: Container): string {
  const main = container.live.find(({ main }) => main);
  if (main) return `Up ${duration(Date.now() / 1000 - main.since)}`;
  const { exit } = container;
  return exit ? `Exited (${exit.code}) ${ago(exit.finished * 1000)}` : "Created";
}

/** The image as it was named; docker shortens ids. */
const imageOf = (name: string) => /^[0-9a-f]{64}$/.test(name) ? name.slice(0, 12) : name;

function row(container: Container, whole: boolean): Record<string, unknown> {
  const { meta } = container;
  const command = [...meta.entrypoint, ...meta.cmd].join(" ");
  const short = command.length > 20 ? `${command.slice(0, 19)}…` : command;
  return {
    ID: whole ? meta.id : meta.id.slice(0, 12),
    Image: imageOf(meta.imageName ?? ""),
    Command: `"${whole ? command : short}"`,
    CreatedAt: new Date(meta.created * 1000).toISOString(),
    RunningFor: ago(meta.created * 1000),
    Status: statusOf(container),
    State: stateOf(container),
    Names: meta.name ?? "",
    Labels: meta.labels.join(","),
    Ports: "",
    Mounts: meta.binds.map(({ guest }) => guest).join(","),
  };
}
