/** Conversions of graphs that use one value again and again, or state sizes that explode, end soon; those that take long can be stopped. */

import assert from "node:assert/strict";
import { suite } from "uvu";
import { load } from "../../bindings/node.ts";
import { ConversionError, type ConvertOptions, convert } from "../../convert/index.ts";
import { openSimulator } from "../../hosts/node/networks/simulator.ts";
import { OnnxBuilder } from "../support/convert/onnx-builder.ts";

const test = suite("time of a conversion");

/** Seconds that none of these may take; most take a tenth. */
const SOON = 20;

const calibration: ConvertOptions["calibration"] = async ({ height, width, channels }) => [
  new Uint8Array(height * width * channels).fill(77),
];

type Chain = (g: OnnxBuilder, x: string) => string;

/** A step, often repeated, after a convolution of an image. */
function repeated(count: number, step: Chain, rectified = false): Uint8Array {
  const g = new OnnxBuilder({ input: ["N", 1, 6, 6] });
  let x = g.conv(g.input, 1, 2, [3, 3]);
  if (rectified) x = g.relu(x);
  for (let i = 0; i < count; i++) x = step(g, x);
  g.output(g.relu(x));
  return g.encode();
}

/** What becomes of a conversion: null where it is done, else the refusal. */
async function outcome(model: Uint8Array): Promise<string | null> {
  const begin = performance.now();
  try {
    await convert(model, { calibration });
    return null;
  } catch (error) {
    assert.ok(error instanceof ConversionError, String(error));
    return error.message;
  } finally {
    const seconds = (performance.now() - begin) / 1000;
    assert.ok(seconds < SOON, `${seconds} s`);
  }
}

const double: Chain = (g, x) => g.op("Add", [x, x]);
const halves: Chain = (g, x) => g.op("Mul", [double(g, x), g.floats([1], [0.5])]);
const diamond: Chain = (g, x) => halves(g, g.op("Sub", [g.op("Identity", [x]), g.op("Identity", [g.op("Neg", [x])])]));
const rectifiedDiamond: Chain = (g, x) => g.op("Mul", [g.op("Add", [x, g.relu(x)]), g.floats([1], [0.5])]);

for (const [name, step, depths, rectified] of [
  ["sums of one value", double, [30, 60], false],
  ["halved sums of one value", halves, [60, 500], false],
  ["diamonds", diamond, [60, 100], false],
  ["diamonds with a rectification", rectifiedDiamond, [60, 200], true],
  ["joins of one value with itself", (g: OnnxBuilder, x: string) => g.op("Concat", [x, x], { axis: 1 }), [10], true],
  ["relus", (g: OnnxBuilder, x: string) => g.relu(x), [1000], false],
  ["names", (g: OnnxBuilder, x: string) => g.op("Relu", [x], {}, { name: "n".repeat(100_000) }), [20], false],
] as const) {
  test(`${name}, however deep, are converted or refused soon`, async () => {
    for (const depth of depths) await outcome(repeated(depth, step, rectified));
  });
}

test("a value that is used a thousand times is a multiple of itself", async () => {
  // 2^10 uses, an eighth of a thousandth each: times 1 in all.
  const scaled = (g: OnnxBuilder, x: string) => g.op("Mul", [x, g.floats([1], [2 ** -10])]);
  const many = repeated(1, (g, x) => {
    let sum = scaled(g, x);
    for (let i = 0; i < 10; i++) sum = double(g, sum);
    return sum;
  });
  const { file, ann, unquantized } = await convert(many, { calibration });
  assert.ok(unquantized.projections.length < 8, "not one for every use");
  const samples = new Uint8Array(36).map((_, i) => i * 7);
  const [expected] = (await ann.run(Float32Array.from(samples, (sample) => sample / 255))).values();
  const { values } = (await load(file)).run(samples).outputs[0];
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  for (const [i, value] of values.entries()) assert.ok(Math.abs(value - expected[i]) < 0.05 * largest);
});

