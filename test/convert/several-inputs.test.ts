/** Models of several inputs compute what onnxruntime-web computes, whatever the inputs are. */

import assert from "node:assert/strict";
import { test } from "uvu";
import type { InputOptions } from "../../convert/form/input.ts";
import { assertSame } from "../support/convert/compare.ts";
import { OnnxBuilder } from "../support/convert/onnx-builder.ts";

// Padding is exact where a sample stands for zero.
const image: InputOptions = { preprocessing: { scale: 1 / 255, mean: [0.4], std: [0.229], channelOrder: "rgb" } };
const colour: InputOptions = {
  preprocessing: { scale: 1 / 255, mean: [0.2, 0.4, 0.6], std: [0.2, 0.3, 0.4], channelOrder: "rgb" },
};
const range: InputOptions = { range: [-1, 2] };
const signed: InputOptions = { range: [-1, 2], signed: true };
const all = { pads: [1, 1, 1, 1] };

test("two frames, subtracted and convolved", async () => {
  const g = new OnnxBuilder({ inputs: { before: ["N", 3, 6, 5], after: ["N", 3, 6, 5] } });
  const change = g.op("Sub", ["after", "before"]);
  g.output(g.conv(g.relu(g.conv(change, 3, 4, [3, 3], all)), 4, 2, [3, 3], all));
  const network = await assertSame(g, colour);
  assert.equal(network.populations[0].name, "before+after");
  assert.equal(network.populations[0].channels, 6);
});

test("two frames, each with a convolution and a frame of its own kind", async () => {
  const g = new OnnxBuilder({ inputs: { left: [1, 3, 6, 5], right: [1, 1, 6, 5] } });
  const a = g.conv("left", 3, 4, [3, 3], all);
  const b = g.conv("right", 1, 4, [5, 3], { pads: [2, 1, 2, 1] });
  g.output(g.conv(g.relu(g.op("Add", [a, b])), 4, 2, [1, 1]));
  await assertSame(g, [colour, image]);
  await assertSame(g, [colour, range]);
  await assertSame(g, [colour, signed]);
});

test("two images joined along their channels", async () => {
  const g = new OnnxBuilder({ inputs: { a: ["N", 3, 5, 5], b: ["N", 1, 5, 5] } });
  const joined = g.op("Concat", ["a", "b"], { axis: 1 });
  g.output(g.conv(g.relu(g.conv(joined, 4, 6, [3, 3], { ...all, strides: [2, 2] })), 6, 3, [3, 3]));
  const network = await assertSame(g, [colour, image]);
  // The samples of both lie side by side, so that the first convolution is one projection.
  assert.equal(network.projections.filter(({ source }) => source === 0).length, 1);
});

test("two images joined in space", async () => {
  const g = new OnnxBuilder({ inputs: { a: ["N", 3, 4, 3], b: ["N", 3, 4, 2] } });
  const joined = g.op("Concat", ["a", "b"], { axis: 3 });
  g.output(g.conv(g.relu(g.conv(joined, 3, 4, [3, 3], all)), 4, 2, [3, 3]));
  await assertSame(g, colour);
});

test("siamese: the same weights on both, then the difference", async () => {
  const g = new OnnxBuilder({ inputs: { a: ["N", 3, 6, 6], b: ["N", 3, 6, 6] } });
  const weight = g.random([4, 3, 3, 3]);
  const bias = g.random([4]);
  const features = (x: string) => {
    const found = g.relu(g.op("Conv", [x, weight, bias], { kernel_shape: [3, 3], ...all }));
    return g.op("Flatten", [g.op("MaxPool", [found], { kernel_shape: [2, 2], strides: [2, 2] })]);
  };
  const apart = g.op("Abs", [g.op("Sub", [features("a"), features("b")])]);
  g.output(g.op("Gemm", [apart, g.random([36, 2]), g.random([2])]));
  await assertSame(g, colour);
});

test("an image and a vector of real values meet in a dense layer", async () => {
  for (const [values, meaning] of [
    [5, range],
    [5, signed],
    [70, range],
    [300, signed],
  ] as const) {
    const g = new OnnxBuilder({ inputs: { image: ["N", 3, 6, 6], state: ["N", values] } });
    const features = g.op("Flatten", [g.relu(g.conv("image", 3, 2, [3, 3], { strides: [2, 2] }))]);
    const joined = g.op("Concat", [features, "state"], { axis: 1 });
    const hidden = g.relu(g.op("Gemm", [joined, g.random([8 + values, 6]), g.random([6])]));
    g.output(g.op("Gemm", [hidden, g.random([6, 3]), g.random([3])]));
    await assertSame(g, [colour, meaning]);
  }
});

