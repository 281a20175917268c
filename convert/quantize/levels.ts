/** The levels that populations really fire on the calibration images, and what one level is worth. */

import { type LevelMaps, levelVariance } from "../calibrate/levels.ts";
import type { QuantizedPopulation, UnquantizedNetwork } from "../network/network.ts";
import type { UnquantizedPopulation } from "../wiring.ts";
import { Evidence } from "./evidence.ts";
import type { Coding } from "./options.ts";

/** What later populations need of one that is finished. */
export interface FiredLevels {
  readonly maps: LevelMaps;
  /** ANN units per level, per channel; of the input, samples per level. */
  readonly scale: Float64Array;
  /** Variance of the levels, per channel. */
  readonly variance: Float64Array;
}

/**
 * Levels of the input: the samples, or their K highest bits.
 * @param images 8-bit samples H×W×C; of several inputs one after the other
 */
export function inputLevels(
  network: UnquantizedNetwork,
  images: readonly Uint8Array[],
  { coding, phases }: Coding,
): FiredLevels {
  const { height, width, channels } = network.populations[0];
  const size = height * width * channels;
  const dropped = coding === "phase" ? 8 - phases : 0;
  const levels = new Uint8Array(images.length * size);
  const zeroPoint = network.input.zeroPoint.map((s) => s >> dropped);
  const { places } = network.input;
  if (places) for (let at = 0; at < levels.length; at += channels) levels.set(zeroPoint, at);
  images.forEach((samples, n) => {
    const own = dropped ? samples.map((s) => s >> dropped) : samples;
    if (!places) levels.set(own, n * size);
    else
      places.forEach((place, k) => {
        levels[n * size + place] = own[k];
      });
  });
  return {
    maps: { images: images.length, height, width, channels, levels, zeroPoint },
    scale: new Float64Array(channels).fill(2 ** dropped),
    variance: levelVariance(levels, channels),
  };
}

/**
 * Levels 0…2^K − 1 of a bistable population.
 * @param sums what its synapses deliver, `[n][H][W][C]` in units of potential
 * @param levels receives them
 */
export function fireLevels(
  population: QuantizedPopulation,
  sums: Float32Array,
  phases: number,
  levels: Uint8Array,
): void {
  const { bias, initial, shift, channels } = population;
  const top = 2 ** phases - 1;
  const perLevel = Float64Array.from(shift, (s) => 2 ** -s);
  const start = bias.map((b, at) => b + initial[at % channels]);
  for (let at = 0; at < levels.length; ) {
    for (let k = 0; k < start.length; ) {
      for (let c = 0; c < channels; c++, k++, at++) {
        const potential = sums[at] + start[k];
        if (potential > 0) levels[at] = Math.min(top, potential * perLevel[c]);
      }
    }
  }
}

/**
 * ANN units per level that fit the ANN's activations best (least squares); the chosen ones where a channel never fired.
 * @param levels of the one or two neurons of each channel, `[n][H][W][C]`
 * @param target the ANN's pre-activations, `[n][H][W][C]`
 * @param chosen ANN units per level, per channel
 * @param cautious whether what is fitted counts only as far as it stands out from what differs by image
 */
export function fittedScale(
  { height, width, channels, ceiling, stagger = 0 }: UnquantizedPopulation,
  [levels, above]: readonly Uint8Array[],
  target: Float32Array,
  chosen: Float64Array,
  cautious = false,
): Float64Array {
  const evidence = cautious ? new Evidence(channels) : null;
  const size = height * width * channels;
  let before = [new Float64Array(channels), new Float64Array(channels)];
  const products = new Float64Array(channels);
  const squares = new Float64Array(channels);
  for (let at = 0; at < levels.length; ) {
    for (let c = 0; c < channels; c++, at++) {
      if (levels[at] === 0) continue;
      // What a neuron is ahead of its channel's activation is made up for by the other of its pair.
      const level = levels[at] + (above?.[at] ?? 0) - stagger;
      products[c] += level * Math.min(Math.max(target[at], 0), ceiling);
      squares[c] += level * level;
    }
    if (evidence && at % size === 0) {
      for (let c = 0; c < channels; c++) {
        const square = squares[c] - before[1][c];
        evidence.add(c, products[c] - before[0][c] - chosen[c] * square, square);
      }
      before = [products.slice(), squares.slice()];
    }
  }
  const corrections = evidence?.corrections();
  return chosen.map((scale, c) => {
    const fitted = corrections ? scale + corrections[c] : products[c] / squares[c];
    return fitted > scale * 0.9 && fitted < scale * 1.1 ? fitted : scale;
  });
}
