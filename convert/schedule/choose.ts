/**
 * Chooses the three schedules of early firing by measuring them on calibration inputs (docs/early.md, *How a schedule is chosen*). The
 * same inputs give the same schedules everywhere: nothing depends on time.
 */

import type { DepthFigures, Schedule, Schedules, Simulator } from "../simulator.ts";
import { DELAYS, Depths, SHARE } from "./depths.ts";
import { Trials } from "./trial.ts";

/** Neurons run for one trial, at most: to compare single depths, to measure answers, and to prove. */
const COMPARED = 6e6;
const MEASURED = 48e6;
const PROVED = 400e6;
/** Inputs for each, at least and at most. */
const FEWEST = 4;
const MOST_COMPARED = 12;
const MOST_MEASURED = 48;
const MOST_PROVED = 512;

/** Shares of a spike's worth, in sixteenths: one that leaves most room to mend, and those for fewer spikes than the usual. */
const READY = 8;
const SPARSE = [10, 11];
/** Corrections that are compared. */
const CORRECTIONS = [1, 0] as const;
type Corrections = (typeof CORRECTIONS)[number];

/** Neurons that end a trial: they show well enough what has to change. */
const ENOUGH = 8;

/** Cheapest changes of which the real error is measured, where a search ends. */
const REFINED = 4;
/** What an exchange of steps must leave of the error to be one. */
const BETTER = 0.97;

/** Logits error against the gated network that is aimed at: what other inputs come to may be a third more. */
const CLOSE = 0.007;
const FAST = 0.03;
/** Spikes aimed at, for each of the gated network's. */
const SPIKES = 1.13;
/** What a schedule may have beyond that on all inputs. */
const SPIKES_OVER = 0.005;

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

/** A schedule, and the error of its answers. */
interface Found {
  readonly schedule: Schedule;
  readonly error: number;
}

class Search {
  readonly #phases: number;
  readonly #deepest: number;
  readonly #compared: Trials;
  readonly #measured: Trials;
  readonly #proved: Trials;
  readonly #depths: Depths;
  /** Schedules from which answers are made faster, by corrections. */
  readonly #starts = new Map<Corrections, Schedule>();
  /** Depths that become a step faster, one after the other, by corrections. */
  readonly #orders = new Map<Corrections, readonly number[]>();
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
    this.#depths = new Depths(this.#compared, simulator.phases, simulator.deepest);
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
        if (fits((await this.#depths.at(delay, share, corrections))[d])) break;
      }
      chosen.push(first);
    }
    for (;;) {
      const schedule: Schedule = {
        delays: chosen.map((i) => choices[i].delay),
        shares: chosen.map((i) => choices[i].share),
        corrections,
      };
      this.#starts.set(corrections, schedule);
      if (stepsOf(schedule) >= limit) return null;
      const { depths } = await this.#proved.try(schedule, (sums) => misfits(sums.depths) > ENOUGH);
      if (misfits(depths) === 0) return schedule;
      const able = chosen.flatMap((i, d) => (i < choices.length - 1 && !fits(depths[d]) ? [d] : []));
      const worst = able.filter((d) => depths[d].unsettled > 0 || depths[d].atLimit > 1);
      if (able.length === 0) return schedule;
      for (const d of worst.length > 0 ? worst : able) chosen[d]++;
    }
  }

