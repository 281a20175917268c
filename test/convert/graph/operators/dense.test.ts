import assert from "node:assert/strict";
import { test } from "uvu";
import { assertSame } from "../../../support/convert/compare.ts";
import { OnnxBuilder } from "../../../support/convert/onnx-builder.ts";

test("Gemm with transB, alpha, beta and every shape of C", async () => {
  for (const transB of [0, 1]) {
    for (const dims of [null, [], [1], [5], [1, 5]]) {
      const g = new OnnxBuilder({ input: ["N", 8] });
      const hidden = g.relu(g.op("Gemm", [g.input, g.random([8, 12])]));
      const weight = g.random(transB ? [5, 12] : [12, 5]);
      const inputs = [hidden, weight, ...(dims ? [g.random(dims)] : [])];
      g.output(g.op("Gemm", inputs, { transB, alpha: { float: 0.5 }, beta: { float: 2 } }));
      await assertSame(g);
    }
  }
});

test("a network of dense layers only", async () => {
  const g = new OnnxBuilder({ input: [1, 10] });
  const one = g.relu(g.op("Add", [g.op("MatMul", [g.input, g.random([10, 16])]), g.random([16])]));
  const two = g.relu(g.op("Add", [g.op("MatMul", [one, g.random([16, 16])]), g.random([16])]));
  g.output(g.op("Add", [g.op("MatMul", [two, g.random([16, 3])]), g.random([3])]));
  const network = await assertSame(g);
  assert.equal(network.populations.length, 4);
});

test("a column vector multiplied from the left", async () => {
  const g = new OnnxBuilder({ input: [10, 1] });
  const one = g.relu(g.op("Add", [g.op("MatMul", [g.random([6, 10]), g.input]), g.random([6, 1])]));
  g.output(g.op("MatMul", [g.random([4, 6]), one]));
  await assertSame(g);
});

test("an input image that is flattened at once, as 1×1×1×5 and as a map", async () => {
  for (const dims of [
    [1, 1, 1, 5],
    [1, 2, 3, 4],
    [1, 5, 6],
    [1, 1, 24, 1],
  ]) {
    const size = dims.reduce((a, b) => a * b);
    const g = new OnnxBuilder({ input: dims });
    const flat = g.op("Flatten", [g.op("Sub", [g.input, g.random(dims)])]);
    const hidden = g.relu(g.op("Gemm", [flat, g.random([size, 7]), g.random([7])]));
    g.output(g.op("Gemm", [hidden, g.random([7, 2])]));
    await assertSame(g);
  }
});

test("MatMul over the channels of every position", async () => {
  const g = new OnnxBuilder();
  const hidden = g.relu(g.conv(g.input, 2, 4, [3, 3], { pads: [1, 1, 1, 1] }));
  const last = g.op("Transpose", [hidden], { perm: [0, 2, 3, 1] });
  const mixed = g.relu(g.op("MatMul", [last, g.random([4, 5])]));
  const first = g.op("Transpose", [mixed], { perm: [0, 3, 1, 2] });
  g.output(g.conv(first, 5, 2, [3, 3]));
  await assertSame(g);
});

test("a flat vector reshaped into a map", async () => {
  const g = new OnnxBuilder({ input: [1, 6] });
  const hidden = g.relu(g.op("Gemm", [g.input, g.random([6, 48])]));
  const map = g.op("Reshape", [hidden, g.ints([1, 3, 4, 4])]);
  g.output(g.conv(map, 3, 2, [3, 3], { pads: [1, 1, 1, 1] }));
  await assertSame(g);
});

test.run();
