import assert from "node:assert/strict";
import { test } from "uvu";
import { assertSame } from "../../../support/convert/compare.ts";
import { type Attribute, OnnxBuilder } from "../../../support/convert/onnx-builder.ts";

/** A rectified population to pool. */
function hidden(g: OnnxBuilder, channels = 3): string {
  return g.relu(g.conv(g.input, 2, channels, [3, 3], { pads: [1, 1, 1, 1] }));
}

const windows: Record<string, Record<string, Attribute>> = {
  "without overlap": { kernel_shape: [2, 2], strides: [2, 2] },
  "with overlap": { kernel_shape: [3, 3], strides: [2, 2] },
  "with default strides": { kernel_shape: [2, 3] },
  "with padding": { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
  "with asymmetric padding": { kernel_shape: [3, 2], strides: [2, 2], pads: [0, 1, 2, 0] },
  "in ceil mode": { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 },
  "in ceil mode with padding": { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1, pads: [1, 1, 1, 1] },
  "in ceil mode with long strides": { kernel_shape: [2, 2], strides: [3, 4], ceil_mode: 1 },
  "with auto_pad SAME_UPPER": { kernel_shape: [2, 3], strides: [2, 2], auto_pad: "SAME_UPPER" },
  "with auto_pad SAME_LOWER": { kernel_shape: [2, 3], strides: [2, 2], auto_pad: "SAME_LOWER" },
  "with auto_pad VALID": { kernel_shape: [2, 3], strides: [2, 2], auto_pad: "VALID" },
};

for (const [name, set] of Object.entries(windows)) {
  for (const opset of [10, 13, 22]) {
    test(`MaxPool ${name}, opset ${opset}`, async () => {
      const g = new OnnxBuilder({ opset, input: ["N", 2, 8, 9] });
      const pooled = g.op("MaxPool", [hidden(g)], set);
      g.output(g.conv(pooled, 3, 4, [2, 2], { pads: [1, 1, 0, 0] }));
      await assertSame(g);
    });

    for (const count_include_pad of [0, 1]) {
      test(`AveragePool ${name}, count_include_pad ${count_include_pad}, opset ${opset}`, async () => {
        const g = new OnnxBuilder({ opset, input: ["N", 2, 8, 9] });
        const pooled = g.op("AveragePool", [hidden(g)], { ...set, count_include_pad });
        g.output(g.conv(pooled, 3, 4, [2, 2], { pads: [1, 1, 0, 0] }));
        await assertSame(g);
      });
    }
  }
}

test("MaxPool with dilation", async () => {
  const g = new OnnxBuilder();
  g.output(g.op("MaxPool", [hidden(g)], { kernel_shape: [2, 2], dilations: [2, 3], pads: [1, 0, 0, 1] }));
  await assertSame(g);
});

test("AveragePool with dilation", async () => {
  for (const count_include_pad of [0, 1]) {
    const g = new OnnxBuilder({ opset: 19 });
    const set = { kernel_shape: [2, 2], dilations: [2, 3], pads: [1, 0, 0, 1], count_include_pad };
    g.output(g.op("AveragePool", [hidden(g)], set));
    await assertSame(g);
  }
});

test("MaxPool of explicitly zero-padded activations", async () => {
  const g = new OnnxBuilder();
  const padded = g.op("Pad", [hidden(g), g.ints([0, 0, 0, 1, 0, 0, 1, 2])]);
  g.output(g.op("MaxPool", [padded], { kernel_shape: [3, 3], strides: [2, 2] }));
  await assertSame(g);
});

test("MaxPool before Relu: the maximum of rectified values is the rectified maximum", async () => {
  const g = new OnnxBuilder();
  const linear = g.conv(g.input, 2, 4, [3, 3], { pads: [1, 1, 1, 1] });
  const pooled = g.op("MaxPool", [linear], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] });
  g.output(g.conv(g.relu(pooled), 4, 3, [3, 3]));
  const network = await assertSame(g);
  assert.ok(network.populations.every((p) => !p.signed));
});

