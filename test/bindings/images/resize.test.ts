/** Resizing takes no more memory than the larger of both images, and gives the same whatever the way there. */

import assert from "node:assert/strict";
import { test } from "uvu";
import { createImageReader } from "../../../bindings/images/node.ts";

const reader = createImageReader();

/** What a triangle filter gives along one column, in double precision. */
function triangle(column: ArrayLike<number>, size: number): number[] {
  const scale = column.length / size;
  return Array.from({ length: size }, (_, y) => {
    const centre = (y + 0.5) * scale;
    let sum = 0;
    let total = 0;
    for (let k = 0; k < column.length; k++) {
      const weight = Math.max(0, 1 - Math.abs(k + 0.5 - centre) / scale);
      total += weight;
      sum += weight * column[k];
    }
    return sum / total;
  });
}

/** An image whose every row is of one colour. */
function rows(width: number, height: number, value: (y: number) => number) {
  const data = new Uint8ClampedArray(4 * width * height);
  for (let i = 0; i < data.length; i++) data[i] = i % 4 === 3 ? 255 : value(Math.floor(i / (4 * width)));
  return { width, height, data };
}

test("a narrow, high image shrinks to the same samples, within memory for itself", async () => {
  for (const [width, height] of [
    [1, 2 ** 19],
    [2, 400_000],
    [3, 100_001],
  ]) {
    const value = (y: number) => (y * 31 + Math.floor(y / 999) * 17) % 256;
    const image = rows(width, height, value);
    const before = process.memoryUsage().rss;
    const begin = performance.now();
    const samples = await reader.toSamples(image, { height: 28, width: 224, channels: 1 });
    const milliseconds = performance.now() - begin;
    const expected = triangle(
      Array.from({ length: height }, (_, y) => value(y)),
      28,
    );
    samples.forEach((sample, i) => {
      const wanted = expected[Math.floor(i / 224)];
      assert.ok(Math.abs(sample - wanted) <= 1, `${width}×${height}, sample ${i}: ${sample}, expected ${wanted} ± 1`);
    });
    assert.ok(milliseconds < 1000, `took ${milliseconds.toFixed()} ms`);
    assert.ok(process.memoryUsage().rss - before < 100 * 2 ** 20);
  }
});

test("images on both sides of the limit between the two ways are resized alike", async () => {
  // 28 × 9362 pixels lie below 2^18, 28 × 9363 above.
  const shape = { height: 28, width: 28, channels: 3 };
  const low = await reader.toSamples(
    rows(1, 9362, (y) => (y / 9362) * 255),
    shape,
  );
  const high = await reader.toSamples(
    rows(1, 9363, (y) => (y / 9363) * 255),
    shape,
  );
  for (const [i, sample] of low.entries()) assert.ok(Math.abs(sample - high[i]) <= 1);
});

test.run();
