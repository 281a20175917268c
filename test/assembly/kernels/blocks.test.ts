/** Shapes on, just below and just above the block sizes of SIMD kernels, swept rather than drawn. */

import { test } from "uvu";
import type { QuantizedNetwork } from "../../../convert/network/network.ts";
import type { Pair, Projection } from "../../../convert/wiring.ts";
import { writeModel } from "../../../convert/write/model.ts";
import { network, population, projection, repeat } from "../../reference/build.ts";
import { evaluate } from "../../reference/period.ts";
import { readModel } from "../../reference/reader.ts";
import { availableBuilds, expectPotentials } from "../../support/core/builds.ts";
import { Choices } from "../../support/core/choices.ts";

const builds = await availableBuilds();
const SIZES = [1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 23, 24, 25, 31, 32, 33, 48, 64, 65];

interface Shape {
  /**
   * Weights of all kinds if absent, else this one nearly everywhere and the highest levels, so that sums over quads stay at,
   * or just leave, 16 bits.
   */
  weight?: number;
  phases: number;
  bits: 8 | 16;
  inputs: number;
  outputs: number;
  height: number;
  width: number;
  groups?: number;
  kernel?: Pair;
  stride?: number;
  dilation?: number;
  padding?: number;
  pool?: Projection["pool"];
}

/**
 * Levels of every size, extremes among them, through one convolution into an output: from bistable neurons that repeat
 * a phase-coded input or, where `graded`, from the graded input itself.
 */
function convolution(shape: Shape, graded: boolean, random: () => number): QuantizedNetwork {
  const { phases, bits, inputs, outputs, height, width, groups = 1, kernel = [1, 1], pool = null } = shape;
  const { stride = 1, dilation = 1, padding = 0 } = shape;
  const [mapHeight, mapWidth] = pool?.size ?? [height, width];
  const positions = (size: number, k: number) => Math.floor((size + 2 * padding - (k - 1) * dilation - 1) / stride) + 1;
  const region = [0, 0, positions(mapHeight, kernel[0]), positions(mapWidth, kernel[1])] as const;
  const limit = 2 ** (bits - 1);
  const count = (outputs * kernel[0] * kernel[1] * inputs) / groups;
  const mixed = () => (random() % 8 === 0 ? [-limit, limit - 1][random() % 2] : (random() % (2 * limit)) - limit);
  const value = () => (shape.weight === undefined ? mixed() : random() % 50 === 0 ? -limit : shape.weight);
  const source = graded ? 0 : 1;
  const convolve = projection({
    source,
    target: source + 1,
    sourceChannels: [0, inputs],
    targetChannels: [0, outputs],
    region,
    pool,
    kernel,
    stride: [stride, stride],
    dilation: [dilation, dilation],
    offset: [padding, padding],
    groups,
    weight: bits === 8 ? Int8Array.from({ length: count }, value) : Int16Array.from({ length: count }, value),
  });
  return network(
    phases,
    [
      population("input", [height, width, inputs], 0),
      ...(graded ? [] : [population("bistable", [height, width, inputs], 1)]),
      population("output", [region[2], region[3], outputs], source + 1),
    ],
    graded ? [convolve] : [repeat(0, 1, [height, width, inputs]), convolve],
    { coding: graded ? "current" : "phase", zeroPoint: Uint8Array.from({ length: inputs }, () => random() % 256) },
  );
}

async function check(shape: Shape, graded = false): Promise<void> {
  const random = new Choices([shape.inputs * 1000 + shape.outputs]).random();
  const parts = convolution(shape, graded, random);
  const bytes = writeModel(parts);
  const samples = Uint8Array.from({ length: shape.height * shape.width * shape.inputs }, () =>
    shape.weight !== undefined ? 255 : random() % 3 === 0 ? 0 : random() % 4 === 0 ? 255 : random() % 256,
  );
  const expected = evaluate(readModel(bytes), samples).potentials.at(-1)!;
  await expectPotentials(bytes, samples, expected, builds, JSON.stringify({ ...shape, graded }));
}