test("MaxPool before Clip from zero, before Relu and a bound: one population, rectified and limited before the maximum", async () => {
  for (const limited of [
    (g: OnnxBuilder, x: string) => g.op("Clip", [x, g.floats([], [0]), g.floats([], [0.5])]),
    (g: OnnxBuilder, x: string) => g.op("Min", [g.relu(x), g.floats([], [0.5])]),
  ]) {
    const g = new OnnxBuilder();
    const pooled = g.op("MaxPool", [g.conv(g.input, 2, 4, [3, 3])], { kernel_shape: [2, 2] });
    g.output(g.conv(limited(g, pooled), 4, 3, [1, 1]));
    const { populations } = await assertSame(g);
    assert.deepEqual(
      populations.map((p) => p.ceiling),
      [Number.POSITIVE_INFINITY, 0.5, Number.POSITIVE_INFINITY],
    );
  }
});

test("MaxPool of MaxPool, of an average, and over concatenated parts", async () => {
  const g = new OnnxBuilder({ input: ["N", 2, 12, 12] });
  const one = g.op("MaxPool", [hidden(g)], { kernel_shape: [2, 2] });
  const two = g.op("MaxPool", [one], { kernel_shape: [3, 3], strides: [2, 2] });
  const average = g.op("AveragePool", [hidden(g)], { kernel_shape: [2, 2] });
  const three = g.op("MaxPool", [average], { kernel_shape: [3, 3], strides: [2, 2] });
  const joined = g.op("Concat", [two, three], { axis: 1 });
  const four = g.op("MaxPool", [joined], { kernel_shape: [2, 2] });
  g.output(g.conv(four, 6, 2, [1, 1]));
  await assertSame(g);
});

test("MaxPool and AveragePool on the input", async () => {
  const g = new OnnxBuilder();
  const maximum = g.op("MaxPool", [g.input], { kernel_shape: [2, 2] });
  g.output(g.conv(maximum, 2, 3, [3, 3]));
  await assertSame(g, { range: [0, 2.55] });
  for (const count_include_pad of [0, 1]) {
    const h = new OnnxBuilder();
    const pads = { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [2, 2], count_include_pad };
    h.output(h.conv(h.op("AveragePool", [h.input], pads), 2, 3, [3, 3]));
    await assertSame(h);
  }
});

test("AveragePool of a linear 1×1 convolution needs no population between", async () => {
  const g = new OnnxBuilder();
  const linear = g.conv(hidden(g), 3, 5, [1, 1], { strides: [2, 1] });
  g.output(g.op("AveragePool", [linear], { kernel_shape: [2, 2], strides: [2, 2] }));
  const network = await assertSame(g);
  assert.equal(network.populations.length, 3);
});

test("AveragePool of a linear 3×3 convolution", async () => {
  const g = new OnnxBuilder();
  const linear = g.conv(hidden(g), 3, 5, [3, 3], { pads: [1, 1, 1, 1] });
  g.output(g.op("AveragePool", [linear], { kernel_shape: [2, 2], strides: [2, 2] }));
  await assertSame(g);
});

test("AveragePool of values with a constant", async () => {
  for (const count_include_pad of [0, 1]) {
    const g = new OnnxBuilder();
    const normalised = g.batchNorm(hidden(g), 3);
    const set = { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], count_include_pad };
    g.output(g.op("AveragePool", [normalised], set));
    await assertSame(g);
  }
});

test("1-D pooling", async () => {
  for (const op of ["MaxPool", "AveragePool"]) {
    const g = new OnnxBuilder({ input: [1, 2, 17] });
    const activations = g.relu(g.conv(g.input, 2, 3, [3]));
    g.output(g.op(op, [activations], { kernel_shape: [3], strides: [2], pads: [1, 1], ceil_mode: 1 }));
    await assertSame(g);
  }
});

