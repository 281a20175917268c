/**
 * Chooses the three schedules of early firing by measuring them on calibration inputs (docs/early.md, *How a schedule is chosen*). The
 * same inputs give the same schedules everywhere: nothing depends on time.
 */

import type { DepthFigures, Schedule, Schedules, Simulator } from "../simulator.ts";
import { Trials } from "./trial.ts";

/** Neurons run for one trial, at most: to compare single depths, to measure answers, and to prove. */
const COMPARED = 6e6;
const MEASURED = 36e6;
const PROVED = 400e6;
/** Inputs for each, at least and at most. */
const FEWEST = 4;
const MOST_COMPARED = 12;
const MOST_MEASURED = 48;
const MOST_PROVED = 512;

/** Delays that are compared, if K allows; from the last on noise is as good as none. */
const DELAYS = [1, 2, 3, 4, 5];
/** Shares of a spike's worth, in sixteenths: the usual, one that leaves most room to mend, and one for fewer spikes. */
const SHARE = 9;
const READY = 8;
const SPARSE = 10;
/** Corrections that are compared. */
const CORRECTIONS = [1, 0] as const;
type Corrections = (typeof CORRECTIONS)[number];

/** Neurons that end a trial: they show well enough what has to change. */
const ENOUGH = 8;

/** Cheapest depths of which the real error is measured, where a search ends. */
const REFINED = 4;

/** Logits error against the gated network that is aimed at: what other inputs come to may be a third more. */
const CLOSE = 0.007;
const FAST = 0.03;
/** Spikes aimed at, for each of the gated network's. */
const SPIKES = 1.13;

/**
 * Chooses schedules.
 * @param images calibration inputs, at least one; some of them, evenly spread, are taken where there are many
 * @param onProgress told how much of the work is done, 0…1
 */
export function chooseSchedules(
  simulator: Simulator,
  images: readonly Uint8Array[],
  onProgress: (done: number) => void = () => {},
): Schedules {
  return new Search(simulator, images, onProgress).schedules();
}

/** What one depth does at one delay, by share and corrections; from trials in which all depths have them. */
type Table = Map<string, readonly DepthFigures[]>;

class Search {
  readonly #phases: number;
  readonly #deepest: number;
  readonly #compared: Trials;
  readonly #measured: Trials;
  readonly #proved: Trials;
  readonly #table: Table = new Map();
  /** Delays from which answers are made faster, by corrections. */
  readonly #starts = new Map<Corrections, readonly number[]>();
  /** Spikes for each that single depths let expect, where they were measured last. */
  #expected = 1;
  readonly #onProgress: (done: number) => void;

  constructor(simulator: Simulator, images: readonly Uint8Array[], onProgress: (done: number) => void) {
    this.#phases = simulator.phases;
    this.#deepest = simulator.deepest;
    this.#onProgress = onProgress;
    const some = (budget: number, most: number) => {
      const count = Math.min(images.length, Math.max(FEWEST, Math.min(most, Math.floor(budget / simulator.neurons))));
      return Array.from({ length: count }, (_, k) => images[Math.floor((k * images.length) / count)]);
    };
    this.#compared = new Trials(simulator, some(COMPARED, MOST_COMPARED));
    this.#measured = new Trials(simulator, some(MEASURED, MOST_MEASURED));
    this.#proved = new Trials(simulator, some(PROVED, MOST_PROVED));
  }

  schedules(): Schedules {
    if (this.#deepest === 0) {
      const none: Schedule = { delays: [], shares: [], corrections: 0 };
      return { exact: none, close: none, fast: none };
    }
    let exact: Schedule | null = null;
    for (const [k, corrections] of CORRECTIONS.entries()) {
      // Of as many steps the one without a correction, which spikes less.
      exact = this.#exact(corrections, exact ? stepsOf(exact) + 1 : Number.POSITIVE_INFINITY) ?? exact;
      this.#onProgress((0.6 * (k + 1)) / CORRECTIONS.length);
    }
    const close = this.#within(CLOSE, exact!);
    this.#onProgress(0.8);
    const fast = this.#within(FAST, exact!);
    this.#onProgress(1);
    return { exact: exact!, close, fast };
  }

