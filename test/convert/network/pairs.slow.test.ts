/** Two neurons per channel in the first layer, where phases are few. */

import assert from "node:assert/strict";
import { test } from "uvu";
import { load } from "../../../bindings/node.ts";
import { type Conversion, convert, type Ingredient } from "../../../convert/index.ts";
import { assertBuiltSame, SIGNED_RANGE } from "../../support/convert/compare.ts";
import { OnnxBuilder } from "../../support/convert/onnx-builder.ts";
import { unseenError } from "../../support/convert/unseen.ts";
import { randomSamples } from "../../support/convert/whole-way.ts";

const PADDED = { pads: [1, 1, 1, 1] };
const SIZE = 8;

const errorOf = (conversion: Conversion) => unseenError(conversion, SIZE * SIZE * 2, 2);

/** A first layer with few synapses, then a residual block, whose shortcut starts at the first layer. */
function residual(seed: number, first = 6): OnnxBuilder {
  const g = new OnnxBuilder({ input: ["N", 2, SIZE, SIZE], seed });
  const x = g.relu(g.conv(g.input, 2, first, [3, 3], PADDED));
  const y = g.relu(g.conv(x, first, 24, [3, 3], PADDED));
  const z = g.op("Add", [g.conv(y, 24, 24, [3, 3], PADDED), g.conv(x, first, 24, [1, 1])]);
  g.output(g.conv(g.relu(z), 24, 5, [SIZE, SIZE]));
  return g;
}

/** An output that reads the first layer directly, and hardly what lies between. */
function shortcut(seed: number): OnnxBuilder {
  const g = new OnnxBuilder({ input: ["N", 2, SIZE, SIZE], seed });
  const x = g.relu(g.conv(g.input, 2, 6, [3, 3], PADDED));
  const y = g.relu(g.conv(g.relu(g.conv(x, 6, 24, [3, 3], PADDED)), 24, 24, [3, 3], PADDED));
  const little = g.op("Conv", [y, g.random([5, 24, SIZE, SIZE], -0.001, 0.001)]);
  g.output(g.op("Add", [g.conv(x, 6, 5, [SIZE, SIZE]), little]));
  return g;
}

/** The first layer read through max pooling, through a slice of its channels, and in groups. */
function readInParts(): OnnxBuilder {
  const g = new OnnxBuilder({ input: ["N", 2, SIZE, SIZE] });
  const x = g.relu(g.conv(g.input, 2, 4, [3, 3], PADDED));
  const pooled = g.op("MaxPool", [x], { kernel_shape: [2, 2], strides: [2, 2] });
  const half = g.op("Slice", [pooled, g.ints([1]), g.ints([3]), g.ints([1])]);
  const grouped = g.conv(x, 4, 4, [3, 3], { group: 4, strides: [2, 2], ...PADDED });
  const joined = g.op("Concat", [half, g.relu(grouped)], { axis: 1 });
  const wide = g.relu(g.conv(joined, 6, 24, [3, 3], PADDED));
  g.output(g.conv(g.relu(g.conv(wide, 24, 16, [3, 3], PADDED)), 16, 3, [1, 1]));
  return g;
}

function convertAt(phases: number, graph: OnnxBuilder, without: readonly Ingredient[] = []): Promise<Conversion> {
  return convert(graph.encode(), {
    phases,
    without,
    range: [-1.28, 1.27],
    signed: false,
    calibration: async ({ height, width, channels }) =>
      Array.from({ length: 16 }, (_, n) => randomSamples(height * width * channels, channels, false, 100 + n)),
  });
}

const stagger = ({ unquantized }: Conversion) => unquantized.populations.flatMap((p) => (p.stagger ? [p.stagger] : []));

for (const [name, graph] of Object.entries({ residual: residual(1), "read in parts": readInParts() })) {
  test(`pairs compute what the original does (${name})`, async () => {
    const network = await assertBuiltSame(graph, SIGNED_RANGE, {}, { paired: true });
    assert.equal(network.populations.filter((p) => p.stagger).length, 2);
  });

  test(`pairs answer the same step by step and period by period (${name})`, async () => {
    const { file, ann } = await convertAt(4, graph);
    await ann.dispose();
    const network = await load(file);
    const samples = randomSamples(SIZE * SIZE * 2, 2, false, 7);
    const [period, step] = (["period", "step"] as const).map((mode) => network.run(samples, { mode }).outputs[0]);
    assert.deepEqual(step.potentials, period.potentials);
    network.dispose();
  });
}

test("pairs lower the error of few phases", async () => {
  const error = { pairs: 0, single: 0 };
  for (const seed of [1, 2, 3, 4]) {
    error.pairs += (await errorOf(await convertAt(4, shortcut(seed)))) / 4;
    error.single += (await errorOf(await convertAt(4, shortcut(seed), ["pairs"]))) / 4;
  }
  assert.ok(error.pairs < 0.75 * error.single, `${error.pairs} with pairs, ${error.single} without`);
});

test("thresholds of a pair lie half a level apart, on one scale", async () => {
  const conversion = await convertAt(4, residual(1));
  assert.deepEqual(stagger(conversion), [0.25, -0.25]);
  const [early, late] = conversion.network.populations.filter((_, k) => conversion.unquantized.populations[k].stagger);
  assert.deepEqual(early.shift, late.shift);
  early.shift.forEach((s, c) => {
    assert.equal(early.initial[c] - late.initial[c], 2 ** (s - 1));
  });
  await conversion.ann.dispose();
});

test("the file is the same every time", async () => {
  const [first, second] = [await convertAt(4, residual(1)), await convertAt(4, residual(1))];
  assert.deepEqual(first.file, second.file);
});

test("nothing is paired with many phases, nor where it costs much, nor where it is left out", async () => {
  const cases: [phases: number, graph: OnnxBuilder, without: readonly Ingredient[]][] = [
    [5, residual(1), []],
    [8, residual(1), []],
    [4, residual(1, 24), []],
    [4, residual(1), ["pairs"]],
  ];
  for (const [phases, graph, without] of cases) {
    const conversion = await convertAt(phases, graph, without);
    assert.deepEqual(stagger(conversion), []);
    await conversion.ann.dispose();
  }
});

test.run();
