/** Biases in whole units of potential, of any size: `bounds.ts` proves that 32 bits hold them. */

import type { UnquantizedPopulation } from "../wiring.ts";
import { Evidence } from "./evidence.ts";

/**
 * The bias rounded to nearest.
 * @param unit ANN units per unit of potential, per channel
 * @returns `[C]` or `[H][W][C]`, as the population's
 */
export function roundedBias({ bias, channels }: UnquantizedPopulation, unit: Float64Array): Float64Array {
  return bias.map((b, at) => Math.round(b / unit[at % channels]));
}

/** The bias moved per channel so that the mean input over calibration equals the ANN's. */
export class BiasCorrection {
  readonly #population: UnquantizedPopulation;
  readonly #unit: Float64Array;
  readonly #error: Float64Array;
  readonly #evidence: Evidence | null;
  #positions = 0;

  /**
   * @param unit ANN units per unit of potential, per channel
   * @param cautious whether it counts only as far as it stands out from what differs by image
   */
  constructor(population: UnquantizedPopulation, unit: Float64Array, cautious = false) {
    this.#evidence = cautious ? new Evidence(population.channels) : null;
    this.#population = population;
    this.#unit = unit;
    this.#error = new Float64Array(population.channels);
  }

  /**
   * Takes in some images.
   * @param sums what the population's synapses deliver, `[n][H][W][C]` in units of potential
   * @param target the ANN's pre-activations, `[n][H][W][C]`
   */
  add(sums: Float32Array, target: Float32Array): void {
    const { bias, height, width, channels } = this.#population;
    const [unit, error] = [this.#unit, this.#error];
    const size = height * width * channels;
    let before = error.slice();
    for (let at = 0; at < target.length; ) {
      for (let k = 0; k < bias.length; ) {
        for (let c = 0; c < channels; c++, k++, at++) error[c] += target[at] - sums[at] * unit[c] - bias[k];
      }
      if (this.#evidence && at % size === 0) {
        for (let c = 0; c < channels; c++) this.#evidence.add(c, error[c] - before[c], height * width);
        before = error.slice();
      }
    }
    this.#positions += target.length / channels;
  }

  /** The corrected bias, rounded to nearest: `[C]` or `[H][W][C]`, as the population's. */
  get bias(): Float64Array {
    const { bias, channels } = this.#population;
    const corrections = this.#evidence?.corrections() ?? this.#error.map((error) => error / this.#positions);
    return bias.map((b, at) => {
      const c = at % channels;
      return Math.round((b + corrections[c]) / this.#unit[c]);
    });
  }
}
