import type { Activations } from "../calibrate/activations.ts";
import { integrate } from "../calibrate/integrate.ts";
import { samplePatches } from "../calibrate/patches.ts";
import type { LevelMaps } from "../calibrate/stage.ts";
import {
  type ChannelStatistics,
  channelStatistics,
  levelVariance,
  mergedStatistics,
  populationExcess,
} from "../calibrate/statistics.ts";
import type {
  Network,
  QuantizedPopulation,
  QuantizedProjection,
  RealPopulation,
  RealProjection,
} from "../network/network.ts";
import { INT32_LIMIT, largestSent, provePotentials } from "./bounds.ts";
import { roundTogether } from "./rounding.ts";
import { bistableScale, type ChannelScale, outputUnit, type Synapses } from "./scale.ts";

/**
 * What the choice of integers is made of, to be left out one by one when measuring what each brings: a scale per channel, room for
 * activations calibration has not seen, weights rounded together, 16 bits in the outer layers, corrected biases, fitted scales,
 * and (with few phases) two neurons per channel in the first layer.
 */
export const INGREDIENTS = ["channels", "room", "rounding", "outer", "bias", "fit", "pairs"] as const;
export type Ingredient = (typeof INGREDIENTS)[number];

interface QuantizeOptions {
  readonly phases: number;
  readonly weightBits: 8 | 16;
  readonly coding: "current" | "phase";
  /** For ablations; default none. */
  readonly without?: readonly Ingredient[] | undefined;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * A channel is taken to behave like the average channel of its population in this many further images: one that belongs to a
 * class calibration has not seen must not be clipped to what other classes make of it.
 */
const FOREIGN_IMAGES = 2;

/** What later populations need of one that is finished. */
interface Finished {
  readonly maps: LevelMaps;
  /** ANN units per level, per channel. */
  readonly scale: Float64Array;
  /** Variance of the levels, per channel. */
  readonly variance: Float64Array;
}

/** Largest weights of 8 and of 16 bits; int16 is not used up where a population has nothing but structural synapses. */
const NARROW = 127;
const WIDE = 32767;
const STRUCTURAL = 4095;

/** The first and last layers keep 16 bits if each holds no more than this share of a network's weights. */
const SMALL_SHARE = 1 / 20;

/** Largest magnitude of each projection's integer weights. */
function weightLimits({ populations, projections }: Network, { weightBits, without }: QuantizeOptions): number[] {
  const total = projections.reduce((sum, p) => sum + p.weight.length, 0);
  const trained = new Set(projections.filter((p) => !p.structural).map((p) => p.target));
  return projections.map(({ source, target, structural, weight }) => {
    if (structural) return trained.has(target) ? WIDE : STRUCTURAL;
    if (weightBits === 16) return WIDE;
    if (without?.includes("outer")) return NARROW;
    const outer = source === 0 || populations[target].kind === "output";
    return outer && weight.length <= total * SMALL_SHARE ? WIDE : NARROW;
  });
}

/**
 * Turns real weights into integers, population by population from the input on. Each population is chosen, rounded and
 * corrected against the ANN's values while it receives the levels its sources really fire, so that errors made upstream are
 * seen, and their mean mended, downstream.
 * @param images calibration images, 8-bit samples H×W×C
 * @param activations the ANN's values on the same images
 */
export async function quantize(
  network: Network,
  images: readonly Uint8Array[],
  activations: Activations,
  options: QuantizeOptions,
): Promise<{ populations: QuantizedPopulation[]; projections: QuantizedProjection[] }> {
  const finished: (Finished | null)[] = [];
  const populations: QuantizedPopulation[] = [];
  const projections: QuantizedProjection[] = [];
  const lastUse = network.populations.map((_, i) => i);
  for (const { source, target } of network.projections) lastUse[source] = Math.max(lastUse[source], target);
  const limits = weightLimits(network, options);
  for (const [i, population] of network.populations.entries()) {
    options.onProgress?.(i, network.populations.length);
    const incoming = network.projections.map((p, j) => [p, j] as const).filter(([p]) => p.target === i);
    if (population.kind === "input") {
      finished.push(inputLevels(network, images, options));
      populations.push({ ...population, ...NO_PARAMETERS });
    } else if (population.kind === "synchronous") {
      const [[relay, j]] = incoming;
      finished.push(finished[relay.source]);
      populations.push({ ...population, ...NO_PARAMETERS });
      projections[j] = { ...relay, weight: new Int8Array(0) };
    } else {
      const done = await quantizePopulation(
        population,
        incoming.map(([p]) => p),
        incoming.map(([, j]) => limits[j]),
        finished,
        await activations.of(i),
        options,
      );
      populations.push(done.population);
      incoming.forEach(([p], k) => {
        projections[incoming[k][1]] = { ...p, weight: done.weights[k] };
      });
      finished.push(done.finished);
    }
    for (let k = 0; k < i; k++) if (lastUse[k] <= i) finished[k] = null;
  }
  options.onProgress?.(network.populations.length, network.populations.length);
  return { populations, projections };
}

const NO_PARAMETERS = {
  bias: new Int32Array(0),
  initial: new Int32Array(0),
  shift: new Int8Array(0),
  unit: new Float32Array(0),
};

function inputLevels(network: Network, images: readonly Uint8Array[], { coding, phases }: QuantizeOptions): Finished {
  const { height, width, channels } = network.populations[0];
  const size = height * width * channels;
  const dropped = coding === "phase" ? 8 - phases : 0;
  const levels = new Uint8Array(images.length * size);
  images.forEach((samples, n) => {
    levels.set(dropped ? samples.map((s) => s >> dropped) : samples, n * size);
  });
  const zeroPoint = network.input.zeroPoint.map((s) => s >> dropped);
  return {
    maps: { images: images.length, height, width, channels, levels, zeroPoint },
    scale: new Float64Array(channels).fill(2 ** dropped),
    variance: levelVariance(levels, channels),
  };
}

async function quantizePopulation(
  population: RealPopulation,
  incoming: readonly RealProjection[],
  limits: readonly number[],
  finished: readonly (Finished | null)[],
  target: Float32Array,
  options: QuantizeOptions,
): Promise<{ population: QuantizedPopulation; weights: (Int8Array | Int16Array)[]; finished: Finished | null }> {
  const { channels, ceiling } = population;
  const without = (ingredient: Ingredient) => options.without?.includes(ingredient) ?? false;
  const bistable = population.kind === "bistable";
  const sources = incoming.map((p) => finished[p.source]!);
  const ranges = bistable ? channelStatistics(target, channels, ceiling) : null;
  const statistics = ranges && without("channels") ? ranges.map(() => mergedStatistics(ranges)) : ranges;
  const scales = chooseScales(population, incoming, limits, sources, statistics, options);
  const unit = Float64Array.from(scales, (s) => s.unit);
  const shift = Int8Array.from(scales, (s) => s.shift);

  const weights: (Int8Array | Int16Array)[] = [];
  for (const [k, p] of incoming.entries())
    weights.push(await roundWeights(p, limits[k], sources[k], unit, !without("rounding")));
  const sums = new Float32Array(target.length);
  for (const [k, projection] of incoming.entries()) {
    await integrate(projection, weights[k], sources[k].maps, population, sums);
  }
  const rounded = without("bias")
    ? population.bias.map((b, at) => Math.round(b / unit[at % channels]))
    : correctedBias(population, sums, target, unit);
  const stagger = population.stagger ?? 0;
  const initial = Int32Array.from(shift, (s) => Math.max(0, Math.round(2 ** s * (0.5 + stagger)) - 1));
  provePotentials(population, incoming, weights, rounded, initial, shift, options);
  const bias = Int32Array.from(rounded);
  const quantized = { ...population, bias, initial, shift, unit: Float32Array.from(unit) };
  if (!bistable) return { population: quantized, weights, finished: null };

  const levels = fire(quantized, sums, options.phases);
  const chosen = unit.map((u, c) => u * 2 ** shift[c]);
  const scale = without("fit") ? chosen : fittedScale(levels, stagger, target, channels, ceiling, chosen);
  return {
    population: { ...quantized, unit: Float32Array.from(scale, (s, c) => s / 2 ** shift[c]) },
    weights,
    finished: {
      maps: {
        ...sources[0].maps,
        height: population.height,
        width: population.width,
        channels,
        levels,
        zeroPoint: null,
      },
      scale,
      variance: levelVariance(levels, channels),
    },
  };
}

/** Unit and threshold shift of every channel of a population. */
function chooseScales(
  population: RealPopulation,
  incoming: readonly RealProjection[],
  limits: readonly number[],
  sources: readonly Finished[],
  statistics: readonly ChannelStatistics[] | null,
  options: QuantizeOptions,
): ChannelScale[] {
  const { channels, bias } = population;
  const ranges = statistics
    ?.map((s) => s.maximum)
    .filter((m) => m > 0)
    .sort((a, b) => a - b);
  const fallback = ranges?.length ? ranges[ranges.length >> 1] : 1;
  const { images } = sources[0].maps;
  const foreign = populationExcess(statistics ?? [], images * population.height * population.width);
  const share = FOREIGN_IMAGES / (images + FOREIGN_IMAGES);
  return Array.from({ length: channels }, (_, c) => {
    const synapses: { products: number[]; variances: number[] } = { products: [], variances: [] };
    let largest = 0;
    let total = 0;
    for (let at = c; at < bias.length; at += channels) total = Math.max(total, Math.abs(bias[at]));
    incoming.forEach((p, k) => {
      const { scale, variance } = sources[k];
      const o = c - p.targetChannels[0];
      if (o < 0 || o >= p.targetChannels[1]) return;
      const spread = p.pool?.kind === "sum" ? (p.pool.kernel[0] * p.pool.kernel[1]) ** 2 : 1;
      const sent = largestSent(p, options);
      forEachSynapse(p, o, (weight, channel) => {
        const product = weight * scale[channel];
        synapses.products.push(product);
        synapses.variances.push(variance[channel] * spread);
        largest = Math.max(largest, Math.abs(product) / limits[k]);
        total += Math.abs(product) * sent;
      });
    });
    // Half of the int32 range is left to rounding, the bias correction and the initial potential.
    const smallest = Math.max(largest, total / (INT32_LIMIT / 2), 2 ** -100);
    const rounded: Synapses = {
      products: Float64Array.from(synapses.products),
      variances: Float64Array.from(synapses.variances),
    };
    return statistics
      ? bistableScale(
          statistics[c],
          rounded,
          options.phases,
          smallest,
          fallback,
          population.ceiling,
          options.without?.includes("room") ? null : (t) => share * foreign(t),
          population.stagger ? 2 : 1,
        )
      : { unit: outputUnit(rounded, smallest), shift: 0 };
  });
}

/** Calls back with weight and source channel of every synapse kind of output channel `o`. */
function forEachSynapse(
  p: RealProjection,
  o: number,
  visit: (weight: number, channel: number, at: number) => void,
): void {
  const inputs = p.sourceChannels[1] / p.groups;
  const first = p.sourceChannels[0] + Math.floor(o / (p.targetChannels[1] / p.groups)) * inputs;
  const size = p.kernel[0] * p.kernel[1] * inputs;
  for (let k = 0; k < size; k++) visit(p.weight[o * size + k], first + (k % inputs), o * size + k);
}

/** Target positions whose input the rounding of weights looks at. */
const ROUNDING_SAMPLES = 2048;

/** weight·λ/u as integers: rounded together where 8 bits make it worthwhile, else each to nearest; int8 where all fit. */
async function roundWeights(
  p: RealProjection,
  limit: number,
  source: Finished,
  unit: Float64Array,
  together: boolean,
): Promise<Int8Array | Int16Array> {
  const products = new Float64Array(p.weight.length);
  for (let o = 0; o < p.targetChannels[1]; o++) {
    forEachSynapse(p, o, (weight, channel, at) => {
      products[at] = weight * source.scale[channel];
    });
  }
  const units = unit.subarray(p.targetChannels[0], p.targetChannels[0] + p.targetChannels[1]);
  const size = products.length / units.length;
  if (together && limit === NARROW) {
    const patches = samplePatches(p, source.maps, ROUNDING_SAMPLES);
    const rows = units.length / p.groups;
    for (let g = 0; g < p.groups; g++) {
      const group = products.subarray(g * rows * size, (g + 1) * rows * size);
      await roundTogether(group, units.subarray(g * rows, (g + 1) * rows), patches, g, limit);
    }
  } else {
    for (let at = 0; at < products.length; at++) {
      const rounded = Math.round(products[at] / units[Math.floor(at / size)]);
      products[at] = Math.max(-limit, Math.min(limit, rounded));
    }
  }
  return products.every((w) => w >= -128 && w <= 127) ? Int8Array.from(products) : Int16Array.from(products);
}

/** The bias in whole units, of any size, moved per channel so that the mean input over calibration equals the ANN's. */
function correctedBias(
  population: RealPopulation,
  sums: Float32Array,
  target: Float32Array,
  unit: Float64Array,
): Float64Array {
  const { channels, bias } = population;
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

/** Levels of a bistable population from the sums of its input. */
function fire(population: QuantizedPopulation, sums: Float32Array, phases: number): Uint8Array {
  const { bias, initial, shift, channels } = population;
  const top = 2 ** phases - 1;
  const perLevel = Float64Array.from(shift, (s) => 2 ** -s);
  const start = bias.map((b, at) => b + initial[at % channels]);
  const levels = new Uint8Array(sums.length);
  for (let at = 0; at < sums.length; ) {
    for (let k = 0; k < start.length; ) {
      for (let c = 0; c < channels; c++, k++, at++) {
        const potential = sums[at] + start[k];
        if (potential > 0) levels[at] = Math.min(top, potential * perLevel[c]);
      }
    }
  }
  return levels;
}

/**
 * ANN units per level that fit the ANN's activations best (least squares); the chosen ones where a channel never fired.
 * @param stagger levels that this neuron is ahead of the channel's activation, made up for by the other of its pair
 */
function fittedScale(
  levels: Uint8Array,
  stagger: number,
  target: Float32Array,
  channels: number,
  ceiling: number,
  chosen: Float64Array,
): Float64Array {
  const products = new Float64Array(channels);
  const squares = new Float64Array(channels);
  for (let at = 0; at < levels.length; ) {
    for (let c = 0; c < channels; c++, at++) {
      if (levels[at] === 0) continue;
      const level = levels[at] - stagger;
      products[c] += level * Math.min(Math.max(target[at], 0), ceiling);
      squares[c] += level * level;
    }
  }
  return chosen.map((scale, c) => {
    const fitted = products[c] / squares[c];
    return fitted > scale * 0.9 && fitted < scale * 1.1 ? fitted : scale;
  });
}
