/** A raster in rows and columns that fit a screen: spikes that fall on the same place are added up. */

import { type Model, neuronsOf } from "../model/model.ts";
import { type Recording, spikesAt, worthAt } from "../playback/recording.ts";
import { spikes } from "../playback/timing.ts";

/** A population's band of the raster. */
export interface Band {
  readonly population: number;
  readonly top: number;
  readonly height: number;
}

/** Spikes of one band: for each row and step how many, by sign and by whether they should be there. */
export interface Bins {
  readonly rows: number;
  /** Neurons of a row. */
  readonly neurons: number;
  /** rows × steps counts, row by row. */
  readonly positive: Uint16Array;
  readonly negative: Uint16Array;
  readonly wrong: Uint16Array;
  /** Largest worth, in shares of the first spike's, of a positive or negative spike: rows × steps. */
  readonly strongest: Float32Array;
}

/** Divides a height among the populations that spike. */
export function bandsOf(model: Model, height: number, gap: number): Band[] {
  const shown = model.populations.filter((population) => spikes(population, model.coding));
  const weights = shown.map((population) => neuronsOf(population) ** 0.35);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const room = Math.max(shown.length, height - gap * (shown.length - 1));
  let top = 0;
  return shown.map(({ index }, i) => {
    const band = { population: index, top, height: (room * weights[i]) / total };
    top += band.height + gap;
    return band;
  });
}

/**
 * Counts a population's spikes. Rows go channel by channel, so that a channel is a stripe.
 * @param intact levels of the network as it should be: where they are 0 a spike is wrong
 */
export function binsOf(
  recording: Recording,
  model: Model,
  population: number,
  rows: number,
  intact: Uint8Array | null,
): Bins {
  const { steps, phases } = recording;
  const train = recording.trains[population];
  const { height, width, channels } = model.populations[population];
  const positions = height * width;
  const count = Math.max(1, Math.min(rows, positions * channels));
  const size = count * steps;
  const bins: Bins = {
    rows: count,
    neurons: (positions * channels) / count,
    positive: new Uint16Array(size),
    negative: new Uint16Array(size),
    wrong: new Uint16Array(size),
    strongest: new Float32Array(size),
  };
  for (let t = 0; t < steps; t++) {
    const { neurons, signs } = spikesAt(train, t);
    const share = Math.min(1, worthAt(recording, population, t) / 2 ** (phases - 1));
    for (let k = 0; k < neurons.length; k++) {
      const n = neurons[k];
      const place = (n % channels) * positions + Math.floor(n / channels);
      const row = Math.floor((place * count) / (positions * channels));
      const into = intact && intact[n] === 0 ? bins.wrong : signs && signs[k] < 0 ? bins.negative : bins.positive;
      const at = row * steps + t;
      if (into[at] < 65535) into[at]++;
      if (share > bins.strongest[at]) bins.strongest[at] = share;
    }
  }
  return bins;
}
