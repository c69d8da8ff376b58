// What measure.ts makes of samples: medians, ratios within rounds, lanes that fail.
import { strict as assert } from "node:assert";
import { type Lane, measure, median } from "./measure.ts";

function lane(column: string, against: string, values: number[]): Lane {
  const left = [...values];
  return {
    column,
    against,
    sample: () => {
      const value = left.shift();
      return value === undefined
        ? Promise.reject(new Error("broke\n  here"))
        : Promise.resolve({ row: value });
    },
  };
}

Deno.test("median() takes the middle, or the mean of two", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  assert.throws(() => median([]), RangeError);
});

Deno.test("measure() divides within a round, so a slow round does not move the ratio", async () => {
  const lanes = [lane("native", "native", [1, 10, 1]), lane("lpmx", "native", [2, 20, 3])];
  const { cells } = await measure(lanes, 3, () => {});
  const [native, lpmx] = cells;
  assert.equal(native!.ratio, null);
  assert.equal(lpmx!.ratio, 2);
  assert.equal(lpmx!.median, 3);
  assert.equal(lpmx!.noise, 1 / 3);
});

Deno.test("measure() drops a lane that fails and says why in one line", async () => {
  const lanes = [lane("native", "native", [1, 1]), lane("peer", "native", [5])];
  const { cells, failed } = await measure(lanes, 2, () => {});
  assert.deepEqual(cells.map((cell) => cell.column), ["native"]);
  assert.deepEqual(failed, { peer: "broke; here" });
});