test("GlobalAveragePool before a dense layer is a sum pooling", async () => {
  const g = new OnnxBuilder();
  const flat = g.op("Flatten", [g.op("GlobalAveragePool", [hidden(g)])]);
  g.output(g.op("Gemm", [flat, g.random([3, 5]), g.random([5])]));
  const network = await assertSame(g);
  assert.equal(network.populations.length, 3);
  assert.equal(network.projections[1].pool!.kind, "sum");
});

test("GlobalAveragePool in the middle, added to and joined", async () => {
  const g = new OnnxBuilder();
  const mean = g.op("GlobalAveragePool", [hidden(g)]);
  const next = g.relu(g.conv(mean, 3, 3, [1, 1]));
  const joined = g.op("Concat", [mean, next], { axis: 1 });
  g.output(g.op("Add", [g.conv(joined, 6, 3, [1, 1]), mean]));
  await assertSame(g);
});

test("GlobalAveragePool and GlobalMaxPool at an output", async () => {
  for (const op of ["GlobalAveragePool", "GlobalMaxPool"]) {
    const g = new OnnxBuilder();
    g.output(g.op(op, [hidden(g)]));
    await assertSame(g);
  }
});

test("ReduceMean, ReduceL1, ReduceMax and ReduceSum over space, axes as attribute and as input, with and without keepdims", async () => {
  for (const op of ["ReduceMean", "ReduceL1", "ReduceMax", "ReduceSum"]) {
    for (const keepdims of [0, 1]) {
      for (const axes of [[2, 3], [-1, -2], [3]]) {
        for (const opset of [12, 18]) {
          const g = new OnnxBuilder({ opset });
          const inputs = opset === 18 ? [hidden(g), g.ints(axes)] : [hidden(g)];
          const reduced = g.op(op, inputs, opset === 18 ? { keepdims } : { keepdims, axes });
          const last = axes.length === 1 ? 7 : 1;
          g.output(g.op("MatMul", [g.op("Reshape", [reduced, g.ints([1, 3 * last])]), g.random([3 * last, 4])]));
          await assertSame(g);
        }
      }
    }
  }
});

test("averages and sums of the input itself, whose samples stand for shifted values, padded, joined and of any axes", async () => {
  const padded = (g: OnnxBuilder, x: string) => g.op("Pad", [x, g.ints([2, 2, 1, 0])]);
  const joined = (g: OnnxBuilder, x: string) => g.op("Concat", [x, x], { axis: 0 });
  const operands: ((g: OnnxBuilder) => string)[] = [
    (g) => g.input,
    (g) => padded(g, g.input),
    (g) => joined(g, g.input),
    (g) => padded(g, joined(g, g.input)),
  ];
  for (const operand of operands) {
    for (const axes of [undefined, [0], [1], [0, 1]]) {
      const g = new OnnxBuilder({ input: [1, 6], opset: 13 });
      const list = axes ? [g.ints(axes)] : [];
      g.output(g.op("ReduceMean", [operand(g)], axes ? { axes } : {}), g.op("ReduceSum", [operand(g), ...list]));
      await assertSame(g);
    }
  }
});

test("ReduceL1 of values of either sign over any axes, at an output and before a layer", async () => {
  for (const axes of [[1], [2, 3], [3], [1, 3], [1, 2, 3], undefined]) {
    for (const keepdims of [0, 1]) {
      const g = new OnnxBuilder({ input: ["N", 2, 5, 4] });
      const signed = g.conv(g.input, 2, 3, [3, 3]);
      const sum = g.op("ReduceL1", [signed], { keepdims, ...(axes && { axes }) });
      g.output(sum, g.op("Mul", [sum, g.floats([], [-0.5])]));
      await assertSame(g);
    }
  }
});

