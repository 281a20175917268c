import { test } from "uvu";
import { assertSame, SIGNED_RANGE } from "../../../support/convert/compare.ts";
import { type Attribute, OnnxBuilder } from "../../../support/convert/onnx-builder.ts";

type Made = (g: OnnxBuilder, x: string) => string;

const linear = (g: OnnxBuilder) => g.conv(g.input, 2, 3, [3, 3]);
const on =
  (op: string, attributes: Record<string, Attribute> = {}, constants: (g: OnnxBuilder) => string[] = () => []): Made =>
  (g, x) =>
    g.op(op, [x, ...constants(g)], attributes);
const number = (value: number) => (g: OnnxBuilder) => [g.floats([], [value])];
const clip = (low: number | null, high: number | null): Made =>
  on("Clip", {}, (g) => [low === null ? "" : g.floats([], [low]), ...(high === null ? [] : [g.floats([], [high])])]);

const made: Record<string, Made> = {
  Abs: on("Abs"),
  LeakyRelu: on("LeakyRelu", { alpha: { float: 0.1 } }),
  "LeakyRelu that turns": on("LeakyRelu", { alpha: { float: -0.5 } }),
  "PRelu, one slope": on("PRelu", {}, (g) => [g.floats([1], [0.25])]),
  "PRelu per channel": on("PRelu", {}, (g) => [g.random([3, 1, 1], -1, 1)]),
  "PRelu per position": on("PRelu", {}, (g) => [g.random([3, 5, 4], -1, 1)]),
  HardSigmoid: on("HardSigmoid"),
  "HardSigmoid of its own slope": on("HardSigmoid", { alpha: { float: -1 / 6 }, beta: { float: 0.4 } }),
  "Clip as HardTanh": clip(-0.3, 0.4),
  "Clip above zero": clip(0.1, 0.4),
  "Clip below zero": clip(-0.7, -0.1),
  "Clip from below only": clip(-0.2, null),
  "Clip from above only": clip(null, 0.3),
  "Clip from above only, below zero": clip(null, -0.1),
  "soft Shrink": on("Shrink", { lambd: { float: 0.2 }, bias: { float: 0.2 } }),
  "ThresholdedRelu at 0": on("ThresholdedRelu", { alpha: { float: 0 } }),
  "Max with a number": on("Max", {}, number(-0.2)),
  "Min with a number": on("Min", {}, number(0.2)),
  "Min with zero": on("Min", {}, number(0)),
  "Max with a number per channel": on("Max", {}, (g) => [g.random([3, 1, 1])]),
  "Min with a number per position": on("Min", {}, (g) => [g.random([5, 4])]),
};

for (const [name, build] of Object.entries(made)) {
  test(`${name}, of signed values, of activations, at an output and inside`, async () => {
    const g = new OnnxBuilder({ opset: 16 });
    const x = linear(g);
    const y = build(g, x);
    const z = build(g, g.relu(g.conv(y, 3, 3, [1, 1])));
    g.output(y, g.conv(z, 3, 2, [2, 2], { pads: [1, 0, 0, 1] }));
    await assertSame(g);
  });

  test(`${name}, of the input`, async () => {
    const g = new OnnxBuilder({ opset: 16, input: ["N", 3, 5, 4] });
    g.output(g.conv(build(g, g.input), 3, 2, [2, 2]));
    await assertSame(g, SIGNED_RANGE);
  });
}

for (const op of ["Max", "Min"]) {
  test(`${op} of two tensors, of three and a constant, and of one that is broadcast`, async () => {
    const g = new OnnxBuilder({ opset: 13 });
    const [a, b, c] = [linear(g), linear(g), linear(g)];
    const two = g.op(op, [a, b]);
    const more = g.op(op, [g.op("GlobalAveragePool", [b]), two, g.random([3, 1, 1]), g.relu(c)]);
    g.output(two, g.conv(more, 3, 2, [1, 1]));
    await assertSame(g);
  });

  for (const dims of [
    [1, 3, 5, 4],
    [5, 4],
    [3, 5, 1],
  ]) {
    test(`${op} with a constant [${dims}] that enlarges its operand`, async () => {
      for (const low of [-1, 0.3, -0.2]) {
        const g = new OnnxBuilder({ opset: 13 });
        const x = g.op("GlobalAveragePool", [low < 0 ? linear(g) : g.relu(linear(g))]);
        const constant =
          low === 0.3 ? g.floats(dims, Array(dims.reduce((p, n) => p * n, 1)).fill(low)) : g.random(dims, low, 0.4);
        const y = g.op(op, [x, constant]);
        g.output(y, g.conv(y, 3, 2, [1, 1]));
        await assertSame(g);
      }
    });
  }

  test(`${op} with a constant that makes channels of one`, async () => {
    const g = new OnnxBuilder({ opset: 13 });
    const x = g.relu(g.conv(g.input, 2, 1, [3, 3]));
    const y = g.op(op, [x, g.floats([4, 1, 1], [0, 0.1, 0.2, 0.3])]);
    const z = g.op(op, [x, g.floats([4, 1, 1], [0, 0, 0, 0])]);
    g.output(y, g.conv(g.op("Add", [y, z]), 4, 2, [1, 1]));
    await assertSame(g);
  });
}

test.run();
