import assert from "node:assert/strict";
import { test } from "uvu";
import { readModel } from "../../../../convert/graph/model.ts";
import { buildNetwork } from "../../../../convert/network/build.ts";
import { assertSame, SIGNED_RANGE } from "../../../support/convert/compare.ts";
import { DataType, OnnxBuilder } from "../../../support/convert/onnx-builder.ts";
import { refusal } from "../../../support/convert/refusal.ts";
import { convertOnRandom, decode, marginsOf } from "../../../support/convert/whole-way.ts";

/** A graph as onnxruntime's quantiser writes it, of values that are quantised exactly: steps of 0.01 and weights of ±1. */
function quantised(type: "uint8" | "int8", zeroOf: (lowest: number) => number, scale = 0.01) {
  const g = new OnnxBuilder();
  const dataType = type === "uint8" ? DataType.UINT8 : DataType.INT8;
  const lowest = type === "uint8" ? 0 : -128;
  const integers = (dims: number[], values: number[]) =>
    g.initializer({ dims, dataType, rawData: Uint8Array.from(values, (v) => v & 255) });
  const through = (x: string, step: number, zero: number) => {
    const parameters = [g.floats([], [step]), integers([], [zero])];
    return g.op("DequantizeLinear", [g.op("QuantizeLinear", [x, ...parameters]), ...parameters]);
  };
  const one = type === "uint8" ? 128 : 0;
  const weights = [1, -1, -1, 1, 1, 1].map((w) => w + one);
  const weight = g.op("DequantizeLinear", [integers([3, 2, 1, 1], weights), g.floats([], [1]), integers([], [one])]);
  const x = g.op("Conv", [through(g.input, 0.01, lowest + 128), weight], {}, { outputs: ["sum"] });
  const y = through(x, scale, zeroOf(lowest));
  g.output(g.op("Conv", [y, g.random([2, 3, 2, 2])]));
  return g;
}

for (const type of ["uint8", "int8"] as const) {
  test(`QDQ, ${type}: integers that begin at 0 stand for a Relu with a ceiling`, async () => {
    const { populations } = await assertSame(quantised(type, (lowest) => lowest));
    const hidden = populations.filter((p) => p.kind === "bistable");
    assert.equal(hidden.length, 1);
    assert.ok(Math.abs(hidden[0].ceiling - 2.55) < 1e-6);
  });

  test(`QDQ, ${type}: integers of either sign stand for the numbers as they are`, async () => {
    const g = quantised(type, (lowest) => lowest + 128, 0.02);
    const model = await readModel(g.encode());
    const { populations } = buildNetwork(model, SIGNED_RANGE);
    await model.ann.dispose();
    assert.deepEqual(
      populations.map(({ kind, depth }) => [kind, depth]),
      [
        ["input", 0],
        ["bistable", 1],
        ["output", 2],
      ],
    );
    assert.ok(populations[1].signed);
    // No comparison to the last digit: the original rounds to steps of 0.02.
    assert.ok((await errorOf(g)) < 0.05);
  });
}

/** Integers of a quantised input, exact: samples stand for steps of 0.01. */
function integers(g: OnnxBuilder, x: string, scale = 0.01, zero = 128): { q: string; parameters: string[] } {
  const parameters = [
    g.floats([], [scale]),
    g.initializer({ dims: [], dataType: DataType.UINT8, rawData: Uint8Array.of(zero) }),
  ];
  return { q: g.op("QuantizeLinear", [x, ...parameters]), parameters };
}

const bytes = (g: OnnxBuilder, dims: number[], values: number[]) =>
  g.initializer({ dims, dataType: DataType.UINT8, rawData: Uint8Array.from(values) });

test("integers read with another scale and zero point are other numbers", async () => {
  const g = new OnnxBuilder();
  const { q } = integers(g, g.input);
  const other = [g.floats([], [0.025]), bytes(g, [], [100])];
  const moved = g.op("DequantizeLinear", [
    g.op("MaxPool", [g.op("Transpose", [q], { perm: [0, 1, 3, 2] })], { kernel_shape: [1, 2] }),
    ...other,
  ]);
  g.output(g.relu(g.op("Add", [moved, g.floats([], [-0.3])])));
  await assertSame(g);
});

test("ConvInteger and MatMulInteger are sums of the integers less their zero points", async () => {
  const g = new OnnxBuilder();
  const { q, parameters } = integers(g, g.input);
  const weight = bytes(
    g,
    [4, 2, 2, 2],
    Array.from({ length: 32 }, (_, k) => 100 + ((7 * k) % 50)),
  );
  const sum = g.op("ConvInteger", [q, weight, parameters[1], bytes(g, [], [120])], { strides: [2, 1] });
  const real = g.op("Mul", [g.op("Cast", [sum], { to: DataType.FLOAT }), g.floats([], [0.0002])]);
  const x = g.relu(real);
  const flat = g.op("Reshape", [g.input, g.ints([14, 6])]);
  const rows = integers(g, flat);
  const matrix = bytes(
    g,
    [6, 3],
    Array.from({ length: 18 }, (_, k) => (11 * k) % 60),
  );
  const product = g.op("MatMulInteger", [rows.q, matrix, rows.parameters[1], bytes(g, [3], [10, 20, 30])]);
  g.output(x, g.op("Mul", [g.op("Cast", [product], { to: DataType.FLOAT }), g.floats([3], [0.001, 0.002, 0.0005])]));
  const { populations } = await assertSame(g);
  assert.deepEqual(
    populations.filter((p) => p.kind === "output").map((p) => p.tensor!.shape),
    [
      [1, 4, 3, 5],
      [14, 3],
    ],
  );
});

test("a range of the operand's own, DynamicQuantizeLinear, leaves the operand as it is", async () => {
  const g = new OnnxBuilder();
  const [q, scale, zero] = ["q", "scale", "zero"];
  g.op("DynamicQuantizeLinear", [g.conv(g.input, 2, 3, [3, 3])], {}, { outputs: [q, scale, zero] });
  const weight = bytes(g, [2, 3, 1, 1], [90, 128, 140, 10, 255, 0]);
  const sum = g.op("ConvInteger", [q, weight, zero, bytes(g, [], [128])]);
  const factor = g.op("Mul", [scale, g.floats([], [0.01])]);
  g.output(
    g.op("Mul", [g.op("Cast", [sum], { to: DataType.FLOAT }), factor]),
    g.op("DequantizeLinear", [q, scale, zero]),
  );
  await assertSame(g);
});

test("operators on integers of unlike steps, and such as compute with them, are refused", async () => {
  const g = new OnnxBuilder();
  const [a, b] = [integers(g, g.input), integers(g, g.input, 0.02)];
  g.output(g.op("DequantizeLinear", [g.op("Concat", [a.q, b.q], { axis: 1 }, { name: "join" }), ...a.parameters]));
  assert.match(await refusal(g), /Concat 'join': computes with integers; DequantizeLinear before it/);
  const h = new OnnxBuilder();
  const cast = h.op("Cast", [integers(h, h.input).q], { to: DataType.FLOAT }, { name: "cast" });
  h.output(cast);
  assert.match(await refusal(h), /Cast 'cast': computes with integers/);
});

/** Root mean square error of the converted network's outputs, relative to them. */
async function errorOf(g: OnnxBuilder): Promise<number> {
  const way = await convertOnRandom(g.encode(), SIGNED_RANGE, {});
  return marginsOf(await decode(way.conversion.file, way.inputs), way).error;
}

test.run();
