import assert from "node:assert/strict";
import { test } from "uvu";
import type { Patches } from "../../../convert/calibrate/patches.ts";
import { roundTogether } from "../../../convert/quantize/rounding.ts";
import { random } from "../../support/random.ts";

const COUNT = 2000;
const SYNAPSES = 24;
const ROWS = 11;

/** Levels that rise and fall together, as neighbours in an image do. */
function correlatedLevels(): Float32Array {
  const next = random(3);
  const levels = new Float32Array(COUNT * SYNAPSES);
  for (let s = 0; s < COUNT; s++) {
    const common = 60 * next();
    for (let k = 0; k < SYNAPSES; k++) levels[s * SYNAPSES + k] = Math.round(common + 20 * next());
  }
  return levels;
}

/** Variance of Σ (weight − rounded)·level over the samples, summed over the rows. */
function lostVariance(levels: Float32Array, weights: Float64Array, rounded: Float64Array, unit: number): number {
  let total = 0;
  for (let o = 0; o < ROWS; o++) {
    let [sum, squares] = [0, 0];
    for (let s = 0; s < COUNT; s++) {
      let error = 0;
      for (let k = 0; k < SYNAPSES; k++) {
        error += (weights[o * SYNAPSES + k] - unit * rounded[o * SYNAPSES + k]) * levels[s * SYNAPSES + k];
      }
      sum += error;
      squares += error * error;
    }
    total += squares / COUNT - (sum / COUNT) ** 2;
  }
  return total;
}

test("weights rounded together lose far less than weights rounded one by one", async () => {
  const next = random(4);
  const levels = correlatedLevels();
  const weights = Float64Array.from({ length: ROWS * SYNAPSES }, () => 2 * next() - 1);
  const unit = 1 / 127;
  const patches: Patches = { count: COUNT, synapses: SYNAPSES, group: () => levels };
  const units = new Float64Array(ROWS).fill(unit);
  const scales = new Float64Array(SYNAPSES).fill(1);
  const rounded = new Int8Array(weights.length);
  await roundTogether({ weight: weights, scales, units, patches, group: 0, limit: 127 }, rounded);
  const together = Float64Array.from(rounded);
  assert.ok(together.every((w) => Math.abs(w) <= 127));
  const alone = weights.map((w) => Math.round(w / unit));
  const [lostTogether, lostAlone] = [together, alone].map((r) => lostVariance(levels, weights, r, unit));
  assert.ok(lostTogether < 0.3 * lostAlone, `${lostTogether} against ${lostAlone}`);
});

test.run();