  /** The fewest steps for which answers stay within an error of the gated network's. */
  async #within(limit: number, exact: Schedule): Promise<Schedule> {
    const found: Schedule[] = [];
    for (const corrections of CORRECTIONS) {
      found.push(...(await this.#shortened(limit, corrections)), ...(await this.#capped(limit, corrections)));
    }
    const least = Math.min(...found.map(stepsOf));
    let best: Found | null = null;
    // What is a step behind may yet come first.
    for (const schedule of found.filter((one) => stepsOf(one) <= least + 1)) {
      const lowered = await this.#lowered(limit, { schedule, error: await this.#errorOf(schedule) });
      if (!best || isBefore(lowered, best)) best = lowered;
    }
    const proven = best && (await this.#proven(limit, await this.#exchanged(limit, best)));
    return proven && stepsOf(proven) < stepsOf(exact) ? proven : exact;
  }

  /** Schedules in which no delay is longer than some number, and that are within an error. */
  async #capped(limit: number, corrections: Corrections): Promise<Schedule[]> {
    const start = this.#starts.get(corrections)!.delays;
    const found: Schedule[] = [];
    for (let most = Math.max(...start) - 1; most > 0; most--) {
      const delays = start.map((delay) => Math.min(delay, most));
      const schedule = await this.#sparse(delays, corrections);
      if ((await this.#errorOf(schedule, limit)) > limit) break;
      found.push(schedule);
    }
    return found;
  }

  /** Takes off as many single steps as an error allows, those first that do the least; none where even none is too many. */
  async #shortened(limit: number, corrections: Corrections): Promise<Schedule[]> {
    const order = await this.#order(corrections);
    const faster = (steps: number): Promise<Schedule> => {
      const fewer = [...this.#starts.get(corrections)!.delays];
      for (const d of order.slice(0, steps)) fewer[d]--;
      return this.#sparse(fewer, corrections);
    };
    // More steps less, more error: halved until the most that fits is found.
    let [fits, over] = [-1, order.length + 1];
    let found: Schedule[] = [];
    while (over - fits > 1) {
      const middle = (fits + over) >> 1;
      const schedule = await faster(middle);
      if ((await this.#errorOf(schedule, limit)) <= limit) [fits, found] = [middle, [schedule]];
      else over = middle;
    }
    return found;
  }

  /** The order in which steps are taken off. */
  async #order(corrections: Corrections): Promise<readonly number[]> {
    const known = this.#orders.get(corrections);
    if (known) return known;
    const order: number[] = [];
    const delays = [...this.#starts.get(corrections)!.delays];
    for (;;) {
      const [cheapest] = await this.#priced(delays, corrections);
      if (cheapest === undefined) break;
      delays[cheapest.d]--;
      order.push(cheapest.d);
    }
    this.#orders.set(corrections, order);
    return order;
  }

  /** Depths that can be faster, those first of which one step less does the least to the answers. */
  async #priced(delays: readonly number[], corrections: Corrections): Promise<Priced[]> {
    const able = [...delays.keys()].filter((d) => delays[d] > 1);
    return this.#sorted(able, delays, -1, corrections);
  }

  /** Depths that can be slower, those first of which one step more mends the most. */
  async #relieving(delays: readonly number[], corrections: Corrections): Promise<Priced[]> {
    const start = this.#starts.get(corrections)!.delays;
    const able = [...delays.keys()].filter((d) => delays[d] < start[d]);
    return this.#sorted(able, delays, 1, corrections);
  }

  async #sorted(
    able: readonly number[],
    delays: readonly number[],
    by: number,
    corrections: Corrections,
  ): Promise<Priced[]> {
    const start = this.#starts.get(corrections)!;
    const priced: Priced[] = [];
    for (const d of able) {
      const now = await this.#depths.effect(d, delays[d], start);
      priced.push({ d, price: (await this.#depths.effect(d, delays[d] + by, start)) - now });
    }
    return priced.sort((a, b) => a.price - b.price);
  }

  /** Makes single depths faster as long as the error allows it: by the real error, of the depths that seem cheapest. */
  async #lowered(limit: number, found: Found): Promise<Found> {
    let best = found;
    for (;;) {
      const { delays, corrections } = best.schedule;
      const cheapest = (await this.#priced(delays, corrections)).slice(0, REFINED);
      const next = await this.#best(
        cheapest.map(({ d }) => delays.with(d, delays[d] - 1)),
        corrections,
        limit,
      );
      if (!next) return best;
      best = next;
    }
  }

  /** The one with the smallest error of some delays, if that is within a limit. */
  async #best(candidates: readonly number[][], corrections: Corrections, limit: number): Promise<Found | null> {
    let found: Found | null = null;
    for (const delays of candidates) {
      const schedule = await this.#sparse(delays, corrections);
      const error = await this.#errorOf(schedule, found?.error ?? limit);
      if (error <= limit && (!found || error < found.error)) found = { schedule, error };
    }
    return found;
  }

  /** Moves single steps from depth to depth as long as that makes the error smaller, and makes depths faster where it then can. */
  async #exchanged(limit: number, found: Found): Promise<Found> {
    let best = found;
    for (;;) {
      const next = await this.#exchange(best);
      if (!next) return best;
      best = await this.#lowered(limit, next);
    }
  }

  /** The first of those exchanges that seem best which makes the error smaller. */
  async #exchange({ schedule, error }: Found): Promise<Found | null> {
    const { delays, corrections } = schedule;
    const down = (await this.#priced(delays, corrections)).slice(0, REFINED);
    const up = (await this.#relieving(delays, corrections)).slice(0, REFINED);
    const exchanges = up
      .flatMap((more) => down.map((less) => ({ more: more.d, less: less.d, price: more.price + less.price })))
      .filter(({ more, less, price }) => more !== less && price < 0)
      .sort((a, b) => a.price - b.price);
    for (const { more, less } of exchanges.slice(0, 2 * REFINED)) {
      const exchanged = delays.with(more, delays[more] + 1).with(less, delays[less] - 1);
      const next = await this.#best([exchanged], corrections, error * BETTER);
      if (next) return next;
    }
    return null;
  }

  /** Makes single depths slower until the error is within a limit on all inputs there are; null where none can be. */
  async #proven(limit: number, found: Found): Promise<Schedule | null> {
    let { schedule } = found;
    for (;;) {
      const { delays, corrections } = schedule;
      const { error, spikes } = await this.#proved.within(schedule, limit);
      await this.#expect(schedule, spikes);
      if (error <= limit) {
        const sparser = await this.#sparse(delays, corrections);
        if (spikes <= SPIKES + SPIKES_OVER || sameShares(sparser, schedule)) return schedule;
        schedule = sparser;
        continue;
      }
      const best = (await this.#relieving(delays, corrections)).slice(0, REFINED);
      const next = await this.#best(
        best.map(({ d }) => delays.with(d, delays[d] + 1)),
        corrections,
        Number.POSITIVE_INFINITY,
      );
      if (!next) return null;
      schedule = next.schedule;
    }
  }

  /** Error of the answers, infinite where it is beyond a limit; spikes are compared with what was expected of them. */
  async #errorOf(schedule: Schedule, limit = Number.POSITIVE_INFINITY): Promise<number> {
    const { error, spikes } = await this.#measured.within(schedule, limit);
    await this.#expect(schedule, spikes);
    return error;
  }

  /** Compares the spikes that a schedule made, 0 where none were counted, with what single depths let expect of it. */
  async #expect(schedule: Schedule, spikes: number): Promise<void> {
    const expected = await this.#spikesOf(schedule);
    if (expected > 0 && spikes > 0) this.#expected = (spikes * this.#gatedSpikes) / expected;
  }

