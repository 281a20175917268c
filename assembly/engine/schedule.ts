/** When the populations of an early-firing network fire: their delays, and the steps that follow from them. */
import { reserve } from "../network/arena";
import { deepest, phases, population, populationCount, sendsCurrent } from "../network/network";
import { Population } from "../network/population";
import { Pool, Projection } from "../network/projection";
import { isOutput, isRelay, originOf } from "../neurons/neurons";

/** Per depth, u32: its delay, and the share of a spike's worth at which it spikes, in sixteenths. */
let delays: usize = 0;
let shares: usize = 0;
/** Steps that a presentation is fired: K, or one more to mend with. */
export let firing: u32 = 0;
/** Steps from one presentation to the next, and to the last answer of the run. */
export let interval: u32 = 0;
export let answered: u32 = 0;

/** Reserves the schedule; false leaves a message. */
export function planSchedule(): bool {
  delays = reserve(<u64>deepest + 1, 4);
  shares = reserve(<u64>deepest + 1, 4);
  return delays != 0 && shares != 0;
}

/**
 * Sets when and how neurons of a depth, 1…L, fire.
 * @param delay steps after its sources, 1…K
 * @param share of a spike's worth that makes them spike, in sixteenths, 8…16
 */
export function setDelay(depth: u32, delay: u32, share: u32): void {
  store<u32>(delays + ((<usize>depth) << 2), delay);
  store<u32>(shares + ((<usize>depth) << 2), share);
}

/** The share of a spike's worth at which a depth spikes, in sixteenths. */
export function shareOf(depth: u32): u32 {
  return load<u32>(shares + ((<usize>depth) << 2));
}

/** log₂ of what a spike is worth, in levels, at a step of firing. */
export function shiftAt(step: u32): u32 {
  return step < phases ? phases - 1 - step : 0;
}

/** Step at which what a projection carries first arrives. */
export function arrives(q: Projection): u32 {
  const source = originOf(population(q.source));
  return sendsCurrent(source.index) ? 0 : source.begins + (q.pool == Pool.MAX ? 1 : 0);
}

/**
 * Computes from the delays set when each population begins to fire, how long a run takes, and how soon a presentation can follow
 * another: a population fires one at a time, and has a register free for the next when that begins to arrive.
 * @param corrections steps of firing beyond K, 0 or 1
 */
export function schedule(presentations: u32, registers: u32, corrections: u32): void {
  firing = phases + corrections;
  population(0).begins = 0;
  let longest = firing;
  let last: u32 = 0;
  for (let i: u32 = 1; i < populationCount; i++) {
    const p = population(i);
    if (isRelay(p)) continue;
    p.hears = u32.MAX_VALUE;
    p.begins = 1;
    for (let q = p.incoming; q; q = q!.nextIncoming) {
      const from = arrives(q);
      p.hears = min(p.hears, from);
      if (sendsCurrent(originOf(population(q.source)).index)) continue;
      p.begins = max(p.begins, from + (isOutput(p) ? firing : load<u32>(delays + ((<usize>p.depth) << 2))));
    }
    const busy = p.begins - p.hears + (isOutput(p) ? 0 : firing);
    longest = max(longest, (busy + registers - 1) / registers);
    if (isOutput(p)) last = max(last, p.begins);
  }
  interval = longest;
  answered = last + (presentations - 1) * interval;
}