test("sizes that explode are refused before anything is made, with what was found and the limit", async () => {
  const graphs: [string, Chain][] = [
    ["Tile", (g, x) => g.op("Tile", [x, g.ints([1, 2 ** 28, 1, 1])])],
    ["Expand", (g, x) => g.op("Expand", [g.op("GlobalAveragePool", [x]), g.ints([1, 2, 2 ** 20, 2 ** 20])])],
    ["Resize", (g, x) => g.op("Resize", [x, "", g.floats([4], [1, 1, 2 ** 20, 2 ** 20])], { mode: "nearest" })],
    ["Pad", (g, x) => g.op("Pad", [x, g.ints([0, 0, 2 ** 14, 2 ** 13, 0, 0, 0, 0])])],
    ["Conv", (g, x) => g.conv(x, 2, 2, [3, 3], { pads: [2 ** 14, 2 ** 13, 0, 0] })],
    [
      "ConvTranspose",
      (g, x) => g.op("ConvTranspose", [x, g.floats([2, 2, 1, 1], [1, 1, 1, 1])], { strides: [2 ** 14, 2 ** 13] }),
    ],
    [
      "Range",
      (g, x) =>
        g.op("Add", [
          x,
          g.op("ReduceSum", [g.op("Range", [g.floats([], [0]), g.floats([], [2 ** 28]), g.floats([], [1])])]),
        ]),
    ],
    ["ConstantOfShape", (g, x) => g.op("Add", [x, g.op("ReduceSum", [g.op("ConstantOfShape", [g.ints([2 ** 40])])])])],
  ];
  for (const [op, step] of graphs) {
    assert.match(
      String(await outcome(repeated(1, step, true))),
      new RegExp(`${op} .*values; (134217728|16777216) are supported`),
    );
  }
  const joins = repeated(40, (g, x) => g.op("Concat", [x, x], { axis: 1 }), true);
  assert.match(String(await outcome(joins)), /Concat .*values; 16777216 are supported/);
  const g = new OnnxBuilder({ input: ["N", 1, 2 ** 20, 2 ** 20] });
  g.output(g.relu(g.conv(g.input, 1, 2, [3, 3])));
  assert.match(String(await outcome(g.encode())), /input 'input': has the shape 1×1×1048576×1048576/);
});

test("sizes that are computed are bounded before what they enlarge is run", async () => {
  /** A number that no constant states. */
  const computed = (g: OnnxBuilder, ...values: number[]) => g.op("Mul", [g.ints(values), g.ints(values.map(() => 1))]);
  const graphs: [string, Chain][] = [
    ["Pad", (g, x) => g.op("Pad", [x, computed(g, 0, 0, 2 ** 14, 2 ** 13, 0, 0, 0, 0)])],
    ["Tile", (g, x) => g.op("Tile", [x, computed(g, 1, 1, 2 ** 12, 2 ** 12)])],
    ["Expand", (g, x) => g.op("Expand", [g.op("GlobalAveragePool", [x]), computed(g, 1, 2, 2 ** 13, 2 ** 14)])],
    ["Resize", (g, x) => g.op("Resize", [x, "", "", computed(g, 1, 2, 2 ** 13, 2 ** 14)], { mode: "nearest" })],
    // One after another, none of them large by itself.
    ["Tile", (g, x) => [1, 2, 3, 4].reduce((y) => g.op("Tile", [y, g.ints([1, 1, 16, 16])]), x)],
    [
      "Pad",
      (g, x) =>
        g.op("Pad", [g.op("Pad", [x, g.ints([0, 0, 2 ** 13, 0, 0, 0, 0, 0])]), g.ints([0, 0, 0, 2 ** 13, 0, 0, 0, 0])]),
    ],
  ];
  for (const [op, step] of graphs) {
    const begin = performance.now();
    assert.match(
      String(await outcome(repeated(1, step, true))),
      new RegExp(`${op} .*values; (134217728|16777216) are supported`),
    );
    const seconds = (performance.now() - begin) / 1000;
    assert.ok(seconds < 3, `${op}: ${seconds} s`);
  }
});

