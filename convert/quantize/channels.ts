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
import { synapseChannels } from "./weights.ts";

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
 * @param halves whether every channel has a second neuron that goes on where the first ends
 */
export function chooseScales(
  population: UnquantizedPopulation,
  incoming: readonly Incoming[],
  target: Float32Array,
  options: QuantizeOptions,
  largest: Float32Array | null = null,
  halves = false,
): ChannelScale[] {
  const { height, width, channels, ceiling } = population;
  // One channel after another: the synapses of a large dense layer are not held all at once.
  const shared = incoming.map((one) => ({ ...one, shared: sharedSynapses(one) }));
  const forEach = (choose: (c: number, own: ReturnType<typeof synapsesOf>) => ChannelScale) =>
    Array.from({ length: channels }, (_, c) => choose(c, synapsesOf(population, c, shared, options)));
  if (population.kind === "output") {
    return forEach((_, { synapses, smallest }) => ({ unit: outputUnit(synapses, smallest), shift: 0 }));
  }
  const statistics = statisticsOf(population, target, options, largest);
  const images = target.length / (height * width * channels);
  const foreign = populationExcess(statistics, images * height * width);
  const share = FOREIGN_IMAGES / (images + FOREIGN_IMAGES);
  const common = {
    phases: options.phases,
    fallback: medianRange(statistics),
    ceiling,
    excess: has(options, "room") ? (t: number) => share * foreign(t) : null,
    search: has(options, "search"),
    neurons: population.stagger ? (2 as const) : (1 as const),
    halves,
  };
  return forEach((c, own) => bistableScale({ ...common, ...own, statistics: statistics[c] }));
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
  const ofChannel = (c: number) =>
    Array.from({ length: largest!.length / channels }, (_, n) => largest![n * channels + c]);
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

/** What the synapses of a projection's groups have in common. */
interface SharedSynapses {
  /** ANN units per level of what each reads. */
  readonly scales: Float64Array;
  /** Variance of what each receives. */
  readonly variances: Float64Array;
}

/** Those of each group of a projection, worked out when first asked for. */
function sharedSynapses({ projection, source }: Incoming): (group: number) => SharedSynapses {
  const { pool } = projection;
  const spread = pool?.kind === "sum" ? (pool.kernel[0] * pool.kernel[1]) ** 2 : 1;
  const known = new Map<number, SharedSynapses>();
  return (group) => {
    let found = known.get(group);
    if (!found) {
      const channels = synapseChannels(projection, group);
      found = {
        scales: Float64Array.from(channels, (channel) => source.scale[channel]),
        variances: Float64Array.from(channels, (channel) => source.variance[channel] * spread),
      };
      known.set(group, found);
    }
    return found;
  };
}

/** All synapses of channel c, and the smallest unit with which every weight and potential fits its integer type. */
function synapsesOf(
  { bias, channels }: UnquantizedPopulation,
  c: number,
  incoming: readonly (Incoming & { readonly shared: (group: number) => SharedSynapses })[],
  options: QuantizeOptions,
): { synapses: Synapses; smallest: number } {
  let largest = 0;
  let total = 0;
  for (let at = c; at < bias.length; at += channels) total = Math.max(total, Math.abs(bias[at]));
  const parts = incoming.flatMap(({ projection, limit, shared }) => {
    const { targetChannels, groups, weight } = projection;
    const o = c - targetChannels[0];
    if (o < 0 || o >= targetChannels[1]) return [];
    const sent = largestSent(projection, options);
    const { scales, variances } = shared(Math.floor(o / (targetChannels[1] / groups)));
    const products = new Float64Array(scales.length);
    for (let k = 0, at = o * scales.length; k < scales.length; k++, at++) {
      const product = weight[at] * scales[k];
      products[k] = product;
      largest = Math.max(largest, Math.abs(product) / limit);
      total += Math.abs(product) * sent;
    }
    return [{ products, variances }];
  });
  return {
    synapses: {
      products: joined(parts.map(({ products }) => products)),
      variances: joined(parts.map(({ variances }) => variances)),
    },
    // Half of the int32 range is left to rounding, the bias correction and the initial potential.
    smallest: Math.max(largest, total / (INT32_LIMIT / 2), 2 ** -100),
  };
}

/** One list after another. */
function joined(lists: readonly Float64Array[]): Float64Array {
  if (lists.length === 1) return lists[0];
  const all = new Float64Array(lists.reduce((sum, list) => sum + list.length, 0));
  let at = 0;
  for (const list of lists) {
    all.set(list, at);
    at += list.length;
  }
  return all;
}
