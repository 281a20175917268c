/** Two neurons per channel, one above the other, in the first layers of networks with depthwise convolutions. */

import assert from "node:assert/strict";
import { test } from "uvu";
import { type Conversion, convert, type Ingredient } from "../../../convert/index.ts";
import { splitFirst } from "../../../convert/network/halves.ts";
import type { Pair, Wiring } from "../../../convert/wiring.ts";
import { assertBuiltSame, SIGNED_RANGE } from "../../support/convert/compare.ts";
import { OnnxBuilder } from "../../support/convert/onnx-builder.ts";
import { unseenError } from "../../support/convert/unseen.ts";
import { assertWithinBound, randomSamples } from "../../support/convert/whole-way.ts";

const PADDED = { pads: [1, 1, 1, 1] };
const SIZE = 8;
const CHANNELS = 6;

const errorOf = (conversion: Conversion) => unseenError(conversion, SIZE * SIZE * 2, 2);

const relu6 = (g: OnnxBuilder, x: string) => g.op("Clip", [x, g.floats([], [0]), g.floats([], [6])]);
const depthwise = (g: OnnxBuilder, x: string, channels: number, group = channels) =>
  g.conv(x, channels, channels, [3, 3], { group, ...PADDED });

/** A first layer and a depthwise pair that are cheap beside what follows. */
function pair(seed: number, group = CHANNELS): OnnxBuilder {
  const g = new OnnxBuilder({ input: ["N", 2, SIZE, SIZE], seed });
  const x = relu6(g, g.conv(g.input, 2, CHANNELS, [3, 3], PADDED));
  const y = g.relu(g.conv(relu6(g, depthwise(g, x, CHANNELS, group)), CHANNELS, 32, [1, 1]));
  const z = g.relu(g.conv(y, 32, 32, [3, 3], PADDED));
  g.output(g.conv(z, 32, 5, [SIZE, SIZE]));
  return g;
}

/** The same after the largest of windows, added to a linear bottleneck, whose values have either sign. */
function bottleneck(seed: number): OnnxBuilder {
  const g = new OnnxBuilder({ input: ["N", 2, SIZE, SIZE], seed });
  const x = g.relu(g.conv(g.input, 2, CHANNELS, [3, 3], PADDED));
  const pooled = g.op("MaxPool", [x], { kernel_shape: [2, 2], strides: [1, 1], pads: [0, 0, 1, 1] });
  const narrow = g.conv(g.relu(depthwise(g, pooled, CHANNELS)), CHANNELS, CHANNELS, [1, 1]);
  const next = g.relu(g.conv(narrow, CHANNELS, 24, [3, 3], PADDED));
  const back = g.op("Add", [narrow, g.conv(next, 24, CHANNELS, [3, 3], PADDED)]);
  const mean = g.op("GlobalAveragePool", [g.relu(g.conv(back, CHANNELS, 48, [3, 3], PADDED))]);
  g.output(g.conv(mean, 48, 4, [1, 1]));
  return g;
}

const graphs = { pair, bottleneck };

function convertAt(
  phases: number,
  graph: OnnxBuilder,
  without: readonly Ingredient[] = [],
  images = 16,
): Promise<Conversion> {
  return convert(graph.encode(), {
    phases,
    without,
    fittedValues: 2 ** 16,
    range: [-1.28, 1.27],
    signed: false,
    calibration: async ({ height, width, channels }) =>
      Array.from({ length: images }, (_, n) => randomSamples(height * width * channels, channels, false, 100 + n)),
  });
}

/** Depthwise convolutions one after another. */
function chain(count: number): Wiring {
  const none = { height: 1, width: 1, channels: 2, view: null, signed: false, ceiling: 6, bias: new Float64Array(2) };
  const [one, origin]: [Pair, Pair] = [
    [1, 1],
    [0, 0],
  ];
  return {
    populations: Array.from({ length: count }, (_, depth) => ({
      ...none,
      name: String(depth),
      kind: depth === 0 ? "input" : "bistable",
      depth,
    })),
    projections: Array.from({ length: count - 1 }, (_, source) => ({
      source,
      target: source + 1,
      sourceChannels: [0, 2],
      targetChannels: [0, 2],
      region: [0, 0, 1, 1],
      pool: null,
      kernel: one,
      stride: one,
      dilation: one,
      offset: origin,
      groups: 2,
      weight: new Float32Array(2),
      structural: false,
    })),
  };
}

const seconds = ({ unquantized }: Conversion) => unquantized.populations.filter(({ above }) => above !== undefined);

for (const [name, graph] of Object.entries(graphs)) {
  test(`second neurons leave what the network computes (${name})`, async () => {
    const { populations } = await assertBuiltSame(graph(1), SIGNED_RANGE, {}, { split: true });
    assert.ok(populations.some(({ above }) => above !== undefined));
  });

  test(`outputs are within the bound of twice as many levels (${name})`, async () => {
    for (const seed of [1, 2, 3]) {
      await assertWithinBound(graph(seed).encode(), SIGNED_RANGE, {}, { phases: 7, weightBits: 16 });
    }
  });
}