for (const op of ["MaxPool", "AveragePool"]) {
  test(`${op} after a Pad that is wider than its kernel, which optimisers join to what does not run`, async () => {
    const g = new OnnxBuilder();
    const x = g.relu(g.conv(g.input, 2, 3, [3, 3]));
    const padded = g.op("Pad", [x, g.ints([0, 0, 2, 1, 0, 0, 0, 0])]);
    g.output(g.op(op, [padded], { kernel_shape: [2, 2], strides: [2, 2] }));
    await assertSame(g);
  });
}

for (const [name, set] of Object.entries(windows)) {
  test(`MaxPool of values of either sign ${name}`, async () => {
    const g = new OnnxBuilder({ input: ["N", 2, 8, 9] });
    const pooled = g.op("MaxPool", [g.conv(g.input, 2, 3, [3, 3])], set);
    g.output(pooled, g.conv(pooled, 3, 2, [2, 2]));
    await assertSame(g);
  });
}

test("MaxPool of one value is subsampling, and makes no population", async () => {
  const g = new OnnxBuilder();
  const sum = g.op("Add", [g.batchNorm(hidden(g), 3), hidden(g)]);
  const pooled = g.op("MaxPool", [sum], { kernel_shape: [1, 1], strides: [2, 2] });
  g.output(pooled, g.conv(pooled, 3, 4, [1, 1]));
  const network = await assertSame(g);
  assert.equal(network.populations.filter((p) => p.kind === "bistable").length, 2);
});

test("GlobalMaxPool, ReduceMax and ReduceMin of values of either sign and of activations, over any axes", async () => {
  for (const build of [hidden, (g: OnnxBuilder) => g.conv(g.input, 2, 3, [3, 3])]) {
    const g = new OnnxBuilder();
    g.output(g.op("Conv", [g.op("GlobalMaxPool", [build(g)]), g.random([2, 3, 1, 1])]));
    await assertSame(g);
    for (const op of ["ReduceMax", "ReduceMin"]) {
      for (const axes of [[1], [2, 3], [1, 3], [1, 2, 3]]) {
        const h = new OnnxBuilder({ input: ["N", 2, 5, 4] });
        // No two are alike: where all that is compared is equal, nothing would be.
        const apart = h.random([1, 3, ...(build === hidden ? [5, 4] : [3, 2])]);
        const reduced = h.op(op, [h.op("Add", [build(h), apart])], { axes, keepdims: axes.length % 2 });
        h.output(reduced);
        await assertSame(h);
      }
    }
  }
});

test("Pad with −∞ before MaxPool, of activations and of values of either sign", async () => {
  for (const build of [hidden, (g: OnnxBuilder) => g.conv(g.input, 2, 3, [3, 3], { pads: [1, 1, 1, 1] })]) {
    for (const low of [Number.NEGATIVE_INFINITY, -3.4028234663852886e38]) {
      const g = new OnnxBuilder();
      const padded = g.op("Pad", [build(g), g.ints([0, 0, 1, 0, 0, 0, 1, 2]), g.floats([], [low])]);
      const pooled = g.op("MaxPool", [padded], { kernel_shape: [3, 3], strides: [2, 2] });
      g.output(pooled, g.conv(pooled, 3, 2, [1, 1]));
      await assertSame(g);
    }
  }
});

test("padding by auto_pad as onnxruntime has it: dilation is not counted, strides that leave a rest crop", async () => {
  for (const auto_pad of ["SAME_UPPER", "SAME_LOWER"]) {
    const g = new OnnxBuilder({ input: [1, 2, 7, 6] });
    const x = g.relu(g.conv(g.input, 2, 3, [1, 1]));
    const dilated = { kernel_shape: [2, 2], strides: [3, 2], dilations: [2, 1], auto_pad };
    const sparse = { kernel_shape: [1, 2], strides: [3, 2], auto_pad };
    g.output(g.op("MaxPool", [x], dilated), g.op("AveragePool", [g.input], sparse), g.op("MaxPool", [x], sparse));
    await assertSame(g);
  }
});

test.run();
