/** Integer weights: how large they may become, and how they are rounded. */

import { samplePatches } from "../calibrate/patches.ts";
import type { UnquantizedProjection, Wiring } from "../wiring.ts";
import type { FiredLevels } from "./levels.ts";
import { has, type QuantizeOptions } from "./options.ts";
import { roundTogether } from "./rounding.ts";

/** Weights of a projection as integers: int8 where all fit. */
export type IntegerWeights = Int8Array | Int16Array;

/** Largest weights of 8 and of 16 bits; int16 is not used up where a population has nothing but structural synapses. */
const NARROW = 127;
const WIDE = 32767;
const STRUCTURAL = 4095;

/** The first and last layers keep 16 bits if each holds no more than this share of a network's weights. */
const SMALL_SHARE = 1 / 20;

/** Largest magnitude of each projection's integer weights. */
export function weightLimits({ populations, projections }: Wiring, options: QuantizeOptions): number[] {
  const total = projections.reduce((sum, q) => sum + q.weight.length, 0);
  const trained = new Set(projections.filter((q) => !q.structural).map((q) => q.target));
  return projections.map(({ source, target, structural, weight }) => {
    if (structural) return trained.has(target) ? WIDE : STRUCTURAL;
    if (options.weightBits === 16) return WIDE;
    if (!has(options, "outer")) return NARROW;
    const outer = source === 0 || populations[target].kind === "output";
    return outer && weight.length <= total * SMALL_SHARE ? WIDE : NARROW;
  });
}

/**
 * Calls back with every synapse of one output channel.
 * @param o channel of the projection's output, from 0
 * @param visit receives the weight, the source's channel and the weight's index
 */
export function forEachSynapse(
  q: UnquantizedProjection,
  o: number,
  visit: (weight: number, channel: number, at: number) => void,
): void {
  const inputs = q.sourceChannels[1] / q.groups;
  const first = q.sourceChannels[0] + Math.floor(o / (q.targetChannels[1] / q.groups)) * inputs;
  const size = q.kernel[0] * q.kernel[1] * inputs;
  for (let k = 0; k < size; k++) visit(q.weight[o * size + k], first + (k % inputs), o * size + k);
}

/** Target positions whose input the rounding of weights looks at. */
const ROUNDING_SAMPLES = 2048;

/** One projection whose weights are to be rounded. */
interface Rounding {
  readonly projection: UnquantizedProjection;
  readonly source: FiredLevels;
  /** ANN units per unit of potential, per channel of the target. */
  readonly unit: Float64Array;
  /** Largest magnitude of an integer weight. */
  readonly limit: number;
  /** Whether 8-bit weights are rounded together. */
  readonly together: boolean;
}

/** weight·λ/u as integers, `[O][KH][KW][I/groups]`: rounded together where 8 bits make it worthwhile, else each to nearest. */
export async function roundWeights({ projection, source, unit, limit, together }: Rounding): Promise<IntegerWeights> {
  const { weight, groups } = projection;
  const [first, outputs] = projection.targetChannels;
  const products = new Float64Array(weight.length);
  for (let o = 0; o < outputs; o++) {
    forEachSynapse(projection, o, (w, channel, at) => {
      products[at] = w * source.scale[channel];
    });
  }
  const units = unit.subarray(first, first + outputs);
  const size = products.length / outputs;
  if (together && limit === NARROW) {
    const patches = samplePatches(projection, source.maps, ROUNDING_SAMPLES);
    const rows = outputs / groups;
    for (let group = 0; group < groups; group++) {
      await roundTogether(products.subarray(group * rows * size, (group + 1) * rows * size), {
        units: units.subarray(group * rows, (group + 1) * rows),
        patches,
        group,
        limit,
      });
    }
  } else {
    for (let at = 0; at < products.length; at++) {
      const rounded = Math.round(products[at] / units[Math.floor(at / size)]);
      products[at] = Math.max(-limit, Math.min(limit, rounded));
    }
  }
  return products.every((w) => w >= -128 && w <= 127) ? Int8Array.from(products) : Int16Array.from(products);
}
