import assert from "node:assert/strict";
import { test } from "uvu";
import { assertSame } from "../../../support/convert/compare.ts";
import { type Attribute, OnnxBuilder } from "../../../support/convert/onnx-builder.ts";

const attributes: Record<string, Record<string, Attribute>> = {
  "without padding": {},
  "with symmetric padding": { pads: [1, 1, 1, 1] },
  "with asymmetric padding": { pads: [0, 2, 1, 1] },
  "with strides": { pads: [1, 1, 1, 1], strides: [2, 3] },
  "with dilation": { pads: [2, 2, 2, 2], dilations: [2, 2] },
  "with auto_pad SAME_UPPER": { auto_pad: "SAME_UPPER", strides: [2, 2] },
  "with auto_pad SAME_LOWER": { auto_pad: "SAME_LOWER", strides: [2, 2] },
  "with auto_pad VALID": { auto_pad: "VALID", strides: [2, 2] },
};

for (const [name, set] of Object.entries(attributes)) {
  test(`Conv ${name}`, async () => {
    const g = new OnnxBuilder();
    const hidden = g.relu(g.conv(g.input, 2, 4, [3, 3], { pads: [1, 1, 1, 1] }));
    g.output(g.conv(hidden, 4, 5, [3, 3], set));
    await assertSame(g);
  });

  test(`Conv ${name} on the input`, async () => {
    const g = new OnnxBuilder();
    g.output(g.conv(g.input, 2, 5, [3, 3], set));
    await assertSame(g);
  });
}

test("Conv with an even kernel under SAME padding of odd total", async () => {
  for (const auto_pad of ["SAME_UPPER", "SAME_LOWER"]) {
    const g = new OnnxBuilder();
    g.output(g.conv(g.relu(g.conv(g.input, 2, 3, [2, 2], { auto_pad })), 3, 3, [4, 2], { auto_pad }));
    await assertSame(g);
  }
});

test("Conv without bias and without kernel_shape", async () => {
  const g = new OnnxBuilder();
  g.output(g.op("Conv", [g.input, g.random([3, 2, 3, 3])]));
  await assertSame(g);
});

test("grouped Conv", async () => {
  const g = new OnnxBuilder();
  const hidden = g.relu(g.conv(g.input, 2, 6, [3, 3], { group: 2 }));
  g.output(g.conv(hidden, 6, 9, [3, 3], { group: 3, pads: [1, 1, 1, 1] }));
  const network = await assertSame(g);
  assert.deepEqual(
    network.projections.map((q) => q.groups),
    [2, 3],
  );
});

test("depthwise Conv, with and without a multiplier", async () => {
  const g = new OnnxBuilder();
  const hidden = g.relu(g.conv(g.input, 2, 4, [3, 3]));
  const wide = g.relu(g.conv(hidden, 4, 8, [3, 3], { group: 4 }));
  g.output(g.conv(wide, 8, 8, [3, 3], { group: 8, pads: [1, 1, 1, 1] }));
  await assertSame(g);
});

test("1-D Conv", async () => {
  const g = new OnnxBuilder({ input: [1, 3, 20] });
  const hidden = g.relu(g.conv(g.input, 3, 4, [5], { pads: [2, 2], strides: [2] }));
  const pooled = g.op("MaxPool", [hidden], { kernel_shape: [2], strides: [2] });
  const dilated = g.relu(g.conv(pooled, 4, 4, [3], { dilations: [2] }));
  g.output(g.op("GlobalAveragePool", [dilated]));
  const network = await assertSame(g);
  assert.deepEqual(
    [network.populations[0].height, network.populations[0].width, network.populations[0].channels],
    [1, 20, 3],
  );
});

test("Conv over concatenated parts becomes one projection per part", async () => {
  const g = new OnnxBuilder();
  const stem = g.relu(g.conv(g.input, 2, 3, [3, 3], { pads: [1, 1, 1, 1] }));
  const left = g.relu(g.conv(stem, 3, 4, [1, 1]));
  const right = g.relu(g.conv(stem, 3, 2, [3, 3], { pads: [1, 1, 1, 1] }));
  const joined = g.op("Concat", [left, right], { axis: 1 });
  g.output(g.conv(joined, 6, 4, [3, 3], { pads: [1, 1, 1, 1] }));
  const network = await assertSame(g);
  const last = network.populations.length - 1;
  assert.equal(network.projections.filter((q) => q.target === last).length, 2);
});