  /** Spikes of a schedule, as single depths let expect. */
  async #spikesOf({ delays, shares, corrections }: Schedule): Promise<number> {
    let sum = 0;
    for (const [d, delay] of delays.entries()) sum += (await this.#depths.at(delay, shares[d], corrections))[d].spikes;
    return sum;
  }

  /** Lets depths spike more sparsely, those first of which a spike less does the least to the answers, until there are few enough. */
  async #sparse(delays: readonly number[], corrections: Corrections): Promise<Schedule> {
    const start = this.#starts.get(corrections)!;
    const schedule = { delays, shares: Array<number>(this.#deepest).fill(SHARE), corrections };
    let spikes = await this.#spikesOf(schedule);
    const most = SPIKES * this.#gatedSpikes;
    if (spikes * this.#expected <= most) return schedule;
    const savings: { readonly d: number; readonly share: number; readonly saved: number; readonly price: number }[] =
      [];
    for (const [d, delay] of delays.entries()) {
      let before = SHARE;
      let least = 0;
      for (const share of SPARSE) {
        const saved =
          (await this.#depths.at(delay, before, corrections))[d].spikes -
          (await this.#depths.at(delay, share, corrections))[d].spikes;
        if (saved <= 0) break;
        const effect =
          (await this.#depths.effectOf(d, delay, share, start)) -
          (await this.#depths.effectOf(d, delay, before, start));
        // One share after the other.
        least = Math.max(least, effect / saved);
        savings.push({ d, share, saved, price: least });
        before = share;
      }
    }
    for (const { d, share, saved } of savings.sort((a, b) => a.price - b.price)) {
      if (spikes * this.#expected <= most) break;
      schedule.shares[d] = share;
      spikes -= saved;
    }
    return schedule;
  }
}

/** A depth, and what one step less, or more, does to the squared error of the answers. */
interface Priced {
  readonly d: number;
  readonly price: number;
}

function sameShares(a: Schedule, b: Schedule): boolean {
  return a.shares.every((share, d) => share === b.shares[d]);
}

/** Fewer steps come first, and of as many the smaller error. */
function isBefore(a: Found, b: Found): boolean {
  const fewer = stepsOf(b.schedule) - stepsOf(a.schedule);
  return fewer > 0 || (fewer === 0 && a.error < b.error);
}

/** Neurons that have not settled, or only just: an unsettled one is worse than can be made up for. */
function misfits(depths: readonly DepthFigures[]): number {
  return depths.reduce((sum, { unsettled, atLimit }) => sum + unsettled * 1000 + atLimit, 0);
}

/** What a schedule's steps come to, but for what all schedules of a network have in common. */
function stepsOf({ delays, corrections }: Schedule): number {
  return delays.reduce((sum, delay) => sum + delay, corrections);
}
