/** Chooses the unit and threshold shift of one channel by the error that they cause. */

import { BINS, type ChannelStatistics } from "../calibrate/statistics.ts";

/** One synapse as the choice of a unit sees it. */
export interface Synapses {
  /** weight·λ of the source: ANN units per source level, over all synapses of one target channel. */
  readonly products: Float64Array;
  /** Variance of the source's levels, per synapse: how much a rounding error of that weight is felt. */
  readonly variances: Float64Array;
}

/** What a channel's integers are worth. */
export interface ChannelScale {
  /** ANN units per unit of potential. */
  readonly unit: number;
  /** Threshold shift s; one level is worth 2^s·unit. */
  readonly shift: number;
}

/** Scales tried, relative to the one that just represents the largest activation. */
const CANDIDATES = Array.from({ length: 96 }, (_, k) => 4 * 0.97 ** k);

/** Of so many one is looked at first. */
const COARSE = 8;

/** Largest shift that a file can state. */
const MAX_SHIFT = 30;

/** By how much an error has to be above the least, to be given up before it is summed: more than rounding could make of it. */
const MARGIN = 1 + 1e-9;

/** What the scale of a bistable channel is chosen by. */
export interface BistableChannel {
  readonly statistics: ChannelStatistics;
  readonly synapses: Synapses;
  /** K. */
  readonly phases: number;
  /** Smallest unit with which every weight fits its integer type and no potential overflows. */
  readonly smallest: number;
  /** Range, in ANN units, to use for a channel that was never active in calibration. */
  readonly fallback: number;
  /** Upper bound of the activation in ANN units, Infinity for none. */
  readonly ceiling: number;
  /**
   * Expected squared clipping at a limit, from what is not known of this channel; null to trust calibration to have seen
   * everything.
   */
  readonly excess: ((t: number) => number) | null;
  /** Whether to search for the scale; else it is the one that just represents the largest activation. Default true. */
  readonly search?: boolean;
  /** How many share the channel, their thresholds evenly apart: what is rounded to is then that part of a level. Default 1. */
  readonly neurons?: 1 | 2;
  /** Whether a second neuron goes on where the first ends: there are twice as many levels. Default false. */
  readonly halves?: boolean;
}

/**
 * Chooses unit and threshold shift of a bistable channel so that the expected squared error of its activation is least: the
 * rounding and clipping of the activation to K bits, plus the rounding of the weights where the neuron is active.
 */
export function bistableScale(channel: BistableChannel): ChannelScale {
  const {
    statistics,
    synapses,
    phases,
    smallest,
    fallback,
    ceiling,
    excess,
    search = true,
    neurons = 1,
    halves = false,
  } = channel;
  const top = neurons * (halves ? 2 : 1) * (2 ** phases - 1);
  const range = statistics.maximum > 0 ? statistics.maximum : fallback;
  // 32 bits hold the bias of a second neuron above the first, too, which is lower by 2^phases − 1 levels.
  const largestShift = MAX_SHIFT + 1 - neurons - (halves ? phases + 1 : 0);
  const activation = new ActivationError(statistics, top, excess !== null);
  const candidates = (search ? CANDIDATES : [1]).map((candidate, place) => {
    const step = Math.max(Math.min((range * candidate) / top, ceiling / top), smallest);
    const fine = Math.max(0, Math.min(largestShift, Math.floor(Math.log2(step / smallest))));
    return { place, step, scale: { unit: step / 2 ** fine, shift: fine + neurons - 1 } };
  });
  type Candidate = (typeof candidates)[number];
  const ownError = ({ step }: Candidate, most = Infinity) =>
    activation.at(step, excess?.((top + 0.5) * step) ?? 0, most);
  const wholeError = (own: number, { unit }: ChannelScale, most = Infinity) =>
    own + statistics.active * weightError(synapses, unit, most);
  // A good one of a few tells of most others that they are worse before all of their error is summed.
  const few = candidates.filter(({ place }) => place % COARSE === 0).map((each) => ({ ...each, own: ownError(each) }));
  const good = few.reduce((a, b) => (b.own < a.own ? b : a));
  const enough = wholeError(good.own, good.scale);
  const left = candidates.flatMap((each) => {
    const own = few[each.place / COARSE]?.own ?? ownError(each, enough);
    return own > enough ? [] : [{ ...each, own }];
  });
  // Those of the smallest error without the weights' come first: most others are then given up before all weights are seen.
  let best = left[0];
  let least = Infinity;
  for (const candidate of left.toSorted((a, b) => a.own - b.own || a.place - b.place)) {
    const { own, place, scale } = candidate;
    if (own > least) continue;
    const most = statistics.active > 0 ? (least * MARGIN - own) / statistics.active : Infinity;
    const error = wholeError(own, scale, most);
    if (error < least || (error === least && place < best.place)) {
      least = error;
      best = candidate;
    }
  }
  return best.scale;
}