test("grouped Conv whose groups do not end where concatenated parts do", async () => {
  for (const group of [2, 3, 6]) {
    const g = new OnnxBuilder();
    const left = g.relu(g.conv(g.input, 2, 4, [1, 1]));
    const right = g.relu(g.conv(g.input, 2, 2, [1, 1]));
    const joined = g.op("Concat", [left, right], { axis: 1 });
    g.output(g.conv(joined, 6, 6, [3, 3], { group, pads: [1, 1, 1, 1] }));
    await assertSame(g);
  }
});

test("a constant before zero padding gives a bias per position", async () => {
  const g = new OnnxBuilder();
  const hidden = g.relu(g.conv(g.input, 2, 3, [3, 3]));
  const normalised = g.batchNorm(hidden, 3);
  g.output(g.conv(normalised, 3, 4, [3, 3], { pads: [1, 1, 1, 1] }));
  const network = await assertSame(g);
  const output = network.populations.at(-1)!;
  assert.equal(output.bias.length, output.height * output.width * output.channels);
});

test("a constant on the input before padding: the zero point stands for it, or a bias per position does", async () => {
  for (const shift of [0.5, 5]) {
    const g = new OnnxBuilder();
    const moved = g.op("Add", [g.input, g.floats([1], [shift])]);
    g.output(g.conv(moved, 2, 3, [3, 3], { pads: [1, 1, 1, 1] }));
    const network = await assertSame(g);
    assert.deepEqual([...network.input.zeroPoint], shift < 1 ? [78, 78] : [0, 0]);
  }
});

test("two padded convolutions of the input that pad with different values", async () => {
  const g = new OnnxBuilder();
  const moved = g.op("Add", [g.input, g.floats([2, 1, 1], [0.25, -0.5])]);
  const left = g.conv(g.input, 2, 3, [3, 3], { pads: [1, 1, 1, 1] });
  const right = g.conv(moved, 2, 3, [3, 3], { pads: [1, 1, 1, 1] });
  g.output(g.op("Add", [left, right]));
  await assertSame(g);
});

test("Conv after Conv: a population carries the values between, signed", async () => {
  const g = new OnnxBuilder();
  const linear = g.conv(g.input, 2, 3, [3, 3]);
  g.output(g.conv(linear, 3, 4, [3, 3], { pads: [1, 1, 1, 1] }));
  const network = await assertSame(g);
  assert.deepEqual(
    network.populations.map((p) => p.signed),
    [false, true, false],
  );
  assert.equal(network.populations[1].channels, 6);
});

test("depthwise and grouped Conv of signed values", async () => {
  for (const group of [2, 4]) {
    const g = new OnnxBuilder();
    const linear = g.conv(g.input, 2, 4, [3, 3]);
    const next = g.conv(linear, 4, 4, [3, 3], { group });
    g.output(g.conv(next, 4, 3, [1, 1]));
    await assertSame(g);
  }
});

test("values that cannot be negative are carried without an OFF half", async () => {
  const g = new OnnxBuilder();
  const hidden = g.relu(g.conv(g.input, 2, 3, [3, 3]));
  const positive = g.op("Conv", [hidden, g.random([3, 3, 1, 1], 0, 1), g.random([3], 0, 1)]);
  g.output(g.conv(positive, 3, 2, [3, 3]));
  const network = await assertSame(g);
  assert.ok(network.populations.every((p) => !p.signed));
});

test("counts the ANN's multiply-accumulates, padding included", async () => {
  const g = new OnnxBuilder();
  const hidden = g.relu(g.conv(g.input, 2, 4, [3, 3], { pads: [1, 1, 1, 1] }));
  const depthwise = g.relu(g.conv(hidden, 4, 4, [3, 3], { group: 4 }));
  g.output(g.op("Gemm", [g.op("Flatten", [depthwise]), g.random([5 * 4 * 4, 3])]));
  const network = await assertSame(g);
  assert.equal(network.macs, 7 * 6 * 4 * 2 * 9 + 5 * 4 * 4 * 9 + 5 * 4 * 4 * 3);
});

test.run();
