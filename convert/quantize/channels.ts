/** Chooses unit and threshold shift of every channel of a population. */

import {
  type ChannelStatistics,
  channelStatistics,
  mergedStatistics,
  populationExcess,
  withLargest,
} from "../calibrate/statistics.ts";
import type { UnquantizedPopulation, UnquantizedProjection } from "../wiring.ts";
import { INT32_LIMIT, largestSent } from "./bounds.ts";
import type { FiredLevels } from "./levels.ts";
import { has, type QuantizeOptions } from "./options.ts";
import { bistableScale, type ChannelScale, outputUnit, type Synapses } from "./scale.ts";
import { forEachSynapse } from "./weights.ts";

/**
 * A channel is taken to behave like the average channel of its population in this many further images: one that belongs to a
 * class calibration has not seen must not be clipped to what other classes make of it.
 */
const FOREIGN_IMAGES = 2;

/** A projection into the population in hand. */
export interface Incoming {
  readonly projection: UnquantizedProjection;
  /** Largest magnitude of its integer weights. */
  readonly limit: number;
  readonly source: FiredLevels;
}

/**
 * Unit and threshold shift of every channel of a bistable or output population.
 * @param target the ANN's pre-activations, `[n][H][W][C]`
 * @param largest the ANN's largest activations on further inputs, `[m][C]`; null for none
 */
export function chooseScales(
  population: UnquantizedPopulation,
  incoming: readonly Incoming[],
  target: Float32Array,
  options: QuantizeOptions,
  largest: Float32Array | null = null,
): ChannelScale[] {
  const { height, width, channels, ceiling } = population;
  // One channel after another: the synapses of a large dense layer are not held all at once.
  const forEach = (choose: (c: number, own: ReturnType<typeof synapsesOf>) => ChannelScale) =>
    Array.from({ length: channels }, (_, c) => choose(c, synapsesOf(population, c, incoming, options)));
  if (population.kind === "output") {
    return forEach((_, { synapses, smallest }) => ({ unit: outputUnit(synapses, smallest), shift: 0 }));
  }
  const statistics = statisticsOf(population, target, options, largest);
  const { images } = incoming[0].source.maps;
  const foreign = populationExcess(statistics, images * height * width);
  const share = FOREIGN_IMAGES / (images + FOREIGN_IMAGES);
  const shared = {
    phases: options.phases,
    fallback: medianRange(statistics),
    ceiling,
    excess: has(options, "room") ? (t: number) => share * foreign(t) : null,
    search: has(options, "search"),
    neurons: population.stagger ? (2 as const) : (1 as const),
  };
  return forEach((c, own) => bistableScale({ ...shared, ...own, statistics: statistics[c] }));
}

/** Statistics of every channel, or of all together for each. */
function statisticsOf(
  { channels, ceiling }: UnquantizedPopulation,
  target: Float32Array,
  options: QuantizeOptions,
  largest: Float32Array | null,
): ChannelStatistics[] {
  const fitted = channelStatistics(target, channels, ceiling);
  const positions = target.length / channels;
  const ofChannel = (c: number) => [...largest!.filter((_, at) => at % channels === c)];
  const own = largest ? fitted.map((statistics, c) => withLargest(statistics, ofChannel(c), positions)) : fitted;
  return has(options, "channels") ? own : own.map(() => mergedStatistics(own));
}

/** The median of the largest activations of the channels that were active. */
function medianRange(statistics: readonly ChannelStatistics[]): number {
  const ranges = statistics
    .map((s) => s.maximum)
    .filter((m) => m > 0)
    .sort((a, b) => a - b);
  return ranges.length ? ranges[ranges.length >> 1] : 1;
}

/** All synapses of channel c, and the smallest unit with which every weight and potential fits its integer type. */
function synapsesOf(
  { bias, channels }: UnquantizedPopulation,
  c: number,
  incoming: readonly Incoming[],
  options: QuantizeOptions,
): { synapses: Synapses; smallest: number } {
  const products: number[] = [];
  const variances: number[] = [];
  let largest = 0;
  let total = 0;
  for (let at = c; at < bias.length; at += channels) total = Math.max(total, Math.abs(bias[at]));
  for (const { projection, limit, source } of incoming) {
    const { targetChannels, pool } = projection;
    const o = c - targetChannels[0];
    if (o < 0 || o >= targetChannels[1]) continue;
    const spread = pool?.kind === "sum" ? (pool.kernel[0] * pool.kernel[1]) ** 2 : 1;
    const sent = largestSent(projection, options);
    forEachSynapse(projection, o, (weight, channel) => {
      const product = weight * source.scale[channel];
      products.push(product);
      variances.push(source.variance[channel] * spread);
      largest = Math.max(largest, Math.abs(product) / limit);
      total += Math.abs(product) * sent;
    });
  }
  return {
    synapses: { products: Float64Array.from(products), variances: Float64Array.from(variances) },
    // Half of the int32 range is left to rounding, the bias correction and the initial potential.
    smallest: Math.max(largest, total / (INT32_LIMIT / 2), 2 ** -100),
  };
}
