/** What a run of early firing comes to: whether neurons settled, their spikes, and the operations these caused. */
import { reserveZeroed } from "../network/arena";
import { phases, population, populationCount, projection, projectionCount, sendsCurrent } from "../network/network";
import { Population } from "../network/population";
import { Kernel, Pool, Projection, across } from "../network/projection";
import { hasThresholds, isOutput, originOf } from "../neurons/neurons";
import { add, clearActivity, countReached, counts } from "./activity";
import { countOperations, pooledOperations } from "./operations";
import { presentPopulation } from "./period";
import { arrives, firing } from "./schedule";

/** Figures of a population, f64 each. */
namespace Figure {
  /** Neurons whose emitted level is not what their whole input calls for. */
  export const UNSETTLED: u32 = 0;
  /** Settled neurons that could not have mended one level more. */
  export const NEAR: u32 = 1;
  /** Negative spikes. */
  export const NEGATIVE: u32 = 2;
  /** Neurons whose level is 0 in the gated network, and those of them that spiked. */
  export const INACTIVATED: u32 = 3;
  export const SPIKING: u32 = 4;
  /** Σ(emitted − level)² and Σlevel². */
  export const ERROR: u32 = 5;
  export const SQUARES: u32 = 6;
  export const COUNT: u32 = 7;
}

let figures: usize = 0;

/** Reserves the figures; false leaves a message. */
export function planEarlyCounts(): bool {
  figures = reserveZeroed(<u64>populationCount * Figure.COUNT, 8);
  return figures != 0;
}

/** Where a population's figures of the last run lie, f64 in the order above. */
export function figuresOf(i: u32): usize {
  return figures + ((<usize>i * Figure.COUNT) << 3);
}

/**
 * Counts a run that is over. Its presentations are alike: the last one stands for all.
 * @param presentations how many there were
 */
export function countEarly(presentations: u32): void {
  memory.fill(figures, 0, (<usize>populationCount * Figure.COUNT) << 3);
  clearActivity();
  // The levels of the gated network tell which neurons are inactivated; answers stay as they are.
  for (let i: u32 = 0; i < populationCount; i++)
    if (!isOutput(population(i))) presentPopulation(population(i), true, false);
  for (let i: u32 = 1; i < populationCount; i++) if (hasThresholds(population(i))) countNeurons(population(i));
  if (sendsCurrent(0)) countCurrent(population(0), 1);
  else countInput(population(0));
  for (let place: usize = 0; place < populationCount + 2; place++) {
    const at = counts + (place << 3);
    store<f64>(at, load<f64>(at) * <f64>presentations);
  }
  // They have counted all along.
  for (let j: u32 = 0; j < projectionCount; j++)
    if (projection(j).pool == Pool.MAX) add(0, pooledOperations(projection(j)));
  keepEmitted();
}

function note(p: Population, figure: u32, count: u64): void {
  store<f64>(figuresOf(p.index) + ((<usize>figure) << 3), <f64>count);
}

/** Counts what a population has fired; its levels are those of period mode. */
function countNeurons(p: Population): void {
  const highest = ((<i32>1) << phases) - 1;
  const known = knownFrom(p);
  let spikes: u32 = 0;
  let negatives: u32 = 0;
  let unsettled: u32 = 0;
  let near: u32 = 0;
  let inactivated: u32 = 0;
  let spiking: u32 = 0;
  let errors: u64 = 0;
  let squares: u64 = 0;
  let gated = p.levels;
  for (let k: u32 = 0, n = p.height * p.width; k < n; k++) {
    for (let c: u32 = 0; c < p.channels; c++, gated++) {
      const at = <usize>k * p.pitch + c;
      const shift = <i32>load<u8>(p.shift + c);
      const emitted = <i32>load<u8>(p.emitted + at);
      // A potential and what was fired of it make what it was: 32 bits hold that.
      const level = min(max((load<i32>(p.current + (at << 2)) + (emitted << shift)) >> shift, 0), highest);
      const positive = <u32>load<u16>(p.positive + (at << 1));
      const negative = <u32>load<u16>(p.negative + (at << 1));
      const silent = !(positive | negative);
      store<u32>(p.spikeCounts + ((<usize>(gated - p.levels)) << 2), popcnt(positive) + popcnt(negative));
      if (!load<u8>(gated)) {
        inactivated++;
        if (!silent) spiking++;
      }
      if (silent && !level) continue;
      const wrong = emitted - level;
      if (wrong) unsettled++;
      else if (level < highest && isNear(positive, negative, known)) near++;
      errors += wrong * wrong;
      squares += level * level;
      spikes += popcnt(positive) + popcnt(negative);
      negatives += popcnt(negative);
    }
  }
  note(p, Figure.UNSETTLED, unsettled);
  note(p, Figure.NEAR, near);
  note(p, Figure.NEGATIVE, negatives);
  note(p, Figure.INACTIVATED, inactivated);
  note(p, Figure.SPIKING, spiking);
  note(p, Figure.ERROR, errors);
  note(p, Figure.SQUARES, squares);
  add(p.index + 2, spikes);
  countOperations(p, p);
}

/** Counts what samples reach, sent so many times, past synchronous populations too. */
export function countCurrent(p: Population, times: u64): void {
  for (let q = p.outgoing; q; q = q!.nextOutgoing) {
    if (q.kernel == Kernel.RELAY) countCurrent(population(q.target), times);
    else add(1, countReached(q, p, true) * times);
  }
}

/** Counts what the spikes of a phase-coded input are, and reach. */
function countInput(p: Population): void {
  for (let n: u32 = 0; n < p.neurons; n++) {
    const spikes = popcnt(<u32>load<u8>(p.levels + n));
    store<u32>(p.spikeCounts + ((<usize>n) << 2), spikes);
    add(2, spikes);
  }
  countOperations(p, p);
}

/** The step of firing from which on a population knows its whole input. */
function knownFrom(p: Population): u32 {
  let last: u32 = 0;
  for (let q = p.incoming; q; q = q!.nextIncoming) {
    if (!sendsCurrent(originOf(population(q.source)).index)) last = max(last, arrives(q) + firing);
  }
  return last > p.begins ? last - p.begins : 0;
}

/** Whether every spike after one that was chosen too early had to have the same sign. */
function isNear(positive: u32, negative: u32, known: u32): bool {
  for (let step: u32 = 0; step < min(known, firing - 1); step++) {
    const rest: u32 = (1 << firing) - (2 << step);
    if ((positive & rest) == rest || (negative & rest) == rest) return true;
  }
  return false;
}

/** Makes what hidden populations have emitted of the last presentation their levels. */
export function keepEmitted(): void {
  for (let i: u32 = 1; i < populationCount; i++) {
    const p = population(i);
    if (!hasThresholds(p)) continue;
    let level = p.levels;
    for (let k: u32 = 0, n = p.height * p.width; k < n; k++) {
      memory.copy(level, p.emitted + <usize>k * p.pitch, p.channels);
      level += p.channels;
    }
  }
}
