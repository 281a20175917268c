/** What is drawn comes to the network as MNIST's digits are: centred, scaled, light on dark, and is then recognised. */

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "uvu";
import { createImageReader } from "../../../../bindings/images/node.ts";
import { load } from "../../../../bindings/node.ts";
import { type Stroke, samplesOfPicture, samplesOfStrokes } from "../../../../hosts/browser/lab/src/stimulus/strokes.ts";
import { drawDigits } from "../../../../models/drawn/digits.ts";
import { Random } from "../../../../models/drawn/random.ts";

const digitsFile = new URL("../../../../models/digits.bsnn.gguf", import.meta.url);
const mnist = new URL("../../../../../shared/data/mnist/", import.meta.url);

/** Digits as a hurried person draws them, in tenths of the pad. */
const HAND: Readonly<Record<string, readonly Stroke[]>> = {
  "0": [[5, 1, 3, 2, 2, 5, 3, 8, 5, 9, 7, 8, 8, 5, 7, 2, 5, 1]],
  "1": [[5, 1, 5, 9]],
  "2": [[2, 3, 3, 1, 6, 1, 7, 3, 6, 5, 2, 9, 8, 9]],
  "3": [[2, 2, 5, 1, 7, 2, 7, 4, 4, 5, 7, 6, 7, 8, 5, 9, 2, 8]],
  "4": [
    [4, 1, 2, 6, 8, 6],
    [6, 3, 6, 9],
  ],
  "5": [[8, 1, 3, 1, 3, 5, 6, 4, 8, 6, 7, 8, 5, 9, 2, 8]],
  "6": [[6, 1, 4, 3, 3, 6, 4, 8, 6, 9, 7, 7, 6, 6, 3, 7]],
  "7": [[2, 1, 8, 1, 5, 9]],
  "8": [[5, 5, 3, 3, 5, 1, 7, 3, 5, 5, 3, 7, 5, 9, 7, 7, 5, 5]],
  "9": [[7, 3, 5, 1, 3, 3, 5, 5, 7, 3, 6, 9]],
};

const moved = (strokes: readonly Stroke[], scale: number, dx: number, dy: number): Stroke[] =>
  strokes.map((stroke) => stroke.map((value, i) => (value / 10) * scale + (i % 2 ? dy : dx)));

function middle(samples: Uint8Array): [number, number] {
  const sum = samples.reduce((total, value) => total + value, 0);
  const mean = (place: (i: number) => number) =>
    samples.reduce((total, value, i) => total + value * (place(i) + 0.5), 0) / sum;
  return [mean((i) => i % 28), mean((i) => Math.floor(i / 28))];
}

test("digits drawn small, large and off-centre give the same centred samples, and are recognised", async () => {
  const net = await load(digitsFile);
  for (const [digit, strokes] of Object.entries(HAND)) {
    for (const [scale, dx, dy] of [
      [1, 0, 0],
      [0.5, 0.05, 0.45],
      [0.4, 0.55, 0.02],
    ]) {
      const samples = samplesOfStrokes(moved(strokes, scale, dx, dy), 28);
      const [x, y] = middle(samples);
      assert.ok(Math.abs(x - 14) < 0.3 && Math.abs(y - 14) < 0.3, `${digit}: centre at ${x}, ${y}`);
      assert.equal(net.classify(samples)[0].label, digit, `a ${digit}, drawn at ${scale}`);
    }
  }
  net.dispose();
});

test("nothing drawn is black, and a dot is a dot", () => {
  assert.ok(samplesOfStrokes([], 28).every((sample) => sample === 0));
  const dot = samplesOfStrokes([[0.9, 0.9]], 28);
  assert.ok(Math.max(...dot) > 150);
  assert.ok(dot.filter((sample) => sample > 0).length < 20);
});

test("a picture of dark ink on light paper comes out like one of light on dark", () => {
  const [{ pixels }] = drawDigits(1, 3);
  const negative = pixels.map((sample) => 255 - sample);
  assert.deepEqual(samplesOfPicture(negative, 28, 28, 28), samplesOfPicture(pixels, 28, 28, 28));
});

test("at least 99 % of drawn digits are recognised, shrunk and off-centre on a larger picture", async () => {
  const net = await load(digitsFile);
  const digits = drawDigits(200, 77);
  const right = digits.filter(({ digit, pixels }) => {
    const page = new Uint8Array(100 * 90).fill(240);
    for (let i = 0; i < 784; i++)
      page[(Math.floor(i / 28) + 50) * 100 + (i % 28) + 8] = 240 - Math.round(pixels[i] * 0.8);
    return net.classify(samplesOfPicture(page, 100, 90, 28))[0].label === String(digit);
  });
  assert.ok(right.length >= 198, `${right.length} of 200`);
  net.dispose();
});

test("a photographed digit on unevenly lit, noisy paper is recognised", async () => {
  const net = await load(digitsFile);
  const random = new Random(4);
  const digits = drawDigits(100, 12);
  const right = digits.filter(({ digit, pixels }) => {
    const photo = Uint8Array.from({ length: 120 * 120 }, (_, i) => {
      const [x, y] = [i % 120, Math.floor(i / 120)];
      const [u, v] = [Math.floor((x - 30) / 2), Math.floor((y - 35) / 2)];
      const ink = u >= 0 && u < 28 && v >= 0 && v < 28 ? pixels[v * 28 + u] : 0;
      return Math.max(0, Math.min(255, 170 + x / 4 + random.bell(5) - (ink / 255) * 110));
    });
    return net.classify(samplesOfPicture(photo, 120, 120, 28))[0].label === String(digit);
  });
  assert.ok(right.length >= 97, `${right.length} of 100`);
  net.dispose();
});

if (existsSync(mnist)) {
  test("at least 97 % of MNIST's images are recognised after centring", async () => {
    const net = await load(digitsFile);
    const images = createImageReader();
    for (const set of ["calibration", "test"]) {
      let [right, all] = [0, 0];
      for (const digit of readdirSync(new URL(`${set}/`, mnist))) {
        for (const name of readdirSync(new URL(`${set}/${digit}/`, mnist))) {
          const bytes = readFileSync(new URL(`${set}/${digit}/${name}`, mnist));
          const raw = await images.samples(bytes, net.input);
          all++;
          if (net.classify(samplesOfPicture(raw, 28, 28, 28))[0].label === String(Number(digit))) right++;
        }
      }
      assert.ok(right / all >= 0.97, `${set}: ${right} of ${all}`);
    }
    net.dispose();
  });
} else {
  process.stderr.write("SKIPPED: MNIST's images are not at ../shared\n");
}

test.run();
