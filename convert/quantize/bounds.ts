/** Proves, from integers alone, that potentials and pooled sums stay in the range that the core holds. */

import { ConversionError } from "../errors.ts";
import type { Problem } from "../refusal.ts";
import type { Projection, UnquantizedPopulation, Wiring } from "../wiring.ts";
import type { Coding } from "./options.ts";
import type { IntegerWeights } from "./weights.ts";

/** What potentials must stay below. */
export const INT32_LIMIT = 2 ** 31;

/** Largest pooled value the core accepts (docs/format.md, *Rules*). */
const SUM_LIMIT = 2 ** 24;

/** The most a projection's source sends one synapse in a period, after pooling. */
export function largestSent(projection: Projection, { phases, coding }: Coding): number {
  if (projection.source === 0 && coding === "current") return 255;
  const { pool } = projection;
  return (2 ** phases - 1) * (pool?.kind === "sum" ? pool.kernel[0] * pool.kernel[1] : 1);
}

/** The problems of sum poolings that can reach a value the core does not hold: known before calibration. */
export function poolingProblems({ populations, projections }: Wiring, coding: Coding): Problem[] {
  return projections.flatMap((q) => {
    const reason = poolingExcess(q, coding);
    return reason ? [{ node: `population '${populations[q.target].name}'`, op: "", reason }] : [];
  });
}

function poolingExcess(projection: Projection, coding: Coding): string | null {
  const sent = largestSent(projection, coding);
  if (sent < SUM_LIMIT) return null;
  return `a sum pooling of ${projection.pool!.kernel.join("×")} can reach ${sent}; below ${SUM_LIMIT} is supported`;
}

/** The integers of a population that potentials depend on. */
interface PotentialParts {
  readonly population: UnquantizedPopulation;
  /** Those into the population. */
  readonly projections: readonly Projection[];
  /** Of each projection. */
  readonly weights: readonly IntegerWeights[];
  /** Whole numbers, not yet narrowed to 32 bits, which would wrap. */
  readonly bias: Float64Array;
  readonly initial: Int32Array;
  readonly shift: Int8Array;
}

/**
 * Proves that no potential of a population can leave int32: per channel, max|bias| + max(initial, 2^shift − 1) +
 * Σ|weight|·sent < 2^31 over all projections.
 * @throws ConversionError (`unsupported`) that names the population otherwise
 */
export function provePotentials(parts: PotentialParts, coding: Coding): void {
  const { population, projections, weights, bias, initial, shift } = parts;
  const { channels, name } = population;
  const received = new Float64Array(channels);
  projections.forEach((q, k) => {
    const sent = largestSent(q, coding);
    const excess = poolingExcess(q, coding);
    if (excess) throw new ConversionError("unsupported", `'${name}': ${excess}`);
    const [first, outputs] = q.targetChannels;
    const size = weights[k].length / outputs;
    for (let o = 0; o < outputs; o++) {
      let sum = 0;
      for (let at = o * size; at < (o + 1) * size; at++) sum += Math.abs(weights[k][at]);
      received[first + o] += sum * sent;
    }
  });
  for (let c = 0; c < channels; c++) {
    let most = 0;
    for (let at = c; at < bias.length; at += channels) most = Math.max(most, Math.abs(bias[at]));
    const start = population.kind === "bistable" ? Math.max(initial[c], 2 ** shift[c] - 1) : 0;
    const bound = most + start + received[c];
    if (!(bound < INT32_LIMIT)) {
      throw new ConversionError(
        "unsupported",
        `'${name}', channel ${c}: potentials could reach ${bound}, beyond the 2^31 that 32 bits hold`,
      );
    }
  }
}