test("the second neuron receives what the first does, and fires what is above the first one's highest level", async () => {
  for (const phases of [3, 7]) {
    const conversion = await convertAt(phases, pair(1));
    const { unquantized, network, ann } = conversion;
    await ann.dispose();
    const above = seconds(conversion);
    assert.ok(above.length > 0);
    for (const { name, above: below } of above) {
      const at = (wanted: string) => network.populations.findIndex((p) => p.name === wanted);
      const [first, second] = [network.populations[at(below!)], network.populations[at(name)]];
      assert.deepEqual([second.shift, second.unit, second.initial], [first.shift, first.unit, first.initial]);
      first.shift.forEach((shift, c) => {
        assert.equal(first.bias[c] - second.bias[c], (2 ** phases - 1) * 2 ** shift);
      });
      const into = (k: number) => network.projections.filter((q) => q.target === k).map((q) => [q.source, q.weight]);
      assert.deepEqual(into(at(name)), into(at(below!)));
    }
    assert.equal(unquantized.populations.length, network.populations.length);
  }
});

test("ranges are those of all images, also of those that nothing is fitted to", async () => {
  const found = await convertAt(7, pair(1), [], 40);
  assert.equal(found.fitted.length, 32);
  assert.ok(seconds(found).length > 0);
  assert.ok((await errorOf(found)) < 0.1);
});

test("second neurons lower the error", async () => {
  const error = { two: 0, one: 0 };
  for (const seed of [1, 2]) {
    error.two += (await errorOf(await convertAt(5, pair(seed)))) / 2;
    error.one += (await errorOf(await convertAt(5, pair(seed), ["halves"]))) / 2;
  }
  assert.ok(error.two < 0.9 * error.one, `${error.two} with second neurons, ${error.one} without`);
});

test("16 bits in depthwise convolutions lower the error", async () => {
  const error = { wide: 0, narrow: 0 };
  for (const seed of [1, 2]) {
    error.wide += (await errorOf(await convertAt(8, pair(seed)))) / 2;
    error.narrow += (await errorOf(await convertAt(8, pair(seed), ["depthwise"]))) / 2;
  }
  assert.ok(error.wide < error.narrow, `${error.wide} with 16 bits, ${error.narrow} with 8`);
});

test("no other network gets second neurons or 16 bits, nor one of 8 phases, nor where they are left out", async () => {
  const cases: [phases: number, graph: OnnxBuilder, without: readonly Ingredient[]][] = [
    [7, pair(1, 2), []],
    [8, pair(1), []],
    [7, pair(1), ["halves"]],
  ];
  for (const [phases, graph, without] of cases) {
    const conversion = await convertAt(phases, graph, without);
    assert.deepEqual(seconds(conversion), []);
    await conversion.ann.dispose();
  }
  const grouped = [await convertAt(7, pair(1, 2)), await convertAt(7, pair(1, 2), ["depthwise"])];
  assert.deepEqual(grouped[0].file, grouped[1].file);
});

test("a factor moved from one layer to the next is the scale's: integers stay as they are", async () => {
  // So there is nothing to gain by making the ranges of channels equal across a depthwise pair.
  const [plain, moved] = await Promise.all(
    [1, 4].map(async (factor) => {
      const g = new OnnxBuilder({ input: ["N", 2, SIZE, SIZE], seed: 1 });
      const x = g.relu(g.conv(g.input, 2, CHANNELS, [3, 3], PADDED));
      const factors = Array.from({ length: CHANNELS }, (_, c) => (c % 2 === 0 ? factor : 1));
      const [taps, bias, weights] = [
        g.numbers([CHANNELS, 1, 3, 3]),
        g.numbers([CHANNELS]),
        g.numbers([24, CHANNELS, 1, 1]),
      ];
      const y = g.op(
        "Conv",
        [
          x,
          g.floats(
            [CHANNELS, 1, 3, 3],
            taps.map((w, k) => w * factors[Math.floor(k / 9)]),
          ),
          g.floats(
            [CHANNELS],
            bias.map((b, c) => b * factors[c]),
          ),
        ],
        { group: CHANNELS, kernel_shape: [3, 3], ...PADDED },
      );
      const shared = g.floats(
        [24, CHANNELS, 1, 1],
        weights.map((w, k) => w / factors[k % CHANNELS]),
      );
      g.output(g.conv(g.relu(g.op("Conv", [g.relu(y), shared], { kernel_shape: [1, 1] })), 24, 3, [SIZE, SIZE]));
      // Room for activations that were not seen is a population's, not a channel's.
      return convertAt(7, g, ["room"]);
    }),
  );
  const integers = ({ network }: Conversion) => ({
    weights: network.projections.map(({ weight }) => weight),
    neurons: network.populations.map(({ bias, initial, shift }) => [bias, initial, shift]),
  });
  assert.deepEqual(integers(moved), integers(plain));
  assert.notDeepEqual(moved.file, plain.file);
});

test("which populations get second neurons is found in time that their number is proportional to", () => {
  const count = 16_000;
  const begin = process.cpuUsage();
  const { populations } = splitFirst(chain(count));
  const { user, system } = process.cpuUsage(begin);
  // The first adds two projections, each further one three; of the half of all that may be added two are left in the end.
  assert.equal(populations.length - count, 2666 + 1);
  assert.ok((user + system) / 1e6 < 2, `${(user + system) / 1e6} s`);
});

test("the file is the same every time", async () => {
  const [first, second] = [await convertAt(7, pair(1)), await convertAt(7, pair(1))];
  assert.deepEqual(first.file, second.file);
});

test.run();