  /** Figures of all depths at one delay. */
  #at(delay: number, share: number, corrections: Corrections): readonly DepthFigures[] {
    const tried = Math.min(delay, DELAYS.at(-1)!, this.#phases);
    const key = `${tried} ${share} ${corrections}`;
    let figures = this.#table.get(key);
    if (!figures) {
      figures = this.#compared.try(this.#schedule(Array(this.#deepest).fill(tried), corrections, share)).depths;
      this.#table.set(key, figures);
    }
    return figures;
  }

  #schedule(delays: readonly number[], corrections: Corrections, share = SHARE): Schedule {
    return { delays, shares: Array(this.#deepest).fill(share), corrections };
  }

  /**
   * Delays, and shares, at which every neuron settles with a level to spare, on all inputs there are.
   * @returns null where that takes `limit` steps or more
   */
  #exact(corrections: Corrections, limit: number): Schedule | null {
    // What comes next where a depth does not fit: first it spikes more readily, then later.
    const choices = DELAYS.filter((delay) => delay < this.#phases)
      .concat(this.#phases)
      .flatMap((delay) => [
        { delay, share: SHARE },
        { delay, share: READY },
      ]);
    const fits = ({ unsettled, atLimit }: DepthFigures) => unsettled === 0 && atLimit === 0;
    const chosen = Array.from({ length: this.#deepest }, (_, d) => {
      const first = choices.findIndex(({ delay, share }) => fits(this.#at(delay, share, corrections)[d]));
      return first < 0 ? choices.length - 1 : first;
    });
    for (;;) {
      const schedule: Schedule = {
        delays: chosen.map((i) => choices[i].delay),
        shares: chosen.map((i) => choices[i].share),
        corrections,
      };
      this.#starts.set(corrections, schedule.delays);
      if (stepsOf(schedule) >= limit) return null;
      const { depths } = this.#proved.try(schedule, (sums) => misfits(sums) > ENOUGH);
      if (misfits(depths) === 0) return schedule;
      const able = chosen.flatMap((i, d) => (i < choices.length - 1 && !fits(depths[d]) ? [d] : []));
      const worst = able.filter((d) => depths[d].unsettled > 0 || depths[d].atLimit > 1);
      if (able.length === 0) return schedule;
      for (const d of worst.length > 0 ? worst : able) chosen[d]++;
    }
  }

  /** Noise that a depth adds: the squared error of its levels, relative to them. */
  #noise(d: number, delay: number, corrections: Corrections, share = SHARE): number {
    const { squaredError, squaredLevels } = this.#at(delay, share, corrections)[d];
    return squaredLevels === 0 ? 0 : squaredError / squaredLevels;
  }

  /** The fewest steps for which answers stay within an error of the gated network's. */
  #within(limit: number, exact: Schedule): Schedule {
    const found = CORRECTIONS.flatMap((corrections) => [
      ...this.#shortened(limit, corrections),
      ...this.#capped(limit, corrections),
    ]);
    const least = Math.min(...found.map(stepsOf));
    // What is a step behind may yet come first.
    const refined = found.filter((schedule) => stepsOf(schedule) <= least + 1).map((s) => this.#refined(limit, s));
    const errors = new Map(refined.map((schedule) => [schedule, this.#errorOf(schedule)]));
    // Of as many steps the one with the smaller error.
    const best = refined.reduce<Schedule | null>((a, b) => {
      if (!a || stepsOf(b) < stepsOf(a)) return b;
      return stepsOf(b) === stepsOf(a) && errors.get(b)! < errors.get(a)! ? b : a;
    }, null);
    return best && stepsOf(best) < stepsOf(exact) ? best : exact;
  }

  /** Schedules in which no delay is longer than some number, and that are within an error. */
  #capped(limit: number, corrections: Corrections): Schedule[] {
    const start = this.#starts.get(corrections)!;
    const found: Schedule[] = [];
    for (let most = Math.max(...start) - 1; most > 0; most--) {
      const delays = start.map((delay) => Math.min(delay, most));
      const schedule = this.#sparse(this.#schedule(delays, corrections));
      if (this.#errorOf(schedule) > limit) break;
      found.push(schedule);
    }
    return found;
  }

  /** Takes off as many single steps as an error allows, those first that add the least noise; none where even none is too many. */
  #shortened(limit: number, corrections: Corrections): Schedule[] {
    const start = this.#starts.get(corrections)!;
    const order: number[] = [];
    const delays = [...start];
    for (;;) {
      let best = -1;
      let least = Number.POSITIVE_INFINITY;
      for (let d = 0; d < this.#deepest; d++) {
        if (delays[d] === 1) continue;
        const more = this.#price(d, delays[d], corrections);
        if (more < least) [best, least] = [d, more];
      }
      if (best < 0) break;
      delays[best]--;
      order.push(best);
    }
    const faster = (steps: number): Schedule => {
      const fewer = [...start];
      for (const d of order.slice(0, steps)) fewer[d]--;
      return this.#sparse(this.#schedule(fewer, corrections));
    };
    // More steps less, more error: halved until the most that fits is found.
    let [fits, over] = [-1, order.length + 1];
    let found: Schedule[] = [];
    while (over - fits > 1) {
      const middle = (fits + over) >> 1;
      const schedule = faster(middle);
      if (this.#errorOf(schedule) <= limit) [fits, found] = [middle, [schedule]];
      else over = middle;
    }
    return found;
  }

  /** Noise that a depth adds with one step of delay less. */
  #price(d: number, delay: number, corrections: Corrections): number {
    return this.#noise(d, delay - 1, corrections) - this.#noise(d, delay, corrections);
  }

  /** Makes single depths faster as long as the error allows it: by the real error, of the depths that seem cheapest. */
  #refined(limit: number, schedule: Schedule): Schedule {
    let best = schedule;
    for (;;) {
      const { delays, corrections } = best;
      const candidates = delays
        .flatMap((delay, d) => (delay > 1 ? [d] : []))
        .sort((a, b) => this.#price(a, delays[a], corrections) - this.#price(b, delays[b], corrections))
        .slice(0, REFINED)
        .map((d) => this.#sparse(this.#schedule(delays.with(d, delays[d] - 1), corrections)))
        .map((candidate) => ({ candidate, error: this.#errorOf(candidate) }))
        .filter(({ error }) => error <= limit)
        .sort((a, b) => a.error - b.error);
      if (candidates.length === 0) return best;
      best = candidates[0].candidate;
    }
  }

  /** Error of the answers; spikes are compared with what was expected of them. */
  #errorOf(schedule: Schedule): number {
    const { error, spikes } = this.#measured.try(schedule);
    const expected = this.#spikesOf(schedule);
    if (expected > 0) this.#expected = (spikes * this.#compared.gatedSpikes) / expected;
    return error;
  }

  /** Spikes of a schedule, as single depths let expect. */
  #spikesOf({ delays, shares, corrections }: Schedule): number {
    return delays.reduce((sum, delay, d) => sum + this.#at(delay, shares[d], corrections)[d].spikes, 0);
  }

  /** Lets depths spike more sparsely, those first where a spike less adds the least noise, until there are few enough. */
  #sparse(schedule: Schedule): Schedule {
    const { delays, corrections } = schedule;
    const shares = [...schedule.shares];
    const spikesOf = (d: number, share: number) => this.#at(delays[d], share, corrections)[d].spikes;
    let spikes = this.#spikesOf(schedule);
    while (spikes * this.#expected > SPIKES * this.#compared.gatedSpikes) {
      let best = -1;
      let least = Number.POSITIVE_INFINITY;
      shares.forEach((share, d) => {
        const saved = spikesOf(d, SHARE) - spikesOf(d, SPARSE);
        if (share === SPARSE || saved <= 0) return;
        const more = this.#noise(d, delays[d], corrections, SPARSE) - this.#noise(d, delays[d], corrections);
        if (more / saved < least) [best, least] = [d, more / saved];
      });
      if (best < 0) break;
      shares[best] = SPARSE;
      spikes -= spikesOf(best, SHARE) - spikesOf(best, SPARSE);
    }
    return { ...schedule, shares };
  }
}

/** Neurons that have not settled, or only just: an unsettled one is worse than can be made up for. */
function misfits(depths: readonly DepthFigures[]): number {
  return depths.reduce((sum, { unsettled, atLimit }) => sum + unsettled * 1000 + atLimit, 0);
}

/** What a schedule's steps come to, but for what all schedules of a network have in common. */
function stepsOf({ delays, corrections }: Schedule): number {
  return delays.reduce((sum, delay) => sum + delay, corrections);
}
