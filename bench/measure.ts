// Measuring several ways to do one thing so that they can be compared: every round takes one sample of each lane, and a ratio
// is the median of the ratios within rounds, so what slows the machine down for a while slows both sides of a ratio down.
// Knows nothing of containers; used by benches.ts and report.ts.

/** One way to do the thing: a column of the table. */
export interface Lane {
  column: string;
  /** The column it is divided by; its own name for the base. */
  against: string;
  /** A base that only serves to be divided by is left out of the table. */
  hidden?: boolean;
  /** Takes one sample: row name -> nanoseconds. A lane that throws is left out from then on. */
  sample(): Promise<Record<string, number>>;
}

export interface Cell {
  row: string;
  column: string;
  hidden: boolean;
  /** Median over the rounds, nanoseconds. */
  median: number;
  /** Median of the distances from that median, as part of it: how noisy the figure is. */
  noise: number;
  /** Median over the rounds of this lane's value divided by its base's; null for a base. */
  ratio: number | null;
}

export interface Outcome {
  cells: Cell[];
  /** Lanes that did not get to the end: column -> reason in one line. */
  failed: Record<string, string>;
}

type Samples = Map<string, Record<string, number>[]>;

/** Runs the rounds, each in another order, so that no lane is always the one after a certain other. */
export async function measure(
  lanes: Lane[],
  rounds: number,
  tell: (round: number) => void,
): Promise<Outcome> {
  const samples: Samples = new Map(lanes.map((lane) => [lane.column, []]));
  const failed: Record<string, string> = {};
  for (let round = 0; round < rounds; round++) {
    tell(round + 1);
    for (let i = 0; i < lanes.length; i++) {
      const lane = lanes[(i + round) % lanes.length]!;
      if (failed[lane.column] !== undefined) continue;
      try {
        samples.get(lane.column)!.push(await lane.sample());
      } catch (error) {
        failed[lane.column] = (error instanceof Error ? error.message : String(error)).trim()
          .replaceAll(/\s*\n\s*/g, "; ");
      }
    }
  }
  const done = lanes.filter((lane) => failed[lane.column] === undefined);
  return { cells: done.flatMap((lane) => cellsOf(lane, samples)), failed };
}

function cellsOf(lane: Lane, samples: Samples): Cell[] {
  const own = samples.get(lane.column)!;
  const base = samples.get(lane.against) ?? [];
  return Object.keys(own[0] ?? {}).map((row) => {
    const values = own.map((sample) => sample[row]!);
    const middle = median(values);
    const ratios = values.flatMap((value, round) => {
      const divisor = base[round]?.[row];
      return divisor ? [value / divisor] : [];
    });
    return {
      row,
      column: lane.column,
      hidden: lane.hidden ?? false,
      median: middle,
      noise: middle ? median(values.map((value) => Math.abs(value - middle))) / middle : 0,
      ratio: lane.against === lane.column || ratios.length === 0 ? null : median(ratios),
    };
  });
}

/** The middle value, or the mean of the two in the middle. Throws RangeError for no values. */
export function median(values: number[]): number {
  if (values.length === 0) throw new RangeError("Cannot take the median of no values");
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
