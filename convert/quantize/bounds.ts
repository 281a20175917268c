import { ConversionError } from "../errors.ts";
import type { Network, Projection, RealPopulation } from "../network/network.ts";
import type { Problem } from "../refusal.ts";

export const INT32_LIMIT = 2 ** 31;

/** Largest pooled value the core accepts (docs/format.md, *Rules*). */
const SUM_LIMIT = 2 ** 24;

interface Coding {
  readonly phases: number;
  readonly coding: "current" | "phase";
}

/** The most a projection's source sends one synapse in a period, after pooling. */
export function largestSent(projection: Projection, { phases, coding }: Coding): number {
  if (projection.source === 0 && coding === "current") return 255;
  const { pool } = projection;
  return (2 ** phases - 1) * (pool?.kind === "sum" ? pool.kernel[0] * pool.kernel[1] : 1);
}

/** The problems of sum poolings that can reach a value the core does not hold: known before calibration. */
export function poolingProblems({ populations, projections }: Network, coding: Coding): Problem[] {
  return projections.flatMap((p) => {
    const reason = poolingExcess(p, coding);
    return reason ? [{ node: `population '${populations[p.target].name}'`, op: "", reason }] : [];
  });
}

function poolingExcess(projection: Projection, coding: Coding): string | null {
  const sent = largestSent(projection, coding);
  if (sent < SUM_LIMIT) return null;
  return `a sum pooling of ${projection.pool!.kernel.join("×")} can reach ${sent}; below ${SUM_LIMIT} is supported`;
}

/**
 * Proves that no potential of a population can leave int32: per channel, max|bias| + max(initial, 2^shift − 1) +
 * Σ|weight|·q < 2^31 over all projections. Throws a ConversionError that names the population otherwise.
 * @param bias whole numbers, not yet narrowed to 32 bits, which would wrap
 */
export function provePotentials(
  population: RealPopulation,
  incoming: readonly Projection[],
  weights: readonly (Int8Array | Int16Array)[],
  bias: Float64Array,
  initial: Int32Array,
  shift: Int8Array,
  coding: Coding,
): void {
  const { channels, name } = population;
  const reach = new Float64Array(channels);
  incoming.forEach((p, k) => {
    const sent = largestSent(p, coding);
    const excess = poolingExcess(p, coding);
    if (excess) throw new ConversionError("unsupported", `'${name}': ${excess}`);
    const size = weights[k].length / p.targetChannels[1];
    for (let o = 0; o < p.targetChannels[1]; o++) {
      let sum = 0;
      for (let at = o * size; at < (o + 1) * size; at++) sum += Math.abs(weights[k][at]);
      reach[p.targetChannels[0] + o] += sum * sent;
    }
  });
  for (let c = 0; c < channels; c++) {
    let most = 0;
    for (let at = c; at < bias.length; at += channels) most = Math.max(most, Math.abs(bias[at]));
    const start = population.kind === "bistable" ? Math.max(initial[c], 2 ** shift[c] - 1) : 0;
    const bound = most + start + reach[c];
    if (!(bound < INT32_LIMIT)) {
      throw new ConversionError(
        "unsupported",
        `'${name}', channel ${c}: potentials could reach ${bound}, beyond the 2^31 that 32 bits hold`,
      );
    }
  }
}
