import assert from "node:assert/strict";
import { test } from "uvu";
import { assertSame } from "../../../support/convert/compare.ts";
import { DataType, OnnxBuilder } from "../../../support/convert/onnx-builder.ts";

/** Finishes a graph and gives the ceilings of its hidden populations. */
async function ceilings(g: OnnxBuilder, activations: string, channels = 3): Promise<number[]> {
  g.output(g.conv(activations, channels, 2, [1, 1]));
  const network = await assertSame(g);
  return network.populations.filter((p) => p.kind === "bistable").map((p) => p.ceiling);
}

const linear = (g: OnnxBuilder) => g.conv(g.input, 2, 3, [3, 3]);

test("Clip from 0 as ReLU6: bounds as attributes", async () => {
  const g = new OnnxBuilder({ opset: 9 });
  assert.deepEqual(await ceilings(g, g.op("Clip", [linear(g)], { min: { float: 0 }, max: { float: 0.5 } })), [0.5]);
});

test("Clip from 0 as ReLU6: bounds as initializers, as Constant nodes, and as computed constants", async () => {
  const g = new OnnxBuilder();
  assert.deepEqual(await ceilings(g, g.op("Clip", [linear(g), g.floats([], [0]), g.floats([], [0.5])])), [0.5]);

  const h = new OnnxBuilder();
  const constant = (value: number) =>
    h.op("Constant", [], { value: { dims: [], dataType: DataType.FLOAT, floatData: [value] } });
  assert.deepEqual(await ceilings(h, h.op("Clip", [linear(h), constant(0), constant(0.5)])), [0.5]);

  const k = new OnnxBuilder();
  const half = k.op("Div", [k.floats([], [1]), k.floats([], [2])]);
  assert.deepEqual(await ceilings(k, k.op("Clip", [linear(k), k.floats([], [0]), half])), [0.5]);
});

test("Clip without an upper bound is Relu", async () => {
  const g = new OnnxBuilder();
  assert.deepEqual(await ceilings(g, g.op("Clip", [linear(g), g.floats([], [0])])), [Number.POSITIVE_INFINITY]);
  const h = new OnnxBuilder({ opset: 9 });
  assert.deepEqual(await ceilings(h, h.op("Clip", [linear(h)], { min: { float: 0 } })), [Number.POSITIVE_INFINITY]);
});

test("Max with 0 on either side, and Min of what it gives", async () => {
  const g = new OnnxBuilder();
  const rectified = g.op("Max", [g.floats([], [0]), linear(g)]);
  assert.deepEqual(await ceilings(g, g.op("Min", [rectified, g.floats([], [0.5])])), [0.5]);
});

test("Relu and Clip after it are one population", async () => {
  const g = new OnnxBuilder();
  const clipped = g.op("Clip", [g.relu(linear(g)), "", g.floats([], [0.5])]);
  assert.deepEqual(await ceilings(g, clipped), [0.5]);
});

test("Relu read both with and without a later bound", async () => {
  const g = new OnnxBuilder();
  const rectified = g.relu(linear(g));
  const clipped = g.op("Clip", [rectified, g.floats([], [-1]), g.floats([], [0.5])]);
  assert.deepEqual(await ceilings(g, g.op("Add", [rectified, clipped])), [Number.POSITIVE_INFINITY, 0.5]);
});

test("several Relu of one tensor are one population, Relu of Relu none", async () => {
  const g = new OnnxBuilder();
  const tensor = linear(g);
  const first = g.relu(tensor);
  const second = g.relu(g.relu(tensor));
  assert.equal((await ceilings(g, g.op("Concat", [first, second], { axis: 1 }), 6)).length, 1);
});

test("Relu over concatenated and over added values", async () => {
  const g = new OnnxBuilder();
  const joined = g.relu(g.op("Concat", [linear(g), linear(g)], { axis: 1 }));
  assert.equal((await ceilings(g, joined, 6)).length, 1);
  const h = new OnnxBuilder();
  assert.equal((await ceilings(h, h.relu(h.op("Add", [linear(h), linear(h)])))).length, 1);
});

test("the ON half of a signed population is its Relu", async () => {
  const g = new OnnxBuilder();
  const tensor = linear(g);
  const next = g.conv(tensor, 3, 3, [1, 1]);
  const sum = g.op("Add", [g.relu(tensor), g.relu(next)]);
  g.output(g.conv(sum, 3, 2, [1, 1]));
  const network = await assertSame(g);
  assert.equal(network.populations.filter((p) => p.kind === "bistable").length, 2);
});

test("concatenated ReLU: a tensor and its negative, rectified, are the two halves of one population", async () => {
  const g = new OnnxBuilder();
  const tensor = linear(g);
  const both = g.relu(g.op("Concat", [tensor, g.op("Neg", [tensor])], { axis: 1 }));
  assert.equal((await ceilings(g, both, 6)).length, 1);
});

test.run();
