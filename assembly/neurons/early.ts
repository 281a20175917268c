/**
 * Early-firing neurons (docs/early.md): they fire while their sources still do. A spike has a sign, and what was fired too early
 * is mended by later spikes.
 */
import { phases } from "../network/network";
import { reserve, reserveZeroed } from "../network/arena";
import { pair } from "../network/pair";
import { Population } from "../network/population";

/** Shares of a spike's worth are counted in sixteenths; the last spikes round to nearest. */
const SIXTEENTHS: u32 = 4;
const HALF: u32 = 8;

/** Of the channels that fire, i32 each: what must be exceeded, or fallen below, and what a spike takes off. */
let upper: usize = 0;
let lower: usize = 0;
let worth: usize = 0;
/** Levels, i16: what a spike is worth; most that may have been emitted before a positive one, and least before a negative one. */
let weight: i16 = 0;
let most: i16 = 0;
let least: i16 = 0;

/** Reserves the table of channels for the widest population; false leaves a message. */
export function planThresholds(pitch: u64): bool {
  upper = reserve(pitch, 4);
  lower = reserve(pitch, 4);
  worth = reserve(pitch, 4);
  return upper != 0 && lower != 0 && worth != 0;
}

/** Reserves what neurons have emitted; false leaves a message. */
export function planEmitted(p: Population): bool {
  const size = <u64>p.height * p.width * p.pitch;
  p.emitted = reserveZeroed(size, 1);
  p.positive = reserveZeroed(size, 2);
  p.negative = reserveZeroed(size, 2);
  p.active = reserveZeroed(size >> 3, 1);
  return p.emitted != 0 && p.positive != 0 && p.negative != 0 && p.active != 0;
}

/** Begins to fire a presentation: nothing has been emitted. */
export function clearEmitted(p: Population): void {
  const size = <usize>p.height * p.width * p.pitch;
  memory.fill(p.emitted, 0, size);
  memory.fill(p.positive, 0, size << 1);
  memory.fill(p.negative, 0, size << 1);
  memory.fill(p.active, 0, size >> 3);
}

/** Starts potentials from bias plus initial potential. */
export function startPotentials(p: Population, potentials: usize): void {
  let bias = p.bias;
  for (let i: u32 = 0, n = p.height * p.width; i < n; i++, potentials += (<usize>p.pitch) << 2) {
    memory.copy(potentials, p.base, (<usize>p.pitch) << 2);
    if (!p.biasMap) continue;
    for (let c: u32 = 0; c < p.channels; c++, bias += 4) {
      const at = potentials + ((<usize>c) << 2);
      store<i32>(at, load<i32>(at) + load<i32>(bias));
    }
  }
}

/**
 * Sets the thresholds of a step of firing. Where a spike is worth w = 2^shift levels of 2^s, a neuron whose potential is v beyond what
 * it has emitted, e, spikes positively if v ≥ (share·w + ½)·2^s and e + w is a level, and negatively if v < ⌊(½ − share·w)·2^s⌋ and
 * e > share·w − ½: less would be mended without.
 * @param share of a spike's worth, in sixteenths; for spikes worth one level 8, whatever is given
 */
export function setThresholds(p: Population, share: u32, shift: u32): void {
  const part = (<i64>(shift ? share : HALF)) << shift;
  weight = <i16>((<i32>1) << shift);
  most = <i16>(((<i32>1) << phases) - 1 - ((<i32>1) << shift));
  least = <i16>((<u32>part - HALF) >> SIXTEENTHS) + 1;
  for (let c: u32 = 0; c < p.pitch; c++) {
    const at = (<usize>c) << 2;
    const used = c < p.channels;
    const s = used ? <i64>load<u8>(p.shift + c) : 0;
    // What is beyond 32 bits is never reached: neither is more than the greatest number, nor less than the least.
    const high = (((part + HALF) << s) + 15) >> SIXTEENTHS;
    const low = ((<i64>HALF - part) << s) >> SIXTEENTHS;
    store<i32>(upper + at, used ? <i32>min<i64>(high - 1, i32.MAX_VALUE) : i32.MAX_VALUE);
    store<i32>(lower + at, used ? <i32>max<i64>(low, i32.MIN_VALUE) : i32.MIN_VALUE);
    store<i32>(worth + at, <i32>((<i64>1) << (s + shift)));
  }
}