test("chains of thousands of nodes are read to their end, whatever they begin with", async () => {
  const passed = (op: string) => (g: OnnxBuilder, x: string) => {
    let y = g.op(op, [x]);
    for (let i = 0; i < 12_000; i++) y = g.op("Identity", [y]);
    g.output(y);
    return x;
  };
  assert.equal(await outcome(repeated(1, passed("Softmax"), true)), null);
  assert.match(String(await outcome(repeated(1, passed("Exp"), true))), /Exp .* ends the model before it/);
});

test("sums of thousands of operands are converted, comparisons of as many refused", async () => {
  const of = (op: string, count: number) => (g: OnnxBuilder, x: string) => g.op(op, Array<string>(count).fill(x));
  for (const op of ["Sum", "Mean"]) assert.equal(await outcome(repeated(1, of(op, 20_000), true)), null);
  for (const op of ["Max", "Min"]) {
    const found = String(await outcome(repeated(1, of(op, 20_000), true)));
    assert.match(found, /compares 20000 operands one by one; up to 64 are supported/);
    assert.equal(await outcome(repeated(1, of(op, 3), true)), null);
  }
});

test("a cycle is refused", async () => {
  const g = new OnnxBuilder({ input: ["N", 1, 6, 6] });
  g.op("Add", [g.input, "b"], {}, { outputs: ["a"] });
  g.op("Relu", ["a"], {}, { outputs: ["b"] });
  g.output(g.relu("b"));
  assert.ok(await outcome(g.encode()));
});

const stages = ["read", "range", "ingredients", "quantise", "schedule"] as const;

for (const stage of stages) {
  test(`a signal ends the stage '${stage}' within a second, with its reason`, async () => {
    const g = new OnnxBuilder({ input: ["N", 1, 28, 28] });
    let x = g.input;
    for (const [from, to] of [
      [1, 24],
      [24, 24],
      [24, 24],
    ])
      x = g.relu(g.conv(x, from, to, [3, 3]));
    g.output(g.op("GlobalAveragePool", [x]));
    const stopping = new AbortController();
    const reason = new Error("changed my mind");
    let stopped = 0;
    const inputs = Array.from({ length: 400 }, (_, k) => new Uint8Array(784).map((_, i) => (i * (k + 3)) % 256));
    let late = 0;
    let ended = false;
    const conversion = convert(g.encode(), {
      ...(stage === "ingredients" && { phases: 3 }),
      calibration: async () => inputs,
      fittedValues: 3e6,
      simulator: openSimulator,
      signal: stopping.signal,
      onProgress: (task, done, total) => {
        if (ended) late++;
        if (task !== stage || stopped > 0 || (stage !== "schedule" && done === total)) return;
        stopped = performance.now();
        setTimeout(() => stopping.abort(reason), 0);
      },
    });
    await assert.rejects(conversion, (error) => error === reason);
    ended = true;
    const seconds = (performance.now() - stopped) / 1000;
    assert.ok(stopped > 0 && seconds < 1.5, `${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(late, 0, "nothing is told of after the end");
  });
}

test("a signal that has been given already, or is none, is told at once", async () => {
  const model = repeated(1, double);
  const reason = new Error("never mind");
  await assert.rejects(convert(model, { calibration, signal: AbortSignal.abort(reason) }), (error) => error === reason);
  await assert.rejects(convert(model, { calibration, signal: 5 as never }), /signal: found 5; an AbortSignal/);
  const unused = await convert(model, { calibration, signal: new AbortController().signal });
  assert.deepEqual(unused.file, (await convert(model, { calibration })).file);
});

test.run();