test("a vector has a dense layer of its own, and scales a map's bias", async () => {
  const g = new OnnxBuilder({ inputs: { state: ["N", 9], image: ["N", 1, 5, 5] } });
  const bias = g.op("Gemm", ["state", g.random([9, 4]), g.random([4])]);
  const map = g.op("Reshape", [bias, g.ints([1, 4, 1, 1])]);
  const sum = g.op("Add", [g.conv("image", 1, 4, [3, 3], all), map]);
  g.output(g.conv(g.relu(sum), 4, 2, [3, 3]));
  await assertSame(g, [range, image]);
});

test("vectors alone, added and joined", async () => {
  const g = new OnnxBuilder({ inputs: { a: ["N", 4], b: ["N", 4], c: ["N", 3] } });
  const sum = g.op("Add", [g.op("Mul", ["a", g.floats([], [0.5])]), "b"]);
  const joined = g.op("Concat", [g.relu(sum), "c"], { axis: 1 });
  g.output(g.op("Gemm", [joined, g.random([7, 3]), g.random([3])]));
  const network = await assertSame(
    g,
    [range, signed, range].map((one) => ({ ...one, signed: true })),
  );
  assert.equal(network.populations[0].channels, 22);
  await assertSame(g, range);
});

test("images of different sizes keep their own borders", async () => {
  const g = new OnnxBuilder({ inputs: { small: ["N", 3, 3, 4], large: ["N", 3, 7, 6] } });
  const a = g.relu(g.conv("small", 3, 4, [3, 3], all));
  const b = g.relu(g.conv("large", 3, 4, [3, 3], { ...all, strides: [2, 2] }));
  const pooled = [a, b].map((x) => g.op("Flatten", [g.op("GlobalAveragePool", [x])]));
  g.output(g.op("Gemm", [g.op("Concat", pooled, { axis: 1 }), g.random([8, 3]), g.random([3])]));
  const network = await assertSame(g, colour);
  // Both are read at once, with nothing between.
  assert.equal(Math.max(...network.projections.filter(({ source }) => source === 0).map(({ target }) => target)), 2);
});

test("images of different sizes, dense layers on both", async () => {
  const g = new OnnxBuilder({ inputs: { small: ["N", 1, 3, 4], large: ["N", 3, 4, 3] } });
  const flat = ["small", "large"].map((x) => g.op("Flatten", [x]));
  const joined = g.op("Concat", flat, { axis: 1 });
  g.output(g.op("Gemm", [g.relu(g.op("Gemm", [joined, g.random([48, 5]), g.random([5])])), g.random([5, 2])]));
  await assertSame(g, [image, colour]);
});

test("an input without a batch beside one with it, and one with channels last", async () => {
  const g = new OnnxBuilder({ inputs: { state: [6], image: [1, 5, 4, 3] } });
  const first = g.op("Transpose", ["image"], { perm: [0, 3, 1, 2] });
  const features = g.op("GlobalAveragePool", [g.relu(g.conv(first, 3, 6, [3, 3], all))]);
  const sum = g.op("Add", [g.op("Reshape", [features, g.ints([6])]), "state"]);
  g.output(g.op("MatMul", [g.relu(sum), g.random([6, 3])]));
  await assertSame(g, [range, colour]);
});

test("signals along one axis beside a vector", async () => {
  const g = new OnnxBuilder({ inputs: { signal: ["N", 2, 9], state: ["N", 5] } });
  const features = g.op("Flatten", [g.relu(g.conv("signal", 2, 3, [3], { pads: [1, 1] }))]);
  const joined = g.op("Concat", [features, "state"], { axis: 1 });
  g.output(g.op("Gemm", [joined, g.random([32, 3]), g.random([3])]));
  await assertSame(g, range);
  await assertSame(g, signed);
});

test("a blue-green-red model of two images of three channels", async () => {
  const g = new OnnxBuilder({ inputs: { a: ["N", 3, 4, 4], b: ["N", 3, 4, 4] } });
  g.output(g.conv(g.relu(g.conv(g.op("Sub", ["a", "b"]), 3, 4, [3, 3], all)), 4, 2, [1, 1]));
  await assertSame(g, {
    preprocessing: { scale: 1, mean: [104, 117, 123], std: [60, 70, 80], channelOrder: "bgr" },
  });
});

test("an input that nothing reads is left out; one of which but the shape is read, too", async () => {
  const g = new OnnxBuilder({ inputs: { idle: ["N", 7], image: ["N", 3, 4, 4], like: ["N", 2, 4, 4] } });
  const found = g.relu(g.conv("image", 3, 2, [3, 3], all));
  g.output(g.op("Reshape", [found, g.op("Shape", ["like"])]));
  const network = await assertSame(g, colour);
  assert.equal(network.populations[0].name, "image");
  assert.equal(network.input.inputs, undefined);
});

test.run();
