import assert from "node:assert/strict";
import { suite } from "uvu";
import { quartiles, slope } from "../../bench/statistics.ts";

const test = suite("statistics");

test("quartiles lie at ranks, between two where a rank is no whole number", () => {
  assert.deepEqual(quartiles([5, 1, 4, 2, 3]), { lower: 2, median: 3, upper: 4 });
  assert.deepEqual(quartiles([4, 1, 2, 3]), { lower: 1.75, median: 2.5, upper: 3.25 });
  assert.deepEqual(quartiles([7]), { lower: 7, median: 7, upper: 7 });
  assert.deepEqual(quartiles([]), { lower: Number.NaN, median: Number.NaN, upper: Number.NaN });
});

test("a slope is that of the line nearest to the points", () => {
  assert.equal(slope([3, 5, 7, 9]), 2);
  assert.equal(slope([1, 2, 1]), 0);
  assert.equal(slope([4]), 0);
  assert.equal(slope([]), 0);
});

test.run();
