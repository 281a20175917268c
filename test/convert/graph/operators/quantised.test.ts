import assert from "node:assert/strict";
import { test } from "uvu";
import { readModel } from "../../../../convert/graph/model.ts";
import { buildNetwork } from "../../../../convert/network/build.ts";
import { assertSame, SIGNED_RANGE } from "../../../support/convert/compare.ts";
import { DataType, OnnxBuilder } from "../../../support/convert/onnx-builder.ts";
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

/** Root mean square error of the converted network's outputs, relative to them. */
async function errorOf(g: OnnxBuilder): Promise<number> {
  const way = await convertOnRandom(g.encode(), SIGNED_RANGE, {});
  return marginsOf(await decode(way.conversion.file, way.inputs), way).error;
}

test.run();
