/**
 * Neurons for comparison (docs/comparison.md): they integrate at every step, and what is left of a potential is never discarded; it is held
 * within ±2^30. They differ in when they may fire, and in what a spike is worth.
 */
import { reserve, reserveZeroed } from "../network/arena";
import { phases } from "../network/network";
import { Population } from "../network/population";
import { clearInput, rest } from "./membranes";
import { hasThresholds, isOutput } from "./neurons";

export namespace Model {
  /** Phase coding without bistability: fires at every step. */
  export const PHASE: u32 = 0;
  /** Bistable, in alternation for as long as the run lasts, and synchronous neurons left out. */
  export const ALTERNATING: u32 = 1;
  /** Integrate-and-fire: every spike is worth as much. */
  export const RATE: u32 = 2;
}

const MOST: i32 = 1 << 30;

/** Reserves what a population needs beside what stepping does; false leaves a message. */
export function planComparison(p: Population): bool {
  if (isOutput(p)) {
    p.sums = reserve(p.neurons, 8);
    return p.sums != 0;
  }
  p.digits = reserveZeroed(p.neurons, 1);
  if (!p.digits || !hasThresholds(p)) return p.digits != 0;
  p.thresholds = reserve(p.pitch, 4);
  p.worth = reserve(p.pitch, 4);
  if (!p.thresholds || !p.worth) return false;
  for (let c: u32 = 0; c < p.pitch; c++) setWorth(p, c, (1 << phases) - 1);
  return true;
}

/** Sets what a spike of a channel is worth where it is rate coded, in levels. */
export function setWorth(p: Population, channel: u32, levels: i32): void {
  store<i32>(p.worth + ((<usize>channel) << 2), levels);
}

/** What a spike of a channel is worth where it is rate coded; an input's, and an output's, are as they are. */
export function worthOf(p: Population, channel: u32): i32 {
  return p.worth ? load<i32>(p.worth + ((<usize>channel) << 2)) : 1;
}

/** Whether a population may fire in a period. */
export function mayFire(model: u32, p: Population, period: u32): bool {
  return model != Model.ALTERNATING || (period >= p.depth && !((period - p.depth) & 1));
}

/** Whether a presentation's bias comes in a period, beside its input. */
export function hears(model: u32, p: Population, period: u32): bool {
  return model != Model.ALTERNATING || (period + 1 >= p.depth && !((period + 1 - p.depth) & 1));
}

/** θ = 2^(s + shift), or 2^s times what a spike is worth; beyond the last channel one that is never reached. */
function thresholdOf(model: u32, p: Population, channel: u32, shift: u32): i64 {
  if (channel >= p.channels) return i32.MAX_VALUE;
  const worth = model == Model.RATE ? <i64>worthOf(p, channel) : (<i64>1) << shift;
  return worth << (<i64>load<u8>(p.shift + channel));
}

/** Fills the table of thresholds; one beyond the potentials' bounds is never reached. */
export function setThresholds(model: u32, p: Population, shift: u32): void {
  for (let c: u32 = 0; c < p.pitch; c++) {
    store<i32>(p.thresholds + ((<usize>c) << 2), <i32>min<i64>(thresholdOf(model, p, c, shift), i32.MAX_VALUE));
  }
}

/** Potentials as a run begins: initial ones, or with rate coding none, or `half` a threshold. */
export function begin(model: u32, p: Population, half: bool): void {
  clearInput(p);
  rest(p);
  if (isOutput(p)) memory.fill(p.sums, 0, (<usize>p.neurons) << 3);
  if (model != Model.RATE || isOutput(p)) return;
  let v = p.membrane;
  for (let i: u32 = 0, n = p.height * p.width; i < n; i++) {
    for (let c: u32 = 0; c < p.pitch; c++, v += 4)
      store<i32>(v, half ? <i32>min<i64>(thresholdOf(model, p, c, 0) >> 1, MOST) : 0);
  }
}

/** a + b, held within ±2^30. */
// @ts-ignore: decorator
@inline
function held(a: v128, b: v128): v128 {
  const sum = i32x4.add(a, b);
  const wrapped = i32x4.shr_s(v128.and(v128.xor(a, sum), v128.xor(b, sum)), 31);
  const most = v128.xor(i32x4.shr_s(a, 31), i32x4.splat(i32.MAX_VALUE));
  const right = v128.bitselect(most, sum, wrapped);
  return i32x4.max_s(i32x4.min_s(right, i32x4.splat(MOST)), i32x4.splat(-MOST));
}

/**
 * v ← v + u, u ← 0 at one position; where it may fire, spikes where v has reached θ, takes θ off, and lists the channels, u32 ascending.
 * @param bias i32 per channel to be added, 0 for none
 * @param to 0 where it may not fire
 * @returns how many spiked
 */
export function integrateAndFire(p: Population, position: usize, bias: usize, to: usize): u32 {
  const from = (position * p.pitch) << 2;
  let end = to;
  for (let c: u32 = 0; c < p.pitch; c += 4) {
    const at = (<usize>c) << 2;
    const here = from + at;
    let v = held(v128.load(p.membrane + here), v128.load(p.current + here));
    v128.store(p.current + here, i32x4.splat(0));
    if (bias) v = held(v, v128.load(bias + at));
    if (to) {
      const threshold = v128.load(p.thresholds + at);
      const reached = i32x4.ge_s(v, threshold);
      v = i32x4.sub(v, v128.and(reached, threshold));
      for (let spiking = i32x4.bitmask(reached); spiking; spiking &= spiking - 1, end += 4)
        store<u32>(end, c + ctz(spiking));
    }
    v128.store(p.membrane + here, v);
  }
  return (<u32>(end - to)) >> 2;
}

/** Adds u, and where it comes the bias, to an output's sums; u ← 0. */
export function accumulate(p: Population, biased: bool): void {
  let sum = p.sums;
  let u = p.current;
  let bias = p.bias;
  for (let i: u32 = 0, n = p.height * p.width; i < n; i++, u += (<usize>p.pitch) << 2) {
    for (let c: u32 = 0; c < p.channels; c++, sum += 8) {
      const at = (<usize>c) << 2;
      store<i64>(sum, load<i64>(sum) + load<i32>(u + at) + (biased ? load<i32>(bias + at) : 0));
      store<i32>(u + at, 0);
    }
    if (p.biasMap) bias += (<usize>p.channels) << 2;
  }
}

/** Makes the mean over presentations, rounded down, an output's potentials. */
export function answer(p: Population, presentations: i64): void {
  for (let n: u32 = 0; n < p.neurons; n++) {
    const sum = load<i64>(p.sums + ((<usize>n) << 3));
    const mean = sum / presentations - (sum % presentations < 0 ? 1 : 0);
    store<i32>(p.potentials + ((<usize>n) << 2), <i32>min<i64>(max<i64>(mean, i32.MIN_VALUE), i32.MAX_VALUE));
  }
}
