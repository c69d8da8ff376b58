// Tables for people and JSON for programs, of the same figures. Used by main.ts.
import type { Outcome } from "./measure.ts";
import type { Peer } from "./sides.ts";

export interface Report {
  date: string;
  machine: { cpu: string; cores: number; kernel: string; system: string; load: number[] };
  lpmx: string;
  native: string;
  rounds: number;
  seconds: number;
  peers: Peer[];
  benches: ({ name: string; title: string } & Outcome)[];
}

/** 1234 -> "1.23 µs": three digits, the unit that fits. */
export function formatTime(nanoseconds: number): string {
  for (const [unit, size] of [["s", 1e9], ["ms", 1e6], ["µs", 1e3]] as const) {
    if (nanoseconds >= size) return `${(nanoseconds / size).toPrecision(3)} ${unit}`;
  }
  return `${nanoseconds.toFixed(0)} ns`;
}

function formatRatio(ratio: number): string {
  return `${ratio >= 100 ? ratio.toFixed(0) : ratio >= 10 ? ratio.toFixed(1) : ratio.toFixed(2)}x`;
}

/** One table: rows of the bench, native as it is with its noise, every other column as ratio to native. */
export function table(outcome: Outcome): string[] {
  const shown = outcome.cells.filter((cell) => !cell.hidden);
  const columns = [...new Set(shown.map((cell) => cell.column))];
  const rows = [...new Set(shown.map((cell) => cell.row))];
  const lines = [["", ...columns]];
  for (const row of rows) {
    const cells = columns.map((column) => {
      const cell = shown.find((one) => one.row === row && one.column === column);
      if (!cell) return "-";
      return cell.ratio === null
        ? `${formatTime(cell.median)} ±${Math.round(cell.noise * 100)}%`
        : formatRatio(cell.ratio);
    });
    lines.push([row, ...cells]);
  }
  const widths = lines[0]!.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)));
  return lines.map((line) =>
    line.map((cell, i) => i ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)).join("  ")
      .trimEnd()
  );
}

export function render(report: Report): string {
  const { machine } = report;
  const lines = [
    `${report.date}, ${machine.cpu}, ${machine.cores} cores, Linux ${machine.kernel}, ${machine.system}`,
    `load ${machine.load.map((load) => load.toFixed(1)).join(" ")}, ${report.rounds} rounds, ${
      report.seconds.toFixed(0)
    } s`,
    report.lpmx,
    `native: ${report.native}; other columns: times native, median of the ratios within rounds`,
  ];
  for (const bench of report.benches) {
    lines.push("", `${bench.name}: ${bench.title}`, ...table(bench).map((line) => `  ${line}`));
    for (const [column, reason] of Object.entries(bench.failed)) {
      lines.push(`  ${column}: left out: ${reason}`);
    }
  }
  lines.push("", "peers:");
  for (const peer of report.peers) {
    const state = peer.reason === null ? peer.how : `does not start here: ${peer.reason}`;
    lines.push(`  ${peer.name} ${peer.version}: ${state}`);
  }
  return lines.join("\n");
}
