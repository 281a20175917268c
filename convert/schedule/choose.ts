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
 * @param between waited for before each input that is run; where it throws, the search ends with that
 */
export async function chooseSchedules(
  simulator: Simulator,
  images: readonly Uint8Array[],
  onProgress: (done: number) => void = () => {},
  between: () => Promise<void> = async () => {},
): Promise<Schedules> {
  return new Search(simulator, images, onProgress, between).schedules();
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
  /** Spikes of the gated network on the inputs that single depths are compared on. */
  #gatedSpikes = 0;
  /** Spikes for each that single depths let expect, where they were measured last. */
  #expected = 1;
  readonly #onProgress: (done: number) => void;

  constructor(
    simulator: Simulator,
    images: readonly Uint8Array[],
    onProgress: (done: number) => void,
    between: () => Promise<void>,
  ) {
    this.#phases = simulator.phases;
    this.#deepest = simulator.deepest;
    this.#onProgress = onProgress;
    const some = (budget: number, most: number) => {
      const count = Math.min(images.length, Math.max(FEWEST, Math.min(most, Math.floor(budget / simulator.neurons))));
      return Array.from({ length: count }, (_, k) => images[Math.floor((k * images.length) / count)]);
    };
    this.#compared = new Trials(simulator, some(COMPARED, MOST_COMPARED), between);
    this.#measured = new Trials(simulator, some(MEASURED, MOST_MEASURED), between);
    this.#proved = new Trials(simulator, some(PROVED, MOST_PROVED), between);
  }

  async schedules(): Promise<Schedules> {
    if (this.#deepest === 0) {
      const none: Schedule = { delays: [], shares: [], corrections: 0 };
      return { exact: none, close: none, fast: none };
    }
    this.#gatedSpikes = await this.#compared.gatedSpikes();
    let exact: Schedule | null = null;
    for (const [k, corrections] of CORRECTIONS.entries()) {
      // Of as many steps the one without a correction, which spikes less.
      exact = (await this.#exact(corrections, exact ? stepsOf(exact) + 1 : Number.POSITIVE_INFINITY)) ?? exact;
      this.#onProgress((0.6 * (k + 1)) / CORRECTIONS.length);
    }
    const close = await this.#within(CLOSE, exact!);
    this.#onProgress(0.8);
    const fast = await this.#within(FAST, exact!);
    this.#onProgress(1);
    return { exact: exact!, close, fast };
  }

  /** Figures of all depths at one delay. */
  async #at(delay: number, share: number, corrections: Corrections): Promise<readonly DepthFigures[]> {
    const tried = Math.min(delay, DELAYS.at(-1)!, this.#phases);
    const key = `${tried} ${share} ${corrections}`;
    let figures = this.#table.get(key);
    if (!figures) {
      const schedule = this.#schedule(Array(this.#deepest).fill(tried), corrections, share);
      figures = (await this.#compared.try(schedule)).depths;
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
  async #exact(corrections: Corrections, limit: number): Promise<Schedule | null> {
    // What comes next where a depth does not fit: first it spikes more readily, then later.
    const choices = DELAYS.filter((delay) => delay < this.#phases)
      .concat(this.#phases)
      .flatMap((delay) => [
        { delay, share: SHARE },
        { delay, share: READY },
      ]);
    const fits = ({ unsettled, atLimit }: DepthFigures) => unsettled === 0 && atLimit === 0;
    const chosen: number[] = [];
    for (let d = 0; d < this.#deepest; d++) {
      let first = 0;
      for (; first < choices.length - 1; first++) {
        const { delay, share } = choices[first];
        if (fits((await this.#at(delay, share, corrections))[d])) break;
      }
      chosen.push(first);
    }
    for (;;) {
      const schedule: Schedule = {
        delays: chosen.map((i) => choices[i].delay),
        shares: chosen.map((i) => choices[i].share),
        corrections,
      };
      this.#starts.set(corrections, schedule.delays);
      if (stepsOf(schedule) >= limit) return null;
      const { depths } = await this.#proved.try(schedule, (sums) => misfits(sums) > ENOUGH);
      if (misfits(depths) === 0) return schedule;
      const able = chosen.flatMap((i, d) => (i < choices.length - 1 && !fits(depths[d]) ? [d] : []));
      const worst = able.filter((d) => depths[d].unsettled > 0 || depths[d].atLimit > 1);
      if (able.length === 0) return schedule;
      for (const d of worst.length > 0 ? worst : able) chosen[d]++;
    }
  }

  /** Noise that a depth adds: the squared error of its levels, relative to them. */
  async #noise(d: number, delay: number, corrections: Corrections, share = SHARE): Promise<number> {
    const { squaredError, squaredLevels } = (await this.#at(delay, share, corrections))[d];
    return squaredLevels === 0 ? 0 : squaredError / squaredLevels;
  }

  /** The fewest steps for which answers stay within an error of the gated network's. */
  async #within(limit: number, exact: Schedule): Promise<Schedule> {
    const found: Schedule[] = [];
    for (const corrections of CORRECTIONS) {
      found.push(...(await this.#shortened(limit, corrections)), ...(await this.#capped(limit, corrections)));
    }
    const least = Math.min(...found.map(stepsOf));
    let best: Schedule | null = null;
    let bestError = Number.POSITIVE_INFINITY;
    // What is a step behind may yet come first.
    for (const schedule of found.filter((one) => stepsOf(one) <= least + 1)) {
      const refined = await this.#refined(limit, schedule);
      const error = await this.#errorOf(refined);
      // Of as many steps the one with the smaller error.
      const better = !best || stepsOf(refined) < stepsOf(best);
      if (better || (stepsOf(refined) === stepsOf(best!) && error < bestError)) [best, bestError] = [refined, error];
    }
    return best && stepsOf(best) < stepsOf(exact) ? best : exact;
  }

  /** Schedules in which no delay is longer than some number, and that are within an error. */
  async #capped(limit: number, corrections: Corrections): Promise<Schedule[]> {
    const start = this.#starts.get(corrections)!;
    const found: Schedule[] = [];
    for (let most = Math.max(...start) - 1; most > 0; most--) {
      const delays = start.map((delay) => Math.min(delay, most));
      const schedule = await this.#sparse(this.#schedule(delays, corrections));
      if ((await this.#errorOf(schedule)) > limit) break;
      found.push(schedule);
    }
    return found;
  }

  /** Takes off as many single steps as an error allows, those first that add the least noise; none where even none is too many. */
  async #shortened(limit: number, corrections: Corrections): Promise<Schedule[]> {
    const start = this.#starts.get(corrections)!;
    const order: number[] = [];
    const delays = [...start];
    for (;;) {
      const [cheapest] = await this.#priced(delays, corrections);
      if (cheapest === undefined) break;
      delays[cheapest]--;
      order.push(cheapest);
    }
    const faster = (steps: number): Promise<Schedule> => {
      const fewer = [...start];
      for (const d of order.slice(0, steps)) fewer[d]--;
      return this.#sparse(this.#schedule(fewer, corrections));
    };
    // More steps less, more error: halved until the most that fits is found.
    let [fits, over] = [-1, order.length + 1];
    let found: Schedule[] = [];
    while (over - fits > 1) {
      const middle = (fits + over) >> 1;
      const schedule = await faster(middle);
      if ((await this.#errorOf(schedule)) <= limit) [fits, found] = [middle, [schedule]];
      else over = middle;
    }
    return found;
  }

  /** Depths that can be faster, those first to which one step less adds the least noise. */
  async #priced(delays: readonly number[], corrections: Corrections): Promise<number[]> {
    const priced: { readonly d: number; readonly price: number }[] = [];
    for (const [d, delay] of delays.entries()) {
      if (delay === 1) continue;
      const price = (await this.#noise(d, delay - 1, corrections)) - (await this.#noise(d, delay, corrections));
      priced.push({ d, price });
    }
    return priced.sort((a, b) => a.price - b.price).map(({ d }) => d);
  }

  /** Makes single depths faster as long as the error allows it: by the real error, of the depths that seem cheapest. */
  async #refined(limit: number, schedule: Schedule): Promise<Schedule> {
    let best = schedule;
    for (;;) {
      const { delays, corrections } = best;
      const cheapest = (await this.#priced(delays, corrections)).slice(0, REFINED);
      const candidates: Schedule[] = [];
      for (const d of cheapest) {
        candidates.push(await this.#sparse(this.#schedule(delays.with(d, delays[d] - 1), corrections)));
      }
      let found: Schedule | null = null;
      let least = limit;
      for (const candidate of candidates) {
        const error = await this.#errorOf(candidate);
        if (error < least || (error === least && !found)) [found, least] = [candidate, error];
      }
      if (!found) return best;
      best = found;
    }
  }

  /** Error of the answers; spikes are compared with what was expected of them. */
  async #errorOf(schedule: Schedule): Promise<number> {
    const { error, spikes } = await this.#measured.try(schedule);
    const expected = await this.#spikesOf(schedule);
    if (expected > 0) this.#expected = (spikes * this.#gatedSpikes) / expected;
    return error;
  }

  /** Spikes of a schedule, as single depths let expect. */
  async #spikesOf({ delays, shares, corrections }: Schedule): Promise<number> {
    let sum = 0;
    for (const [d, delay] of delays.entries()) sum += (await this.#at(delay, shares[d], corrections))[d].spikes;
    return sum;
  }

  /** Lets depths spike more sparsely, those first where a spike less adds the least noise, until there are few enough. */
  async #sparse(schedule: Schedule): Promise<Schedule> {
    const { delays, corrections } = schedule;
    const shares = [...schedule.shares];
    let spikes = await this.#spikesOf(schedule);
    const most = SPIKES * this.#gatedSpikes;
    if (spikes * this.#expected <= most) return schedule;
    const savings: { readonly d: number; readonly saved: number; readonly price: number }[] = [];
    for (const [d, delay] of delays.entries()) {
      const usual = (await this.#at(delay, SHARE, corrections))[d];
      const sparse = (await this.#at(delay, SPARSE, corrections))[d];
      const saved = usual.spikes - sparse.spikes;
      const noise = (await this.#noise(d, delay, corrections, SPARSE)) - (await this.#noise(d, delay, corrections));
      if (saved > 0) savings.push({ d, saved, price: noise / saved });
    }
    for (const { d, saved } of savings.sort((a, b) => a.price - b.price)) {
      if (spikes * this.#expected <= most) break;
      shares[d] = SPARSE;
      spikes -= saved;
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
