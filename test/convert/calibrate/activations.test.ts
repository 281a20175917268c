/** The ANN's values on calibration images, step by step. */

import assert from "node:assert/strict";
import { test } from "uvu";
import { Activations, type AnnRunner, annInput } from "../../../convert/calibrate/activations.ts";
import { largestOf, readView } from "../../../convert/calibrate/views.ts";
import { convert } from "../../../convert/index.ts";
import { OnnxBuilder } from "../../support/convert/onnx-builder.ts";
import { random } from "../../support/random.ts";

/** Shortcuts over one layer and over several, both halves of a split, channels last in between, values of either sign at the end. */
function model(): Uint8Array {
  const g = new OnnxBuilder({ input: [1, 3, 6, 6], opset: 13 });
  const same = { pads: [1, 1, 1, 1] };
  const first = g.relu(g.batchNorm(g.conv(g.input, 3, 4, [3, 3], same), 4));
  const second = g.relu(g.op("Add", [g.conv(g.relu(g.conv(first, 4, 4, [3, 3], same)), 4, 4, [1, 1]), first]));
  g.op("Split", [g.conv(second, 4, 6, [1, 1])], { axis: 1 }, { outputs: ["left", "right"] });
  const joined = g.op("Concat", [g.relu("left"), g.op("Abs", ["right"]), first], { axis: 1 });
  const last = g.op("Transpose", [g.relu(g.conv(joined, 10, 4, [3, 3]))], { perm: [0, 2, 3, 1] });
  g.output(g.op("MatMul", [g.op("MaxPool", [g.conv(last, 4, 4, [1, 1])], { kernel_shape: [2, 2] }), g.random([3, 2])]));
  return g.encode();
}

const next = random(5);
const images = Array.from({ length: 3 }, () => Uint8Array.from({ length: 108 }, () => Math.floor(256 * next())));

test("values are those of a whole pass, however few a step gives, and a step begins where the one before it ended", async () => {
  const { ann, unquantized } = await convert(model(), { calibration: async () => images });
  const runner = ann as unknown as AnnRunner;
  const inputs = images.map((samples) => annInput(unquantized.input, samples));
  const viewed = unquantized.populations.flatMap(({ view }, i) => (view ? [i] : []));
  const all = [...new Set(viewed.map((i) => unquantized.populations[i].view!.tensor))];
  const expected = new Map(viewed.map((i) => [i, [] as Float32Array[]]));
  for (const input of inputs) {
    const values = await ann.run(input, all);
    for (const i of viewed) {
      const population = unquantized.populations[i];
      const into = new Float32Array(population.height * population.width * population.channels);
      readView(population, values.get(population.view!.tensor)!, into);
      expected.get(i)!.push(into);
    }
  }
  for (const [window, leastBegun] of [
    [1e9, 0],
    [1500, 1],
    [1, 0],
  ]) {
    let begun = 0;
    const counting: AnnRunner = {
      run: (input, tensors, known) => {
        if (known && known.size > 0) begun++;
        return runner.run(input, tensors, known);
      },
      goesOnFrom: (tensors, candidates) => runner.goesOnFrom(tensors, candidates),
    };
    const activations = new Activations(counting, unquantized, inputs, window);
    for (const i of viewed) {
      const found = await activations.of(i);
      const whole = expected.get(i)!.flatMap((values) => [...values]);
      found.forEach((value, k) => {
        // Optimisers may fold what they could not while it was asked for.
        assert.ok(Math.abs(value - whole[k]) <= 1e-5 * Math.max(1, Math.abs(whole[k])), `${i}: ${value}, ${whole[k]}`);
      });
    }
    assert.ok(begun >= leastBegun * images.length, `${begun} passes began from what was known`);
  }
  await ann.dispose();
});

test("the largest activations are those of the values read out, rectified and below the ceiling", async () => {
  const { ann, unquantized } = await convert(model(), { calibration: async () => images });
  const viewed = unquantized.populations.filter(({ view }) => view);
  const values = await ann.run(annInput(unquantized.input, images[0]), [...new Set(viewed.map((p) => p.view!.tensor))]);
  for (const population of viewed) {
    for (const ceiling of [0.3, Number.POSITIVE_INFINITY]) {
      const data = values.get(population.view!.tensor)!;
      const { height, width, channels } = population;
      const read = new Float32Array(height * width * channels);
      readView(population, data, read);
      const found = new Float32Array(channels);
      largestOf({ ...population, ceiling }, data, found);
      const expected = new Float32Array(channels);
      read.forEach((value, at) => {
        expected[at % channels] = Math.max(expected[at % channels], Math.min(value, ceiling));
      });
      assert.deepEqual([...found], [...expected], population.name);
    }
  }
  await ann.dispose();
});

test.run();
