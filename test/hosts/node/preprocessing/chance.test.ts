/** What counts of right answers show. */

import assert from "node:assert/strict";
import { test } from "uvu";
import { atLeast, FEWEST_ERRORS, isBetter, looksLikeChance } from "../../../../hosts/node/preprocessing/chance.ts";

test("binomial tails are those of the tables", () => {
  const near = (found: number, expected: number) => assert.ok(Math.abs(found - expected) < 1e-9, `${found}`);
  near(atLeast(0, 10, 0.1), 1);
  near(atLeast(1, 10, 0.1), 1 - 0.9 ** 10);
  near(atLeast(10, 10, 0.1), 1e-10);
  near(atLeast(8, 10, 0.5), 56 / 1024);
  near(atLeast(11, 10, 0.5), 0);
  // Large counts do not overflow.
  near(atLeast(5000, 10_000, 0.5) - atLeast(5001, 10_000, 0.5), 0.00797864614);
});

test("chance is what guessing gives, and what no fair classifier would", () => {
  const cases: [right: number, inputs: number, classes: number, chance: boolean][] = [
    [10, 100, 10, true],
    [19, 100, 10, false],
    [91, 100, 10, false],
    [0, 2, 10, false],
    [0, 5, 10, true],
    [1, 1, 10, false],
    [0, 60, 1000, true],
    [2, 60, 1000, false],
    [50, 100, 2, true],
    [75, 100, 2, false],
    [1, 100, 2, true],
    [3, 3, 2, false],
    [0, 0, 10, false],
  ];
  for (const given of cases) {
    const [right, inputs, classes, chance] = given;
    assert.equal(looksLikeChance(right, inputs, classes), chance, String(given));
  }
});

test("seven inputs gained and none lost are the least that make one classifier better", () => {
  assert.ok(isBetter(FEWEST_ERRORS, 0));
  assert.ok(!isBetter(FEWEST_ERRORS - 1, 0));
  assert.ok(isBetter(40, 10));
  assert.ok(!isBetter(28, 20));
  assert.ok(!isBetter(0, 0));
});

test.run();