/** Weights and phases that choose between kernels. */
const KINDS = [
  { phases: 7, bits: 8 },
  { phases: 8, bits: 8 },
  { phases: 7, bits: 16 },
] as const;

test("sums over quads at the edge of 16 bits", async () => {
  // 8 · 32 · 127 and 4 · 64 · 127 fit, the next do not; −128 breaks groups here and there.
  for (const weight of [1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, -16, -17, -32, -33, -64, -65, -128])
    for (const inputs of [4, 12, 16, 20, 36, 64])
      for (const phases of [5, 7])
        await check({ weight, phases, bits: 8, inputs, outputs: 9, height: 3, width: 3, kernel: [3, 3], padding: 1 });
});

for (const { phases, bits } of KINDS) {
  const name = `K = ${phases}, ${bits} bits`;
  test(`pointwise, ${name}`, async () => {
    for (const [i, inputs] of SIZES.entries())
      for (const outputs of [SIZES[(i * 5) % SIZES.length], SIZES[(i * 8 + 3) % SIZES.length], 8])
        await check({ phases, bits, inputs, outputs, height: 1 + (i % 3), width: 1 + ((i * 3) % 11) });
  });
  test(`3×3, ${name}`, async () => {
    for (const [i, inputs] of SIZES.entries()) {
      const outputs = SIZES[(i * 4 + 1) % SIZES.length];
      await check({ phases, bits, inputs, outputs, height: 3, width: 2 + (i % 7), kernel: [3, 3], padding: 1 });
    }
  });
  test(`3×3 with a stride, dilated, and without padding, ${name}`, async () => {
    for (const inputs of [3, 8, 16, 17]) {
      const common = { phases, bits, inputs, outputs: inputs + 1, kernel: [3, 3] as Pair };
      await check({ ...common, height: 7, width: 8, stride: 2, padding: 1 });
      await check({ ...common, height: 7, width: 9, dilation: 2, padding: 2 });
      await check({ ...common, height: 4, width: 6 });
    }
  });
  test(`depthwise, ${name}`, async () => {
    for (const [i, inputs] of SIZES.entries())
      for (const stride of [1, 2])
        await check({
          ...{ phases, bits, inputs, outputs: inputs, groups: inputs, height: 5, width: 3 + (i % 6) },
          ...{ kernel: [3, 3], padding: 1, stride },
        });
  });
  test(`dense, ${name}`, async () => {
    for (const [i, inputs] of SIZES.entries()) {
      const [height, width] = [1 + (i % 3), 1 + (i % 4)];
      const outputs = SIZES[(i * 7 + 2) % SIZES.length];
      await check({ phases, bits, inputs, outputs, height, width, kernel: [height, width] });
    }
  });
  test(`grouped, ${name}`, async () => {
    for (const groups of [2, 3, 4])
      for (const each of [1, 2, 4, 5, 8, 9])
        await check({
          ...{ phases, bits, groups, inputs: groups * each, outputs: groups * ((each % 5) + 1), height: 4, width: 5 },
          ...{ kernel: [3, 3], padding: 1 },
        });
  });
  test(`pooled, ${name}`, async () => {
    for (const inputs of SIZES)
      for (const kind of ["max", "sum"] as const)
        await check({
          ...{ phases, bits, inputs, outputs: 4, height: 5, width: 6, groups: 1 },
          pool: { kind, size: [3, 3], kernel: [3, 3], stride: [2, 2], dilation: [1, 1], offset: [1, 0] },
        });
  });
  test(`first layer, ${name}`, async () => {
    for (const inputs of [1, 2, 3, 4, 5, 8])
      for (const outputs of [1, 7, 8, 9, 16, 33]) {
        await check({ phases, bits, inputs, outputs, height: 6, width: 7, kernel: [3, 3], padding: 1 }, true);
        await check(
          { phases, bits, inputs, outputs, height: 8, width: 9, kernel: [7, 7], padding: 3, stride: 2 },
          true,
        );
      }
  });
}

test.run();
