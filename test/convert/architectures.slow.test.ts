import assert from "node:assert/strict";
import { test } from "uvu";
import { assertSame } from "../support/convert/compare.ts";
import { OnnxBuilder } from "../support/convert/onnx-builder.ts";

const PADDED = { pads: [1, 1, 1, 1] };

test("residual blocks: identity and 1×1 projection shortcuts", async () => {
  const g = new OnnxBuilder({ input: [1, 2, 8, 8] });
  let x = g.relu(g.batchNorm(g.conv(g.input, 2, 4, [3, 3], PADDED), 4));
  for (const [inputs, outputs, stride] of [
    [4, 4, 1],
    [4, 6, 2],
    [6, 6, 1],
  ]) {
    const strides = [stride, stride];
    const first = g.relu(g.batchNorm(g.conv(x, inputs, outputs, [3, 3], { ...PADDED, strides }), outputs));
    const second = g.batchNorm(g.conv(first, outputs, outputs, [3, 3], PADDED), outputs);
    const shortcut = stride > 1 ? g.batchNorm(g.conv(x, inputs, outputs, [1, 1], { strides }), outputs) : x;
    x = g.relu(g.op("Add", [second, shortcut]));
  }
  g.output(g.op("Gemm", [g.op("Flatten", [g.op("GlobalAveragePool", [x])]), g.random([6, 3])]));
  const network = await assertSame(g);
  const synchronous = network.populations.filter((p) => p.kind === "synchronous");
  assert.equal(synchronous.length, 3, "one per shortcut, before its projection");
});

test("pre-activation residual blocks: the sum is carried as ON and OFF channels", async () => {
  const g = new OnnxBuilder({ input: [1, 2, 6, 6] });
  let x = g.conv(g.input, 2, 4, [3, 3], PADDED);
  for (let block = 0; block < 3; block++) {
    const first = g.conv(g.relu(g.batchNorm(x, 4)), 4, 4, [3, 3], PADDED);
    const second = g.conv(g.relu(g.batchNorm(first, 4)), 4, 4, [3, 3], PADDED);
    x = g.op("Add", [second, x]);
  }
  const last = g.op("GlobalAveragePool", [g.relu(g.batchNorm(x, 4))]);
  g.output(g.op("Gemm", [g.op("Flatten", [last]), g.random([4, 3])]));
  const network = await assertSame(g);
  const convolutions = network.projections.filter((q) => !q.structural);
  assert.equal(convolutions.length, 8, "no convolution is computed twice");
});

test("MobileNetV1: depthwise separable convolutions with ReLU6", async () => {
  const g = new OnnxBuilder({ input: [1, 3, 12, 12] });
  const relu6 = (x: string) => g.op("Clip", [x, g.floats([], [0]), g.floats([], [6])]);
  let x = relu6(g.batchNorm(g.conv(g.input, 3, 4, [3, 3], { auto_pad: "SAME_UPPER", strides: [2, 2] }), 4));
  for (const [inputs, outputs, stride] of [
    [4, 6, 1],
    [6, 8, 2],
  ]) {
    const set = { group: inputs, auto_pad: "SAME_UPPER", strides: [stride, stride] };
    const depthwise = relu6(g.batchNorm(g.conv(x, inputs, inputs, [3, 3], set), inputs));
    x = relu6(g.batchNorm(g.conv(depthwise, inputs, outputs, [1, 1]), outputs));
  }
  g.output(g.conv(g.op("GlobalAveragePool", [x]), 8, 3, [1, 1]));
  const network = await assertSame(g);
  assert.ok(network.populations.every((p) => p.kind !== "bistable" || p.ceiling === 6));
});

test("MobileNetV2: linear bottlenecks that are added and convolved further", async () => {
  const g = new OnnxBuilder({ input: [1, 3, 8, 8] });
  const relu6 = (x: string) => g.op("Clip", [x, g.floats([], [0]), g.floats([], [6])]);
  let x = g.batchNorm(g.conv(g.input, 3, 4, [3, 3], PADDED), 4);
  for (let block = 0; block < 3; block++) {
    const expanded = relu6(g.batchNorm(g.conv(x, 4, 8, [1, 1]), 8));
    const depthwise = relu6(g.batchNorm(g.conv(expanded, 8, 8, [3, 3], { ...PADDED, group: 8 }), 8));
    const projected = g.batchNorm(g.conv(depthwise, 8, 4, [1, 1]), 4);
    x = block === 0 ? projected : g.op("Add", [x, projected]);
  }
  const last = relu6(g.conv(x, 4, 6, [1, 1]));
  g.output(g.op("Gemm", [g.op("Flatten", [g.op("GlobalAveragePool", [last])]), g.random([6, 3])]));
  const network = await assertSame(g);
  assert.equal(network.populations.filter((p) => p.signed && p.kind === "bistable").length, 4);
  const trained = network.projections.filter((q) => !q.structural);
  assert.equal(trained.filter((q) => network.populations[q.target].kind === "bistable").length, 11);
});

test("DenseNet: every layer reads all that came before", async () => {
  const g = new OnnxBuilder({ input: [1, 2, 8, 8] });
  let x = g.op("MaxPool", [g.relu(g.conv(g.input, 2, 4, [3, 3], PADDED))], { kernel_shape: [2, 2], strides: [2, 2] });
  let channels = 4;
  for (let layer = 0; layer < 3; layer++) {
    const narrow = g.conv(g.relu(g.batchNorm(x, channels)), channels, 6, [1, 1]);
    const grown = g.conv(g.relu(g.batchNorm(narrow, 6)), 6, 2, [3, 3], PADDED);
    x = g.op("Concat", [x, grown], { axis: 1 });
    channels += 2;
  }
  const transition = g.conv(g.relu(g.batchNorm(x, channels)), channels, 5, [1, 1]);
  const half = g.op("AveragePool", [transition], { kernel_shape: [2, 2], strides: [2, 2] });
  const last = g.op("GlobalAveragePool", [g.relu(g.batchNorm(half, 5))]);
  g.output(g.conv(last, 5, 3, [1, 1]));
  const network = await assertSame(g);
  const trained = new Set(network.projections.filter((q) => !q.structural).map((q) => q.target));
  assert.equal(trained.size, 1 + 2 * 3 + 1 + 1, "no convolution is computed twice");
});