/**
 * Fires the neurons of one position and lists their channels, u32: those of positive spikes ascending at `to`, those of negative ones
 * ascending at `beside`, which has as much room.
 * @param neuron the first of the position, counted in rows of p.pitch
 * @param step of firing, from 0: the bit that records a spike
 * @returns how many of both, as a pair
 */
export function fireEarly(p: Population, potentials: usize, neuron: usize, step: u32, to: usize, beside: usize): u64 {
  let plus = to;
  let minus = beside;
  for (let c: u32 = 0; c < p.pitch; c += 8) {
    const at = (<usize>c) << 2;
    const v0 = v128.load(potentials + at);
    const v1 = v128.load(potentials + at, 16);
    const high0 = i32x4.gt_s(v0, v128.load(upper + at));
    const high1 = i32x4.gt_s(v1, v128.load(upper + at, 16));
    const low0 = i32x4.lt_s(v0, v128.load(lower + at));
    const low1 = i32x4.lt_s(v1, v128.load(lower + at, 16));
    // What has emitted nothing has nothing to take back.
    const active = p.active + ((neuron + c) >> 3);
    const any = v128.or(high0, high1);
    if (!v128.any_true(load<u8>(active) ? v128.or(any, v128.or(low0, low1)) : any)) continue;
    const map = (neuron + c) << 1;
    const emitted = v128.load8x8_u(p.emitted + neuron + c);
    const rise = v128.and(i16x8.narrow_i32x4_s(high0, high1), i16x8.le_s(emitted, i16x8.splat(most)));
    const fall = v128.and(i16x8.narrow_i32x4_s(low0, low1), i16x8.ge_s(emitted, i16x8.splat(least)));
    let rising = i16x8.bitmask(rise);
    let falling = i16x8.bitmask(fall);
    if (!(rising | falling)) continue;
    store<u8>(active, 1);
    const signs = i16x8.sub(fall, rise);
    const sums = i16x8.add(emitted, i16x8.mul(signs, i16x8.splat(weight)));
    store<i64>(p.emitted + neuron + c, i64x2.extract_lane(i8x16.narrow_i16x8_u(sums, sums), 0));
    v128.store(potentials + at, i32x4.sub(v0, i32x4.mul(i32x4.extend_low_i16x8_s(signs), v128.load(worth + at))));
    v128.store(
      potentials + at,
      i32x4.sub(v1, i32x4.mul(i32x4.extend_high_i16x8_s(signs), v128.load(worth + at, 16))),
      16,
    );
    const bit = i16x8.splat(<i16>((<i32>1) << step));
    // Where nothing is written no memory is moved: signs mostly are alike.
    if (rising) {
      v128.store(p.positive + map, v128.or(v128.load(p.positive + map), v128.and(rise, bit)));
      for (; rising; rising &= rising - 1, plus += 4) store<u32>(plus, c + ctz(rising));
    }
    if (falling) {
      v128.store(p.negative + map, v128.or(v128.load(p.negative + map), v128.and(fall, bit)));
      for (; falling; falling &= falling - 1, minus += 4) store<u32>(minus, c + ctz(falling));
    }
  }
  return pair((<u32>(plus - to)) >> 2, (<u32>(minus - beside)) >> 2);
}

/** Takes note of a positive spike of one neuron, counted in rows of p.pitch. */
export function recordPositive(p: Population, neuron: usize, step: u32, shift: u32): void {
  const at = neuron << 1;
  store<u16>(p.positive + at, (<u32>load<u16>(p.positive + at)) | ((<u32>1) << step));
  store<u8>(p.emitted + neuron, <u32>load<u8>(p.emitted + neuron) + (1 << shift));
}
