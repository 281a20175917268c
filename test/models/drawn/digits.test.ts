import assert from "node:assert/strict";
import { test } from "uvu";
import { beside, braille } from "../../../hosts/node/report/braille.ts";
import { drawDigits, SIZE } from "../../../models/drawn/digits.ts";

test("the same seed draws the same digits, another seed others", () => {
  const pixels = (seed: number): number[][] => drawDigits(20, seed).map((drawn) => [...drawn.pixels]);
  assert.deepEqual(pixels(5), pixels(5));
  assert.notDeepEqual(pixels(5), pixels(6));
});

test("digits come in turn, light on a dark ground that reaches the border, each different", () => {
  const drawn = drawDigits(300, 1);
  assert.deepEqual(
    drawn.map(({ digit }) => digit),
    Array.from({ length: 300 }, (_, i) => i % 10),
  );
  for (const { pixels } of drawn) {
    assert.equal(pixels.length, SIZE * SIZE);
    assert.ok(Math.max(...pixels) > 200, "ink is light");
    const border = pixels.filter(
      (_, i) => i < SIZE || i >= SIZE * (SIZE - 1) || i % SIZE === 0 || i % SIZE === SIZE - 1,
    );
    assert.ok(
      border.every((sample) => sample === 0),
      "nothing is cut off",
    );
  }
  assert.equal(new Set(drawn.map(({ pixels }) => pixels.join())).size, 300);
});

test("a picture shows the light samples as dots", () => {
  const pixels = Uint8Array.from({ length: 4 * 4 }, (_, i) => (i === 0 || i === 15 ? 255 : 0));
  assert.deepEqual(braille(pixels, 4, 4), ["⠁⢀"]);
  assert.equal(beside([braille(pixels, 4, 4), ["x"]], "|"), "⠁⢀|x");
});

test.run();
