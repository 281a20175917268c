import assert from "node:assert/strict";
import { test } from "uvu";
import { assertSame } from "../../../support/convert/compare.ts";
import { OnnxBuilder } from "../../../support/convert/onnx-builder.ts";

function hidden(g: OnnxBuilder, channels = 3): string {
  return g.relu(g.conv(g.input, 2, channels, [3, 3], { pads: [1, 1, 1, 1] }));
}

for (const op of ["Add", "Sub", "Mul", "Div"]) {
  for (const [what, dims] of Object.entries({
    "a number": [],
    "a number per channel": [3, 1, 1],
    "a number per position": [7, 6],
    "a number per position and channel": [1, 3, 7, 6],
  })) {
    test(`${op} with ${what} on the right`, async () => {
      const g = new OnnxBuilder();
      const changed = g.op(op, [hidden(g), g.random(dims, 0.5, 2)]);
      g.output(g.conv(changed, 3, 4, [3, 3], { pads: [1, 1, 1, 1] }));
      await assertSame(g);
    });
  }
}

for (const op of ["Add", "Sub", "Mul"]) {
  test(`${op} with a constant on the left`, async () => {
    const g = new OnnxBuilder();
    const changed = g.op(op, [g.random([3, 1, 1]), hidden(g)]);
    g.output(g.conv(changed, 3, 4, [3, 3], { pads: [1, 1, 1, 1] }));
    await assertSame(g);
  });
}

test("normalisation inside the graph: Sub and Div on the input", async () => {
  const g = new OnnxBuilder();
  const centred = g.op("Sub", [g.input, g.floats([2, 1, 1], [0.3, -0.2])]);
  const scaled = g.op("Div", [centred, g.floats([2, 1, 1], [0.25, 0.5])]);
  g.output(g.conv(scaled, 2, 3, [3, 3]));
  await assertSame(g);
});

test("bias as a separate Add after Conv and after MatMul", async () => {
  const g = new OnnxBuilder();
  const conv = g.op("Conv", [g.input, g.random([4, 2, 3, 3])]);
  const activations = g.relu(g.op("Add", [conv, g.random([4, 1, 1])]));
  const flat = g.op("Reshape", [activations, g.ints([1, -1])]);
  const product = g.op("MatMul", [flat, g.random([80, 5])]);
  g.output(g.op("Add", [g.random([5]), product]));
  const network = await assertSame(g);
  assert.equal(network.populations.length, 3);
});

test("BatchNormalization after Conv, after Relu, before Relu, and on the input", async () => {
  const g = new OnnxBuilder();
  const first = g.batchNorm(g.input, 2);
  const conv = g.batchNorm(g.conv(first, 2, 4, [3, 3]), 4);
  const after = g.batchNorm(g.relu(conv), 4);
  const again = g.relu(g.batchNorm(after, 4));
  g.output(g.batchNorm(g.conv(again, 4, 3, [3, 3]), 3));
  await assertSame(g);
});

test("BatchNormalization of a flat tensor, per feature of a flattened map, and of a 1-D signal", async () => {
  const g = new OnnxBuilder();
  const flat = g.batchNorm(g.op("Flatten", [hidden(g)]), 126);
  const dense = g.relu(g.op("Gemm", [flat, g.random([126, 8]), g.random([8])]));
  g.output(g.op("Gemm", [g.batchNorm(dense, 8), g.random([8, 3])]));
  await assertSame(g);
  const h = new OnnxBuilder({ input: [1, 2, 15] });
  h.output(h.relu(h.batchNorm(h.conv(h.input, 2, 3, [3]), 3)));
  await assertSame(h);
});

test("a factor per feature of a flattened map, rectified", async () => {
  const g = new OnnxBuilder();
  const flat = g.relu(g.batchNorm(g.op("Flatten", [hidden(g)]), 126));
  g.output(g.op("Gemm", [flat, g.random([126, 3])]));
  await assertSame(g);
});

test("a scale layer, Neg, Sum and Mean of several tensors", async () => {
  const g = new OnnxBuilder();
  const a = hidden(g);
  const b = g.op("Neg", [hidden(g)]);
  const c = g.op("Mul", [hidden(g), g.random([3, 1, 1])]);
  const sum = g.op("Sum", [a, b, c, g.random([3, 1, 1])]);
  const mean = g.op("Mean", [a, sum]);
  g.output(g.conv(g.relu(mean), 3, 2, [3, 3]));
  await assertSame(g);
});

test("Sub of two tensors", async () => {
  const g = new OnnxBuilder();
  const difference = g.op("Sub", [hidden(g), g.conv(hidden(g), 3, 3, [1, 1])]);
  g.output(g.conv(g.relu(difference), 3, 2, [3, 3]));
  await assertSame(g);
});

test.run();
