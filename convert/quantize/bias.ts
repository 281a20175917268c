/** Biases in whole units of potential, of any size: `bounds.ts` proves that 32 bits hold them. */

import type { UnquantizedPopulation } from "../wiring.ts";

/**
 * The bias rounded to nearest.
 * @param unit ANN units per unit of potential, per channel
 * @returns `[C]` or `[H][W][C]`, as the population's
 */
export function roundedBias({ bias, channels }: UnquantizedPopulation, unit: Float64Array): Float64Array {
  return bias.map((b, at) => Math.round(b / unit[at % channels]));
}

/**
 * The bias moved per channel so that the mean input over calibration equals the ANN's, then rounded to nearest.
 * @param sums what the population's synapses deliver, `[n][H][W][C]` in units of potential
 * @param target the ANN's pre-activations, `[n][H][W][C]`
 * @param unit ANN units per unit of potential, per channel
 * @returns `[C]` or `[H][W][C]`, as the population's
 */
export function correctedBias(
  { bias, channels }: UnquantizedPopulation,
  sums: Float32Array,
  target: Float32Array,
  unit: Float64Array,
): Float64Array {
  const error = new Float64Array(channels);
  for (let at = 0; at < target.length; ) {
    for (let k = 0; k < bias.length; ) {
      for (let c = 0; c < channels; c++, k++, at++) error[c] += target[at] - sums[at] * unit[c] - bias[k];
    }
  }
  const positions = target.length / channels;
  return bias.map((b, at) => {
    const c = at % channels;
    return Math.round((b + error[c] / positions) / unit[c]);
  });
}
