import assert from "node:assert/strict";
import { test } from "uvu";
import { Evidence } from "../../../convert/quantize/evidence.ts";
import { random } from "../../support/random.ts";

/** The correction of one channel, of which every image gives a and b. */
function correctionOf(images: readonly (readonly [a: number, b: number])[]): number {
  const evidence = new Evidence(2);
  for (const [a, b] of images) evidence.add(1, a, b);
  const [unseen, correction] = evidence.corrections();
  assert.equal(unseen, 0);
  return correction;
}

test("what all images agree about is the ratio of their sums", () => {
  assert.equal(
    correctionOf([
      [6, 2],
      [3, 1],
      [12, 4],
    ]),
    3,
  );
  assert.equal(
    correctionOf([
      [-1, 4],
      [-2, 8],
    ]),
    -0.25,
  );
});

test("of one image's correction nothing else is known, so that it is made", () => {
  assert.equal(correctionOf([[5, 10]]), 0.5);
});

test("a correction too small to be squared is none", () => {
  assert.equal(correctionOf([[1e-200, 1]]), 0);
});

test("a correction is made by how far it stands out from its standard error", () => {
  // 1 ± 1: the squares of what differs are 2, over the square of two images.
  assert.equal(
    correctionOf([
      [2, 1],
      [0, 1],
    ]),
    1 / (1 + 4 * 0.5),
  );
});

test("chance alone is hardly corrected, and what stands out from it hardly less than whole", () => {
  const next = random(1);
  const noise = Array.from({ length: 60 }, () => 2 * next() - 1);
  const mean = noise.reduce((sum, x) => sum + x, 0) / noise.length;
  const chance = correctionOf(noise.map((x) => [x, 1] as const));
  assert.ok(Math.abs(chance) < 0.3 * Math.abs(mean), `${chance} of ${mean}`);
  const clear = correctionOf(noise.map((x) => [x - mean + 2, 1] as const));
  assert.ok(clear > 1.98 && clear < 2, String(clear));
});

test("images without activations give nothing", () => {
  assert.equal(
    correctionOf([
      [0, 0],
      [0, 0],
    ]),
    0,
  );
});

test.run();
