/** What a conversion takes grows with what it reads: a small file does not stand for huge work, nor a long graph for its square. */

import assert from "node:assert/strict";
import { suite } from "uvu";
import { readModel } from "../../convert/graph/model.ts";
import { ConversionError, convert } from "../../convert/index.ts";
import { buildNetwork } from "../../convert/network/build.ts";
import { growing, type SHAPES, USES } from "../support/convert/growing.ts";
import { OnnxBuilder } from "../support/convert/onnx-builder.ts";

const test = suite("conversions in proportion");

/** Processor time, s, and the refusal; null where the model is converted. */
async function outcome(model: Uint8Array): Promise<{ seconds: number; refusal: string | null }> {
  const begin = process.cpuUsage();
  let refusal: string | null = null;
  try {
    await convert(model, {
      calibration: async ({ height, width, channels }) => [new Uint8Array(height * width * channels).fill(77)],
    });
  } catch (error) {
    assert.ok(error instanceof ConversionError, String((error as Error).stack));
    refusal = error.message;
  }
  const { user, system } = process.cpuUsage(begin);
  return { seconds: (user + system) / 1e6, refusal };
}

/** A graph of a few kilobytes. */
function small(build: (g: OnnxBuilder, x: string) => string, size = 6): Uint8Array {
  const g = new OnnxBuilder({ input: ["N", 1, size, size] });
  g.output(g.relu(build(g, g.relu(g.conv(g.input, 1, 2, [3, 3])))));
  const model = g.encode();
  assert.ok(model.length < 5000 || size > 6);
  return model;
}

const doubled = (axis: number, times: number) => (g: OnnxBuilder, x: string) =>
  Array.from({ length: times }).reduce<string>((y) => g.op("Concat", [y, y], { axis }), x);

test("sizes that double again and again are refused beyond what the file's own size allows, soon", async () => {
  for (const axis of [1, 2]) {
    const { seconds, refusal } = await outcome(small(doubled(axis, 22)));
    assert.match(refusal!, /Concat .* values; \d+ are supported/);
    assert.ok(seconds < 10, `${seconds} s`);
  }
  const { seconds, refusal } = await outcome(small(doubled(1, 16)));
  assert.equal(refusal, null);
  assert.ok(seconds < 15, `${seconds} s`);
});

test("more channels, matrices and pieces than can be held are refused by name", async () => {
  /** A convolution whose weights are a few numbers, repeated. */
  const wide = (g: OnnxBuilder, x: string, channels: number) =>
    g.op("Conv", [x, g.op("Expand", [g.random([1, 2, 1, 1]), g.ints([channels, 2, 1, 1])])]);
  const shuffled = (g: OnnxBuilder, channels: number) => {
    const order = Array.from({ length: channels }, (_, k) => (k * 7919) % channels);
    return g.ints(order);
  };
  const cases: [(g: OnnxBuilder, x: string) => string, RegExp][] = [
    [
      (g, x) => g.op("Tile", [x, g.ints([1, 2 ** 20, 1, 1])]),
      /Tile .*: (makes 2097152 channels; 1048576|gives \d+ values)/,
    ],
    [(g, x) => g.op("Tile", [x, g.ints([1, 1, 512, 512])]), /Tile .*: makes \d+ channels; 1048576 are supported/],
    [
      (g, x) => g.relu(g.op("Gather", [g.relu(wide(g, x, 2 ** 15)), shuffled(g, 2 ** 15)], { axis: 1 })),
      /takes 1073741824 weights in one projection; 268435456 are supported/,
    ],
  ];
  for (const [build, pattern] of cases) {
    const g = new OnnxBuilder({ input: ["N", 1, 6, 6] });
    g.output(g.relu(build(g, g.relu(g.conv(g.input, 1, 2, [3, 3])))));
    const { seconds, refusal } = await outcome(g.encode());
    assert.match(String(refusal), pattern);
    assert.ok(seconds < 20, `${seconds} s`);
  }
});

test("a vector of more channels than maps may have is read, and not made longer", async () => {
  const values = 2 ** 20 + 2 ** 16;
  const vector = (build: (g: OnnxBuilder) => string) => {
    const g = new OnnxBuilder({ input: ["N", values] });
    g.output(g.op("Gemm", [build(g), g.floats([values, 1], new Float32Array(values).fill(1e-6))]));
    return readModel(g.encode()).then((model) => buildNetwork(model, { range: [0, 1] }));
  };
  const { input } = await vector((g) => g.input);
  assert.equal(input.index.length, values);
  const doubled = (g: OnnxBuilder) =>
    g.op("Slice", [g.op("Concat", [g.input, g.input], { axis: 1 }), ...[0, values, 1].map((n) => g.ints([n]))]);
  await assert.rejects(
    vector(doubled),
    (error: ConversionError) =>
      error.code === "unsupported" && /Concat .*: makes 2228224 channels; 1114112 are supported/.test(error.message),
  );
});

test("windows of many values at many places are refused before they are run", async () => {
  const pooled = (op: string) => (g: OnnxBuilder, x: string) =>
    g.op(op, [x], { kernel_shape: [512, 512], pads: [511, 511, 511, 511] });
  for (const op of ["MaxPool", "AveragePool"]) {
    const { seconds, refusal } = await outcome(small(pooled(op), 1024));
    assert.match(String(refusal), /brings an inference to \d+ multiply-accumulates and comparisons; 8589934592 are/);
    assert.ok(seconds < 10, `${seconds} s`);
  }
});

test("shortcuts that take relays by the square are refused when they are more than a file may have", async () => {
  const { seconds, refusal } = await outcome(growing(USES.ConvRelu, "dense", 400));
  assert.match(String(refusal), /takes more than \d+ populations, relays on shortcuts among them/);
  assert.ok(seconds < 10, `${seconds} s`);
});

test("of thousands of problems the first are told, and how many more there are", async () => {
  const g = new OnnxBuilder({ input: ["N", 1, 6, 6] });
  let x = g.input;
  for (let k = 0; k < 2000; k++) x = g.op("Elu", [x], {}, { name: k === 3 ? "n".repeat(100_000) : `elu${k}` });
  g.output(x);
  const { refusal } = await outcome(g.encode());
  assert.ok(refusal!.length < 20_000, `${refusal!.length} characters`);
  assert.match(refusal!, /2000 things are not supported:.*'elu0'.*'elu31'.*and 1968 more$/s);
  assert.doesNotMatch(refusal!, /'elu32'/);
});

/** What once grew by the square, or may. */
const CASES: readonly (readonly [keyof typeof USES, keyof typeof SHAPES])[] = [
  ["Concat", "chain"],
  ["ConcatRows", "ladder"],
  ["ConvRelu", "accumulation"],
  ["ConvDepthwise", "outputs"],
];

for (const [operator, shape] of CASES) {
  test(`${operator} as ${shape}: three times the length takes less than seven times the time`, async () => {
    await outcome(growing(USES[operator], shape, 100));
    const times: number[] = [];
    for (const length of [100, 300]) {
      const { seconds, refusal } = await outcome(growing(USES[operator], shape, length));
      if (refusal) assert.match(refusal, /not supported/);
      times.push(seconds);
    }
    assert.ok(times[1] < Math.max(2, 7 * times[0]), times.join(" and "));
  });
}

test.run();