test("Inception: branches of unequal depth, one of them pooled", async () => {
  const g = new OnnxBuilder({ input: [1, 2, 8, 8] });
  const x = g.relu(g.conv(g.input, 2, 4, [3, 3], PADDED));
  const one = g.relu(g.conv(x, 4, 2, [1, 1]));
  const three = g.relu(g.conv(g.relu(g.conv(x, 4, 2, [1, 1])), 2, 3, [3, 3], PADDED));
  const five = g.relu(
    g.conv(g.relu(g.conv(x, 4, 2, [1, 7], { pads: [0, 3, 0, 3] })), 2, 2, [7, 1], { pads: [3, 0, 3, 0] }),
  );
  const average = g.op("AveragePool", [x], { kernel_shape: [3, 3], ...PADDED, count_include_pad: 0 });
  const pooled = g.relu(g.conv(average, 4, 2, [1, 1]));
  const joined = g.op("Concat", [one, three, five, pooled], { axis: 1 });
  const reduced = g.op("MaxPool", [joined], { kernel_shape: [3, 3], strides: [2, 2] });
  g.output(g.conv(reduced, 9, 3, [3, 3]));
  await assertSame(g);
});

test("SqueezeNet: fire modules, ceil-mode pooling, a convolution before global pooling", async () => {
  const g = new OnnxBuilder({ input: [1, 3, 15, 15] });
  let x = g.relu(g.conv(g.input, 3, 6, [3, 3], { strides: [2, 2] }));
  x = g.op("MaxPool", [x], { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 });
  const squeezed = g.relu(g.conv(x, 6, 3, [1, 1]));
  const parts = [g.relu(g.conv(squeezed, 3, 4, [1, 1])), g.relu(g.conv(squeezed, 3, 4, [3, 3], PADDED))];
  const classes = g.relu(g.conv(g.op("Concat", parts, { axis: 1 }), 8, 5, [1, 1]));
  g.output(g.op("Softmax", [g.op("Flatten", [g.op("GlobalAveragePool", [classes])])], { axis: 1 }));
  const network = await assertSame(g);
  assert.equal(network.notes.length, 2);
});

test("ShuffleNetV2: channels split, one half convolved, joined and shuffled", async () => {
  const g = new OnnxBuilder({ input: [1, 3, 6, 6] });
  let x = g.relu(g.conv(g.input, 3, 8, [3, 3], PADDED));
  for (let block = 0; block < 3; block++) {
    g.op("Split", [x], { axis: 1 }, { outputs: [`left${block}`, `right${block}`] });
    const one = g.relu(g.batchNorm(g.conv(`right${block}`, 4, 4, [1, 1]), 4));
    const two = g.batchNorm(g.conv(one, 4, 4, [3, 3], { ...PADDED, group: 4 }), 4);
    const three = g.relu(g.conv(two, 4, 4, [1, 1]));
    const joined = g.op("Concat", [`left${block}`, three], { axis: 1 });
    const apart = g.op("Reshape", [joined, g.ints([1, 2, 4, 6, 6])]);
    x = g.op("Reshape", [g.op("Transpose", [apart], { perm: [0, 2, 1, 3, 4] }), g.ints([1, 8, 6, 6])]);
  }
  g.output(g.conv(x, 8, 3, [3, 3]));
  await assertSame(g);
});

test("a net exported with channels last, its layers wrapped in Transpose", async () => {
  const g = new OnnxBuilder({ input: ["N", 9, 9, 1] });
  const first = g.op("Transpose", [g.input], { perm: [0, 3, 1, 2] });
  const conv = g.relu(g.op("Add", [g.conv(first, 1, 4, [3, 3], PADDED), g.random([4, 1, 1])]));
  const pooled = g.op("MaxPool", [conv], { kernel_shape: [2, 2], strides: [2, 2] });
  const last = g.op("Transpose", [g.relu(g.conv(pooled, 4, 5, [3, 3]))], { perm: [0, 2, 3, 1] });
  const shape = g.op("Concat", [g.op("Slice", [g.op("Shape", [last]), g.ints([0]), g.ints([1])]), g.ints([20])], {
    axis: 0,
  });
  const flat = g.op("Reshape", [last, shape]);
  g.output(g.op("Softmax", [g.op("Add", [g.op("MatMul", [flat, g.random([20, 3])]), g.random([3])])]));
  await assertSame(g);
});

test("RepVGG: three linear branches added before one Relu", async () => {
  const g = new OnnxBuilder({ input: [1, 3, 6, 6] });
  let x = g.relu(g.conv(g.input, 3, 4, [3, 3], PADDED));
  for (let block = 0; block < 2; block++) {
    const three = g.batchNorm(g.conv(x, 4, 4, [3, 3], PADDED), 4);
    const one = g.batchNorm(g.conv(x, 4, 4, [1, 1]), 4);
    x = g.relu(g.op("Add", [g.op("Add", [three, one]), g.batchNorm(x, 4)]));
  }
  g.output(g.conv(x, 4, 2, [3, 3]));
  const network = await assertSame(g);
  assert.equal(network.populations.length, 5);
});

test.run();
