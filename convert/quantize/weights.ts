/** Integer weights: how large they may become, and how they are rounded. */

import { samplePatches } from "../calibrate/patches.ts";
import { isDepthwise } from "../network/halves.ts";
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

/** The first and last layers and depthwise convolutions keep 16 bits if each holds no more than this share of a network's weights. */
const SMALL_SHARE = 1 / 20;

/** Largest magnitude of each projection's integer weights. */
export function weightLimits({ populations, projections }: Wiring, options: QuantizeOptions): number[] {
  const total = projections.reduce((sum, q) => sum + q.weight.length, 0);
  const trained = new Set(projections.filter((q) => !q.structural).map((q) => q.target));
  return projections.map((q) => {
    const { source, target, structural, weight } = q;
    if (structural) return trained.has(target) ? WIDE : STRUCTURAL;
    if (options.weightBits === 16) return WIDE;
    const outer = has(options, "outer") && (source === 0 || populations[target].kind === "output");
    const depthwise = has(options, "depthwise") && isDepthwise(q);
    return (outer || depthwise) && weight.length <= total * SMALL_SHARE ? WIDE : NARROW;
  });
}

/** Channel of the source that each synapse of output o of a projection reads, in the order of its weights; one per group. */
export function synapseChannels({ sourceChannels, kernel, groups }: UnquantizedProjection, group: number): Int32Array {
  const inputs = sourceChannels[1] / groups;
  const first = sourceChannels[0] + group * inputs;
  return Int32Array.from({ length: kernel[0] * kernel[1] * inputs }, (_, k) => first + (k % inputs));
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
  const integers = limit <= NARROW ? new Int8Array(weight.length) : new Int16Array(weight.length);
  const rows = outputs / groups;
  const patches = together && limit === NARROW ? samplePatches(projection, source.maps, ROUNDING_SAMPLES) : null;
  for (let group = 0; group < groups; group++) {
    const scales = Float64Array.from(synapseChannels(projection, group), (channel) => source.scale[channel]);
    const [from, to] = [group * rows * scales.length, (group + 1) * rows * scales.length];
    const own = { weight: weight.subarray(from, to), scales, units: unit.subarray(first + group * rows), limit };
    const into = integers.subarray(from, to);
    if (!patches) roundAlone({ ...own, rows }, into);
    else await roundTogether({ ...own, units: own.units.subarray(0, rows), patches, group }, into);
  }
  if (integers instanceof Int8Array || integers.some((w) => w < -128 || w > 127)) return integers;
  return Int8Array.from(integers);
}

/** weight·scale/unit, each to nearest. */
function roundAlone(
  {
    weight,
    scales,
    units,
    rows,
    limit,
  }: {
    readonly weight: Float32Array;
    readonly scales: Float64Array;
    readonly units: Float64Array;
    readonly rows: number;
    readonly limit: number;
  },
  into: IntegerWeights,
): void {
  for (let o = 0, at = 0; o < rows; o++) {
    for (let k = 0; k < scales.length; k++, at++) {
      const rounded = Math.round((weight[at] * scales[k]) / units[o]);
      into[at] = Math.max(-limit, Math.min(limit, rounded));
    }
  }
}
