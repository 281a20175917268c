/** Changes to images are told once, and only where there were some. */

import assert from "node:assert/strict";
import { test } from "uvu";
import { ImageChanges } from "../../../../hosts/node/data/changes.ts";

function image(width: number, height: number, colour: readonly [number, number, number]) {
  const data = new Uint8ClampedArray(4 * width * height).map((_, i) => (i % 4 === 3 ? 255 : 90));
  // The last pixel alone says whether it is coloured.
  data.set(colour, data.length - 4);
  return { width, height, data };
}

const GREY = [7, 7, 7] as const;
const RED = [7, 6, 7] as const;

function notes(channels: number, ...images: readonly ReturnType<typeof image>[]): string[] {
  const changes = new ImageChanges({ height: 4, width: 6, channels });
  for (const each of images) changes.see(each);
  return changes.notes;
}

test("images that fit are not worth a word", () => {
  assert.deepEqual(notes(3, image(6, 4, RED), image(6, 4, RED)), []);
  assert.deepEqual(notes(1, image(6, 4, GREY)), []);
  assert.deepEqual(notes(3), []);
});

test("every image, or how many", () => {
  assert.deepEqual(notes(3, image(4, 6, GREY), image(9, 9, GREY)), [
    "every image had to be resized to 6×4 pixels (--fit stretch), the first from 4×6",
    "every image had to be turned from grey into colour",
  ]);
  assert.deepEqual(notes(1, image(6, 4, GREY), image(6, 5, RED), image(6, 4, RED)), [
    "1 of 3 images had to be resized to 6×4 pixels (--fit stretch), the first from 6×5",
    "2 of 3 images had to be made grey",
  ]);
});

test.run();