/**
 * Chooses the unit of an output channel, which has no levels: the least rounding error of its weights.
 * @param smallest as of a bistable channel
 * @returns ANN units per unit of potential
 */
export function outputUnit(synapses: Synapses, smallest: number): number {
  let best = smallest;
  let least = Infinity;
  for (let k = 0; k < 32; k++) {
    const unit = smallest * 1.01 ** k;
    const error = weightError(synapses, unit);
    if (error < least) {
      least = error;
      best = unit;
    }
  }
  return best;
}

/** Share of the positive activations that the exponential tail is fitted to, and the fewest. */
const TAIL_SHARE = 0.001;
const TAIL_FEWEST = 32;

/** Bins after which a sum that only grows is looked at. */
const BINS_AT_ONCE = 64;

/**
 * Mean squared difference between the activation and its K-bit level, over all positions. Beyond what calibration has
 * seen, activations are taken to go on as an exponential tail with the mean excess of the largest ones, since a range that just
 * holds the calibration images clips others.
 */
class ActivationError {
  readonly #active: number;
  readonly #top: number;
  /** Activations that were counted, in ascending order, and how often. */
  readonly #values: Float64Array;
  readonly #counts: Float64Array;
  readonly #count: number;
  readonly #tail: { readonly count: number; readonly threshold: number; readonly excess: number } | null;

  /**
   * @param top the highest level
   * @param beyond whether to reckon with activations that were not seen
   */
  constructor({ histogram, maximum, active }: ChannelStatistics, top: number, beyond: boolean) {
    this.#active = active;
    this.#top = top;
    this.#values = new Float64Array(BINS);
    this.#counts = new Float64Array(BINS);
    let used = 0;
    let count = 0;
    for (let bin = 0; bin < BINS; bin++) {
      if (histogram[bin] === 0) continue;
      this.#values[used] = ((bin + 0.5) * maximum) / BINS;
      this.#counts[used++] = histogram[bin];
      count += histogram[bin];
    }
    this.#values = this.#values.subarray(0, used);
    this.#count = count;
    this.#tail = beyond && active > 0 ? tailOf(histogram, maximum, count) : null;
  }

  /**
   * The error at a scale, in ANN units per level, and something more.
   * @param most above which it is of no interest: some number above it is given then
   */
  at(scale: number, more: number, most: number): number {
    if (this.#active === 0) return more;
    const limit = (this.#top + 0.5) * scale;
    const expected = this.#expected(limit);
    const [values, counts, top] = [this.#values, this.#counts, this.#top];
    let rounding = 0;
    let clipping = 0;
    for (let start = 0; start < values.length; start += BINS_AT_ONCE) {
      const end = Math.min(start + BINS_AT_ONCE, values.length);
      for (let k = start; k < end; k++) {
        const value = values[k];
        const lost = value - Math.min(top, Math.floor(value / scale + 0.5)) * scale;
        const error = counts[k] * (lost * lost);
        if (value < limit) rounding += error;
        else clipping += error;
      }
      if (this.#mean(rounding + Math.max(clipping, expected)) + more > most) break;
    }
    return this.#mean(rounding + Math.max(clipping, expected)) + more;
  }

  /** Over all positions. */
  #mean(error: number): number {
    return (error / this.#count) * this.#active;
  }

  /** Of activations beyond a limit, as the tail has it. */
  #expected(limit: number): number {
    if (!this.#tail) return 0;
    const { count, threshold, excess } = this.#tail;
    return limit > threshold ? count * 2 * excess * excess * Math.exp((threshold - limit) / excess) : 0;
  }
}

/** How many of the largest activations there are above a threshold, and their mean excess. */
function tailOf(histogram: Uint32Array, maximum: number, count: number) {
  let tail = 0;
  let threshold = maximum;
  let sum = 0;
  for (let bin = BINS - 1; bin >= 0 && tail < Math.max(TAIL_FEWEST, TAIL_SHARE * count); bin--) {
    threshold = (bin * maximum) / BINS;
    tail += histogram[bin];
    sum += (histogram[bin] * ((bin + 0.5) * maximum)) / BINS;
  }
  return { count: tail, threshold, excess: sum / tail - threshold };
}

/** Synapses after which a sum that only grows is looked at. */
const STRIDE = 64;

/**
 * Expected squared error of the input that rounding the weights to multiples of `unit` causes, its mean left to the bias.
 * @param most above which it is of no interest: some number above it is given then
 */
function weightError({ products, variances }: Synapses, unit: number, most = Infinity): number {
  let error = 0;
  for (let start = 0; start < products.length; start += STRIDE) {
    const end = Math.min(start + STRIDE, products.length);
    for (let k = start; k < end; k++) {
      const rounded = products[k] / unit;
      const lost = (rounded - Math.round(rounded)) * unit;
      error += lost * lost * variances[k];
    }
    if (error > most) return error;
  }
  return error;
}
