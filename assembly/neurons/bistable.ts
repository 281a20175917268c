/** Bistable neurons: from a period's potential to the level fired in the next one. */
import { phases } from "../network/network";
import { reserve, reserveZeroed } from "../network/arena";
import { Population } from "../network/population";
import { planBase } from "./base";

/** Where in a level table (population.ts) its fields begin. */
const FACTORS: usize = 16;
const MOST: usize = 32;
const SHIFT: usize = 48;

/** Reserves and fills the levels and per-channel tables of a population; false (with a message) where memory ends. */
export function planBistable(p: Population): bool {
  p.levels = reserveZeroed(p.neurons, 1);
  if (!p.levels || !planBase(p)) return false;
  p.levelTables = reserve(p.pitch, 8);
  if (!p.levelTables) return false;
  p.quick = p.pitch == p.channels;
  for (let c: u32 = 0; c < p.channels; c += 8) planLevelTable(p, c, p.levelTables + ((<usize>c) << 3));
  return true;
}

/** Fills the level table of 8 channels. */
function planLevelTable(p: Population, first: u32, table: usize): void {
  let least = 31;
  let most = 0;
  let able = 0;
  for (let c = first; c < min(first + 8, p.channels); c++) {
    const shift = <i32>load<u8>(p.shift + c);
    // A potential that never reaches one level, if no rest is carried over, is silent whatever its shift.
    if ((load<u64>(p.bounds + ((<usize>c) << 3)) + load<u32>(p.initial + ((<usize>c) << 2))) >> shift == 0) continue;
    able |= 1 << (c - first);
    least = min(least, shift);
    most = max(most, shift);
  }
  // One bit below the lowest threshold is kept, to round away; the highest level must fit 16 bits.
  const shift = least - 1;
  const fits = shift >= 0 && most - shift <= 15 - <i32>phases;
  store<i32>(table, fits ? shift : -1, SHIFT);
  if (!fits) p.quick = false;
  for (let i: u32 = 0; i < 8; i++, table += 2, able >>= 1) {
    const left = able & 1 ? <i32>load<u8>(p.shift + first + i) - shift : 0;
    const half: i32 = left ? 1 << (left - 1) : 0;
    const factor: i32 = left ? 1 << (15 - left) : 0;
    const highest: i32 = (1 << phases) - 1;
    store<i16>(table, <i16>half);
    store<i16>(table, <i16>factor, FACTORS);
    store<i16>(table, <i16>highest, MOST);
  }
}

/**
 * Levels clamp(v >> s, 0, 2^K − 1) of 8 channels, a byte each, by their level table. SIMD has no shift that differs
 * by lane, but a rounding multiply of 16 bits: with the table's shift t and d = s − t, ((v >> t) − 2^(d−1))·2^(15−d) + 2^14
 * has the level in its upper bits. What leaves 16 bits is beyond the highest level too, or below zero.
 */
// @ts-ignore: decorator
@inline
export function levels8(low: v128, high: v128, table: usize): i64 {
  const shift = load<i32>(table, SHIFT);
  const words = i16x8.narrow_i32x4_s(i32x4.shr_s(low, shift), i32x4.shr_s(high, shift));
  const levels = i16x8.q15mulr_sat_s(i16x8.sub_sat_s(words, v128.load(table)), v128.load(table, FACTORS));
  const bounded = i16x8.min_s(levels, v128.load(table, MOST));
  return i64x2.extract_lane(i8x16.narrow_i16x8_u(bounded, bounded), 0);
}

/** Writes the levels of up to 8 channels one by one. */
function fireSlowly(p: Population, potentials: usize, first: u32, levels: usize): void {
  for (let c = first; c < min(first + 8, p.channels); c++, potentials += 4, levels++) {
    store<u8>(levels, <u8>levelOf(p, load<i32>(potentials), c));
  }
}

/**
 * Writes the levels of `positions` positions; potentials are rows of p.pitch int32, levels of p.channels bytes. `carrying`
 * where potentials hold rests of earlier presentations: then neurons can fire of which the tables say that they cannot.
 */
export function fireLevels(p: Population, potentials: usize, levels: usize, positions: u32, carrying: bool): void {
  for (; positions > 0; positions--) {
    for (let c: u32 = 0; c < p.pitch; c += 8, potentials += 32, levels += 8) {
      const table = p.levelTables + ((<usize>c) << 3);
      const slow = carrying || c + 8 > p.channels || load<i32>(table, SHIFT) < 0;
      if (slow) fireSlowly(p, potentials, c, levels);
      else store<i64>(levels, levels8(v128.load(potentials), v128.load(potentials, 16), table));
    }
    levels -= p.pitch - p.channels;
  }
}

/** Period mode: fires the sums of some positions (neurons.ts, `finishSums`), and keeps them where potentials are kept. */
export function finishBistable(p: Population, sums: usize, neuron: usize, positions: u32, rests: bool): void {
  if (p.potentials) keepPotentials(p, sums, neuron, positions);
  fireLevels(p, sums, p.levels + neuron, positions, rests);
}

function keepPotentials(p: Population, from: usize, neuron: usize, positions: u32): void {
  let to = p.potentials + (neuron << 2);
  for (let x: u32 = 0; x < positions; x++, from += (<usize>p.pitch) << 2, to += (<usize>p.channels) << 2) {
    memory.copy(to, from, (<usize>p.channels) << 2);
  }
}

/** Step by step, the start of a firing period. */
export function fireBistable(p: Population, carrying: bool): void {
  fireLevels(p, p.membrane, p.levels, p.height * p.width, carrying);
}

/** Level of one neuron. */
export function levelOf(p: Population, potential: i32, channel: u32): i32 {
  return min(max(potential >> (<i32>load<u8>(p.shift + channel)), 0), (1 << phases) - 1);
}

/** What is carried over: the rest after firing, clamp(v − q·2^s, 0, 2^s − 1). */
export function restOf(p: Population, potential: i32, channel: u32): i32 {
  const shift = <i32>load<u8>(p.shift + channel);
  const rest = <i64>potential - ((<i64>levelOf(p, potential, channel)) << shift);
  return <i32>min(max(rest, 0), ((<i64>1) << shift) - 1);
}
