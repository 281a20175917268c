/** Statistics of the ANN's activations over the calibration images. */

/** What the choice of a channel's scale needs to know of its activations over all calibration images. */
export interface ChannelStatistics {
  /** Largest activation, after rectification and ceiling. */
  readonly maximum: number;
  /** Share of positions with a positive activation. */
  readonly active: number;
  /** Counts of positive activations in `BINS` equal bins over (0, maximum]. */
  readonly histogram: Uint32Array;
}

/** Bins of a histogram. */
export const BINS = 1024;

/**
 * Per-channel statistics of rectified values.
 * @param values pre-activations in ANN units, channels last, any number of positions
 * @param ceiling upper bound of the activation (Infinity for ReLU)
 */
export function channelStatistics(values: Float32Array, channels: number, ceiling: number): ChannelStatistics[] {
  const positions = values.length / channels;
  const maximum = new Float64Array(channels);
  for (let at = 0; at < values.length; ) {
    for (let c = 0; c < channels; c++, at++) if (values[at] > maximum[c]) maximum[c] = values[at];
  }
  const perUnit = maximum.map((m, c) => {
    maximum[c] = Math.min(m, ceiling);
    return maximum[c] > 0 ? BINS / maximum[c] : 0;
  });
  const counts = new Uint32Array(channels * BINS);
  for (let at = 0; at < values.length; ) {
    for (let c = 0; c < channels; c++, at++) {
      const value = values[at];
      if (value > 0) {
        const bin = Math.floor(value * perUnit[c]);
        counts[c * BINS + (bin < BINS ? bin : BINS - 1)]++;
      }
    }
  }
  return Array.from(maximum, (most, c) => {
    const histogram = counts.subarray(c * BINS, (c + 1) * BINS);
    return { maximum: most, active: histogram.reduce((sum, n) => sum + n, 0) / positions, histogram };
  });
}

/**
 * Statistics that know of activations on further inputs: of each only the largest.
 * @param largest per input, none below 0
 * @param positions that the statistics are over
 */
export function withLargest(own: ChannelStatistics, largest: readonly number[], positions: number): ChannelStatistics {
  const positive = largest.filter((value) => value > 0);
  if (positive.length === 0) return own;
  const maximum = positive.reduce((most, value) => Math.max(most, value), own.maximum);
  const histogram = new Uint32Array(BINS);
  const place = (value: number) => Math.min(BINS - 1, Math.floor((value / maximum) * BINS));
  for (let bin = 0; bin < BINS; bin++) {
    if (own.histogram[bin] > 0) histogram[place(((bin + 0.5) * own.maximum) / BINS)] += own.histogram[bin];
  }
  for (const value of positive) histogram[place(value)]++;
  return { maximum, active: Math.min(1, own.active + positive.length / positions), histogram };
}

/** Statistics of a channel as wide as the widest and as busy as the average one, for a list of at least one. */
export function mergedStatistics(statistics: readonly ChannelStatistics[]): ChannelStatistics {
  // Not spread into arguments: a dense layer may have more channels than a call can take.
  const maximum = statistics.reduce((most, s) => Math.max(most, s.maximum), 0);
  const histogram = new Uint32Array(BINS);
  let active = 0;
  for (const own of statistics) {
    active += own.active / statistics.length;
    for (let bin = 0; bin < BINS; bin++) {
      if (own.histogram[bin] === 0) continue;
      histogram[Math.min(BINS - 1, Math.floor(((bin + 0.5) * own.maximum) / maximum))] += own.histogram[bin];
    }
  }
  return { maximum, active, histogram };
}

/**
 * Mean squared excess E[max(a − t, 0)²] of an activation over a threshold t, per position of an average channel of a population:
 * how large a channel may become of which calibration has seen little.
 * @param positions of one channel over all calibration images
 * @returns E in squared ANN units, for a threshold in ANN units
 */
export function populationExcess(statistics: readonly ChannelStatistics[], positions: number): (t: number) => number {
  const { maximum, histogram } = mergedStatistics(statistics);
  const width = maximum / BINS;
  // Moments of what lies in a bin or above.
  const moments = [0, 1, 2].map((power) => {
    const sums = new Float64Array(BINS + 1);
    for (let bin = BINS - 1; bin >= 0; bin--) {
      sums[bin] = sums[bin + 1] + histogram[bin] * ((bin + 0.5) * width) ** power;
    }
    return sums;
  });
  const total = positions * statistics.length;
  return (t) => {
    const bin = Math.max(0, Math.min(BINS, Math.ceil(t / width - 0.5)));
    return Math.max(0, moments[2][bin] - 2 * t * moments[1][bin] + t * t * moments[0][bin]) / total;
  };
}
