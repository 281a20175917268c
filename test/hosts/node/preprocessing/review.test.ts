/** Mistaken preprocessing is found, and right preprocessing left in peace. */

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import { SHARED } from "../../../../bench/shared-models.ts";
import type { Preprocessing } from "../../../../convert/preprocessing.ts";
import { readImageFolder } from "../../../../hosts/node/data/dataset.ts";
import { readSamples } from "../../../../hosts/node/data/images.ts";
import { spread } from "../../../../hosts/node/data/spread.ts";
import { loadOriginal } from "../../../../hosts/node/networks/original.ts";
import { mistakes, momentsOf, optionsFor } from "../../../../hosts/node/preprocessing/mistakes.ts";
import { judge, review } from "../../../../hosts/node/preprocessing/review.ts";
import { drawDigits } from "../../../../models/drawn/digits.ts";
import { assertContains } from "../../../support/contains.ts";
import { OnnxBuilder } from "../../../support/convert/onnx-builder.ts";
import { PROJECT } from "../../../support/hosts/folders.ts";
import { random } from "../../../support/random.ts";

const root = mkdtempSync(join(tmpdir(), "bsnn-"));
const test = suite("preprocessing");
test.after(() => rmSync(root, { recursive: true }));

interface Labelled {
  readonly samples: Uint8Array;
  readonly label: number;
}

const grey = (scale: number, mean = 0, std = 1): Preprocessing => ({
  scale,
  mean: [mean],
  std: [std],
  channelOrder: "rgb",
});
const colour = (changed: Partial<Preprocessing> = {}): Preprocessing => ({
  scale: 1 / 255,
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
  channelOrder: "rgb",
  ...changed,
});

/** What is warned of where a model is given inputs by one preprocessing. */
async function warned(
  onnx: string,
  given: Preprocessing,
  inputs: readonly Labelled[],
  known = true,
): Promise<string[]> {
  const original = await loadOriginal(onnx, [{ preprocessing: given }], {});
  const answers = await judge(original, known ? inputs : [], () => {});
  const samples = inputs.map((input) => input.samples);
  return review(original, given, answers, samples, original.classes!, () => {});
}

const DIGITS = join(PROJECT, "models/digits.onnx");
const digits: Labelled[] = drawDigits(60, 3).map(({ pixels, digit }) => ({ samples: pixels, label: digit }));

test("right preprocessing is not warned of, with labels and without", async () => {
  assert.deepEqual(await warned(DIGITS, grey(1 / 255), digits), []);
  assert.deepEqual(await warned(DIGITS, grey(1 / 255), digits.slice(0, 12), false), []);
});

test("digits of the wrong scale, and exchanged with their ground", async () => {
  const [scale] = await warned(DIGITS, grey(1 / 2550, 0.4), digits);
  assertContains(scale, "with --scale 0.00392156862745098 --mean 0");
  const inverted = digits.map(({ samples, label }) => ({ samples: samples.map((sample) => 255 - sample), label }));
  const [exchanged] = await warned(DIGITS, grey(1 / 255), inverted);
  assertContains(exchanged, "with --scale -0.00392156862745098 --mean -1 (black and white exchanged)");
  const [unlabelled] = await warned(DIGITS, grey(1), digits.slice(0, 12), false);
  assertContains(unlabelled, "inputs may be far larger than those it was trained on");
});

test("an array whose axes were renamed instead of moved", async () => {
  const turned = digits.map(({ samples, label }) => ({
    samples: Uint8Array.from(samples, (_, k) => samples[(k % 28) * 28 + Math.floor(k / 28)]),
    label,
  }));
  const [found] = await warned(DIGITS, grey(1 / 255), turned);
  assertContains(found, "with the inputs put in order (rows and columns exchanged) it is right on 60 of 60");
});

test("labels that are another model's look like chance", async () => {
  const next = random(5);
  const shuffled = digits.map(({ samples }) => ({ samples, label: Math.floor(next() * 10) }));
  const found = await warned(DIGITS, grey(1 / 255), shuffled);
  assert.equal(found.length, 1);
  assertContains(
    found[0],
    "looks like chance among 10 classes: its preprocessing may be another, or these classes not",
  );
});

/** A classifier of three classes: which colour is the strongest. */
function strongestColour(): string {
  const builder = new OnnxBuilder({ input: [1, 3, 4, 4] });
  const identity = builder.floats([3, 3, 1, 1], [1, 0, 0, 0, 1, 0, 0, 0, 1]);
  const bias = builder.floats([3], [2, 2, 2]);
  const x = builder.relu(builder.op("Conv", [builder.input, identity, bias], { kernel_shape: [1, 1] }));
  const pooled = builder.op("Flatten", [builder.op("GlobalAveragePool", [x])]);
  builder.output(builder.op("Gemm", [pooled, builder.floats([3, 3], [1, 0, 0, 0, 1, 0, 0, 0, 1])]));
  const path = join(root, "colour.onnx");
  writeFileSync(path, builder.encode());
  return path;
}

/** Images in which one colour stands a little above the grey that normalisation takes for zero. */
function coloured(count: number): Labelled[] {
  const next = random(7);
  return Array.from({ length: count }, (_, n) => {
    const label = n % 3;
    const samples = Uint8Array.from({ length: 48 }, (_, k) => {
      const c = k % 3;
      const { mean, std } = colour();
      return Math.round(255 * (mean[c] + std[c] * (0.3 * next() + (c === label ? 0.4 : 0))));
    });
    return { samples, label };
  });
}

test("a small colour model: order and units are named", async () => {
  const onnx = strongestColour();
  const inputs = coloured(60);
  assert.deepEqual(await warned(onnx, colour(), inputs), []);
  const named = async (changed: Partial<Preprocessing>) => (await warned(onnx, colour(changed), inputs))[0];
  assertContains(await named({ channelOrder: "bgr" }), "--channel-order rgb");
  assertContains(await named({ mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] }), "with --scale 1 (");
});

test("every reading is another, and none the one given", () => {
  const next = random(11);
  const images = Array.from({ length: 4 }, () => Uint8Array.from({ length: 48 }, () => 256 * next()));
  for (const given of [colour(), colour({ channelOrder: "bgr" }), colour({ mean: [0, 0, 0], std: [1, 1, 1] })]) {
    const found = mistakes(given, momentsOf(images, 3));
    assert.ok(found.length < 40, String(found.length));
    const options = found.map(({ preprocessing }) => optionsFor(given, preprocessing));
    assert.ok(options.every((text) => text.startsWith("--")));
    assert.equal(new Set(options).size, options.length);
  }
});

const resnet = join(SHARED, "models/resnet20-cifar10.onnx");
const there = existsSync(resnet);
if (!there) console.warn(`SKIPPED: ${resnet} is not there`);
(there ? test : test.skip)("ResNet20 without its std, and by samples 0…255", async () => {
  const { images } = await readImageFolder(join(SHARED, "data/cifar10/test"));
  const inputs: Labelled[] = [];
  for (const { path, label } of spread(images, 30)) {
    inputs.push({ samples: await readSamples(path, { height: 32, width: 32, channels: 3 }), label: label! });
  }
  const [std] = await warned(resnet, colour({ std: [1, 1, 1] }), inputs);
  assertContains(std, "with --std 0.229,0.224,0.225 (std of ImageNet)");
  const [unlabelled] = await warned(resnet, colour({ mean: [123, 116, 104], std: [1, 1, 1] }), inputs, false);
  assertContains(unlabelled, "inputs may be far larger");
  assert.deepEqual(await warned(resnet, colour(), inputs, false), []);
});

test.run();
