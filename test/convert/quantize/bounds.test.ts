import assert from "node:assert/strict";
import { test } from "uvu";
import { Activations, type AnnRunner } from "../../../convert/calibrate/activations.ts";
import type { ConversionError } from "../../../convert/errors.ts";
import type { UnquantizedNetwork } from "../../../convert/network/network.ts";
import { largestSent, provePotentials } from "../../../convert/quantize/bounds.ts";
import { quantize } from "../../../convert/quantize/quantize.ts";
import type { UnquantizedPopulation, UnquantizedProjection } from "../../../convert/wiring.ts";

const population: UnquantizedPopulation = {
  name: "conv5",
  kind: "bistable",
  height: 1,
  width: 1,
  channels: 1,
  depth: 2,
  view: null,
  signed: false,
  ceiling: Infinity,
  bias: new Float64Array(1),
};
const projection: UnquantizedProjection = {
  source: 1,
  target: 2,
  sourceChannels: [0, 3],
  targetChannels: [0, 1],
  region: [0, 0, 1, 1],
  pool: null,
  kernel: [1, 1],
  stride: [1, 1],
  dilation: [1, 1],
  offset: [0, 0],
  groups: 1,
  weight: new Float32Array(3),
  structural: false,
};
const coding = { phases: 7, coding: "current" } as const;
const prove = (weights: number[], bias: number, initial: number, shift: number) =>
  provePotentials(
    {
      population,
      projections: [projection],
      weights: [Int16Array.from(weights)],
      bias: Float64Array.of(bias),
      initial: Int32Array.of(initial),
      shift: Int8Array.of(shift),
    },
    coding,
  );

test("a source sends at most 2^K − 1, an image 255, a summed window as often as it has taps", () => {
  assert.equal(largestSent(projection, coding), 127);
  assert.equal(largestSent({ ...projection, source: 0 }, coding), 255);
  assert.equal(largestSent({ ...projection, source: 0 }, { ...coding, coding: "phase" }), 127);
  const pool = { kind: "sum", size: [1, 1], kernel: [3, 5], stride: [1, 1], dilation: [1, 1], offset: [0, 0] } as const;
  assert.equal(largestSent({ ...projection, pool }, coding), 15 * 127);
  assert.equal(largestSent({ ...projection, pool: { ...pool, kind: "max" } }, coding), 127);
});

test("potentials up to 2^31 − 1 are allowed, one more is refused by name", () => {
  const received = (100 + 32000 + 7) * 127;
  const initial = 2 ** 10 - 1;
  const room = 2 ** 31 - 1 - received - initial;
  prove([100, -32000, 7], -room, 511, 10);
  assert.throws(
    () => prove([100, -32000, 7], -room - 1, 511, 10),
    (error: ConversionError) => error.code === "unsupported" && error.message.includes("'conv5', channel 0"),
  );
});

test("a bias beyond 32 bits, or that is no number, is refused", () => {
  for (const bias of [2 ** 32, -(2 ** 33), Number.POSITIVE_INFINITY, Number.NaN]) {
    assert.throws(() => prove([1], bias, 0, 0), /'conv5', channel 0: potentials could reach/);
  }
});

const input: UnquantizedNetwork["input"] = {
  gain: Float64Array.of(1),
  shift: new Float64Array(1),
  zeroPoint: new Uint8Array(1),
  dims: [1, 1],
  index: Int32Array.of(0),
};

/** Chooses the integers of a network of one image, and its activations in each population. */
function chosen(
  populations: readonly UnquantizedPopulation[],
  projections: readonly UnquantizedProjection[],
  activations: readonly number[],
) {
  const ann: AnnRunner = {
    run: async (_, tensors) => new Map(tensors.map((t) => [t, Float32Array.from(activations)])),
    goesOnFrom: () => [],
  };
  const network: UnquantizedNetwork = { populations, projections, input, macs: 1, notes: [] };
  const viewed = populations.map((p) => ({
    ...p,
    view: p.above ? null : { tensor: p.name, base: 0, strides: [1, 1, 1] as [number, number, number] },
  }));
  const given = new Activations(ann, { ...network, populations: viewed }, [Float32Array.of(1)]);
  const options = { phases: 7, weightBits: 16, coding: "current" } as const;
  return quantize({ ...network, populations: viewed }, [Uint8Array.of(1)], given, options);
}

const first = { ...projection, source: 0, target: 1, sourceChannels: [0, 1], weight: Float32Array.of(1) } as const;
const image = { ...population, name: "input", kind: "input", depth: 0, bias: new Float64Array(0) } as const;

test("a bias whose correction leaves 32 bits is refused, not wrapped", async () => {
  const answer = { ...population, name: "answer", kind: "output", depth: 1 } as const;
  await assert.rejects(chosen([image, answer], [first], [1e12]), /'answer', channel 0: potentials/);
});

test("second neurons of a channel that never fires do not fire either: their bias is lower, and within 32 bits", async () => {
  for (const [bias, weight] of [
    [-1e-9, 0],
    [-1e-4, 1e-8],
    [-1, 1e-5],
  ]) {
    const one = { ...population, depth: 1, channels: 2, bias: Float64Array.of(0, bias) };
    const two = { ...one, name: "conv5@above", above: one.name };
    const into = { ...first, targetChannels: [0, 2], weight: Float32Array.of(1, weight) } as const;
    const { populations } = await chosen([image, one, two], [into, { ...into, target: 2 }], [1, bias]);
    const [, below, above] = populations;
    below.shift.forEach((shift, c) => {
      assert.equal(below.bias[c] - above.bias[c], 127 * 2 ** shift);
    });
  }
});

test.run();
