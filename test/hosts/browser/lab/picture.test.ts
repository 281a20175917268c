/** Pictures in the lab are fitted as `bsnn/images` fits them. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { suite } from "uvu";
import { FITS } from "../../../../bindings/fits.ts";
import { createImageReader } from "../../../../bindings/images/node.ts";
import { load } from "../../../../bindings/node.ts";
import { pictureOf } from "../../../../hosts/browser/lab/src/stimulus/picture.ts";
import { samplesFrom } from "../../../../hosts/browser/lab/src/stimulus/samples.ts";
import { drawDigits } from "../../../../models/drawn/digits.ts";

const test = suite("pictures in the lab");

/** A picture that is uniform in each quarter of its width and height, so that no way of resizing mixes what stays apart. */
function quarters(width: number, height: number): Uint8Array {
  return Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    return 30 + 40 * Math.floor((4 * x) / width) + 15 * Math.floor((4 * y) / height) + (i % 3);
  });
}

function rgba(data: Uint8Array): Uint8ClampedArray {
  return Uint8ClampedArray.from({ length: (data.length / 3) * 4 }, (_, i) =>
    i % 4 === 3 ? 255 : data[Math.floor(i / 4) * 3 + (i % 4)],
  );
}

test("each fit takes the same part to the same place", async () => {
  const reader = createImageReader();
  for (const [width, height] of [
    [64, 32],
    [32, 64],
    [33, 64],
    [8, 24],
  ]) {
    const data = quarters(width, height);
    for (const fit of FITS) {
      const input = { width: 16, height: 16, channels: 3, fit };
      const own = pictureOf(data, width, height, 3, input);
      const theirs = await reader.toSamples({ width, height, data: rgba(data) }, input);
      const far = own.filter((sample, k) => Math.abs(sample - theirs[k]) > 12).length;
      assert.ok(far <= (own.length * 3) / 16, `${fit} of ${width}×${height}: ${far} of ${own.length} samples differ`);
      const isBlack = (samples: Uint8Array) => Array.from(samples, (sample) => sample === 0);
      if (fit === "contain") assert.deepEqual(isBlack(own), isBlack(theirs), `${width}×${height}`);
      if (fit === "crop") assert.deepEqual(own, theirs, `${width}×${height}`);
    }
  }
});

test("a file that says nothing of it stretches", () => {
  const data = quarters(64, 32);
  const input = { width: 16, height: 16, channels: 3 };
  assert.deepEqual(pictureOf(data, 64, 32, 3, input), pictureOf(data, 64, 32, 3, { ...input, fit: "stretch" }));
});

test("digits are brought to the form of MNIST's, unless the file asks for another fit", async () => {
  const net = await load(await readFile(new URL("../../../../models/digits.bsnn.gguf", import.meta.url)));
  const [{ digit, pixels }] = drawDigits(1, 77);
  const page = new Uint8Array(100 * 90 * 3).fill(240);
  pixels.forEach((ink, i) => {
    const at = (Math.floor(i / 28) + 50) * 100 + (i % 28) + 8;
    page.fill(240 - Math.round(ink * 0.8), 3 * at, 3 * at + 3);
  });
  const { input } = net;
  assert.equal(net.classify(samplesFrom(page, 100, 90, 3, input))[0].label, String(digit));
  const cropped = { ...input, fit: "crop" } as const;
  assert.deepEqual(samplesFrom(page, 100, 90, 3, cropped), pictureOf(page, 100, 90, 3, cropped));
  net.dispose();
});

test.run();
