import assert from "node:assert/strict";
import { test } from "uvu";
import type { ConversionError } from "../../convert/errors.ts";
import type { RealPopulation, RealProjection } from "../../convert/network/network.ts";
import { largestSent, provePotentials } from "../../convert/quantize/bounds.ts";

const population: RealPopulation = {
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
const projection: RealProjection = {
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
    population,
    [projection],
    [Int16Array.from(weights)],
    Int32Array.of(bias),
    Int32Array.of(initial),
    Int8Array.of(shift),
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
  const reach = (100 + 32000 + 7) * 127;
  const initial = 2 ** 10 - 1;
  const room = 2 ** 31 - 1 - reach - initial;
  prove([100, -32000, 7], -room, 511, 10);
  assert.throws(
    () => prove([100, -32000, 7], -room - 1, 511, 10),
    (error: ConversionError) => error.code === "unsupported" && error.message.includes("'conv5', channel 0"),
  );
});

test.run();
