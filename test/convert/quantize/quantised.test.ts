/** The bound that every operator test holds its conversion to: that it is near the errors, and that defects break it. */

import assert from "node:assert/strict";
import { test } from "uvu";
import type { QuantizedNetwork } from "../../../convert/network/network.ts";
import type { Projection } from "../../../convert/wiring.ts";
import { writeModel } from "../../../convert/write/model.ts";
import { boundOutputs } from "../../support/convert/bound.ts";
import { SIGNED_RANGE } from "../../support/convert/compare.ts";
import { OnnxBuilder } from "../../support/convert/onnx-builder.ts";
import {
  assertWithinBound,
  convertOnRandom,
  decode,
  marginsOf,
  type WholeWay,
} from "../../support/convert/whole-way.ts";

const PADDED = { pads: [1, 1, 1, 1] };

/** One hidden layer, and one more behind a shortcut. */
function residual(): OnnxBuilder {
  const g = new OnnxBuilder();
  const x = g.relu(g.conv(g.input, 2, 4, [3, 3], PADDED));
  const y = g.relu(g.op("Add", [g.conv(x, 4, 4, [3, 3], PADDED), x]));
  g.output(g.conv(y, 4, 3, [1, 1]));
  return g;
}

function pooled(): OnnxBuilder {
  const g = new OnnxBuilder();
  const x = g.relu(g.conv(g.input, 2, 4, [3, 3], PADDED));
  const largest = g.op("MaxPool", [x], { kernel_shape: [2, 2], strides: [2, 2] });
  const mean = g.op("AveragePool", [x], { kernel_shape: [2, 2], strides: [2, 2] });
  g.output(g.conv(g.op("Concat", [largest, mean], { axis: 1 }), 8, 3, [3, 3]));
  return g;
}

const clipped = (): OnnxBuilder => {
  const g = new OnnxBuilder();
  const x = g.op("Clip", [g.conv(g.input, 2, 4, [3, 3]), g.floats([], [0]), g.floats([], [0.5])]);
  g.output(g.conv(x, 4, 3, [1, 1]));
  return g;
};

for (const [name, graph] of Object.entries({ residual, pooled, clipped })) {
  test(`errors are well below their bound, and the bound is well below the outputs (${name})`, async () => {
    const { worst, error, bound } = await assertWithinBound(graph().encode(), SIGNED_RANGE);
    assert.ok(worst > 0.02, `the worst error takes ${worst} of its bound`);
    assert.ok(error < bound / 3, `errors of ${error} where the bound is ${bound}`);
    assert.ok(error < 0.03, `errors of ${error}, relative to the outputs`);
    assert.ok(bound < 0.5, `a bound of ${bound}, relative to the outputs`);
  });
}

test("phase coding of all 8 bits is as exact as graded current", async () => {
  const way = await convertOnRandom(
    pooled().encode(),
    SIGNED_RANGE,
    {},
    { phases: 8, weightBits: 16, coding: "phase" },
  );
  assert.ok(marginsOf(await decode(way.conversion.file, way.inputs), way).worst <= 1);
});

/** The worst error, in bounds of the sound network, when a network with a defect takes its place. */
async function worstWith(way: WholeWay, defect: (network: QuantizedNetwork) => void): Promise<number> {
  const network = structuredClone(way.conversion.network);
  defect(network);
  return marginsOf(await decode(writeModel(network), way.inputs), way).worst;
}

/** Index of the weight of largest magnitude. */
const largest = (weights: ArrayLike<number>): number =>
  Array.from(weights, Math.abs).reduce((best, w, at, all) => (w > all[best] ? at : best), 0);

const defects: Readonly<Record<string, (network: QuantizedNetwork) => void>> = {
  "a weight of the first layer": ({ projections: [{ weight }] }) => {
    weight[largest(weight)] *= -1;
  },
  "a weight of the last layer": ({ projections }) => {
    const { weight } = projections.at(-1)!;
    weight[largest(weight)] *= -1;
  },
  "a bias": ({ populations }) => {
    const { bias, shift } = populations[1];
    bias[0] += 40 * 2 ** shift[0];
  },
  "a threshold": ({ populations }) => {
    populations[1].shift[0] += 1;
  },
  "a unit of an output": ({ populations }) => {
    populations.at(-1)!.unit[0] *= 1.2;
  },
  "where a window begins": ({ projections }) => {
    (projections[0] as { offset: Projection["offset"] }).offset = [0, 1];
  },
};

for (const [what, defect] of Object.entries(defects)) {
  test(`${what} that is wrong breaks the bound`, async () => {
    const way = await convertOnRandom(pooled().encode(), SIGNED_RANGE, {});
    assert.ok((await worstWith(way, () => {})) <= 1);
    const worst = await worstWith(way, defect);
    assert.ok(worst > 1.5, `the worst error is ${worst} of its bound`);
  });
}

test("weights that are not the nearest integers are found without running them", async () => {
  const { conversion, inputs } = await convertOnRandom(pooled().encode(), SIGNED_RANGE, {});
  const network = structuredClone(conversion.network);
  network.projections[0].weight[3] += 2;
  assert.throws(
    () => boundOutputs(conversion.unquantized, network, inputs),
    /channel 0: weight \d+ is -?\d+, not the nearest to/,
  );
});

test.run();
