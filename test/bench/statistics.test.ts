import { suite } from "uvu";
import * as assert from "uvu/assert";
import { quartiles, slope } from "../../bench/statistics.ts";

const test = suite("statistics");

test("quartiles lie at ranks, between two where a rank is no whole number", () => {
  assert.equal(quartiles([5, 1, 4, 2, 3]), { lower: 2, median: 3, upper: 4 });
  assert.equal(quartiles([4, 1, 2, 3]), { lower: 1.75, median: 2.5, upper: 3.25 });
  assert.equal(quartiles([7]), { lower: 7, median: 7, upper: 7 });
  assert.equal(quartiles([]), { lower: Number.NaN, median: Number.NaN, upper: Number.NaN });
});

test("a slope is that of the line nearest to the points", () => {
  assert.is(slope([3, 5, 7, 9]), 2);
  assert.is(slope([1, 2, 1]), 0);
  assert.is(slope([4]), 0);
  assert.is(slope([]), 0);
});

test.run();
