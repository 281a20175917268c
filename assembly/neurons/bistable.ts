/** Bistable neurons: from a period's potential to the level fired in the next one. */
import { phases } from "../network/network";
import { reserve, reserveZeroed } from "../network/arena";
import { THREADS, endOf, first as firstChannel } from "../network/part";
import { Population } from "../network/population";
import { planBase } from "./base";

/** Where in a level table (population.ts) the masks begin. */
const MASKS: usize = 32;
/** What stands in a table that cannot be used instead of a factor, which are positive. */
const UNUSABLE: i32 = -1;

/** 2^23 as f32 four times, and the highest level in 16 bytes. */
const constants: usize = memory.data<u32>([0x4b000000, 0x4b000000, 0x4b000000, 0x4b000000, 0, 0, 0, 0]);
const HIGHEST: usize = 16;

/** Reserves and fills the levels and per-channel tables of a population; false (with a message) where memory ends. */
export function planBistable(p: Population): bool {
  p.levels = reserveZeroed(p.neurons, 1);
  if (!p.levels || !planBase(p)) return false;
  p.levelTables = reserve(p.pitch, 8);
  if (!p.levelTables) return false;
  const most = (1 << phases) - 1;
  memory.fill(constants + HIGHEST, <u8>most, 16);
  p.quick = p.pitch == p.channels;
  for (let c: u32 = 0; c < p.channels; c += 8) planLevelTable(p, c, p.levelTables + ((<usize>c) << 3));
  return true;
}

/** Fills the level table of 8 channels. */
function planLevelTable(p: Population, first: u32, table: usize): void {
  for (let i: u32 = 0; i < 8; i++) {
    const shift = first + i < p.channels ? <i32>load<u8>(p.shift + first + i) : 31;
    const at = table + ((<usize>i) << 2);
    store<f32>(at, 1 / <f32>((<u32>1) << shift));
    store<i32>(at, -1 << shift, MASKS);
    if (shift) continue;
    // A potential next to 2^31 would become a float of 2^31, which is no int32.
    store<i32>(table, UNUSABLE);
    p.quick = false;
    return;
  }
}

/**
 * Levels clamp(v >> s, 0, 2^K − 1) of 8 channels at two positions, a byte each, by the channels' level table. SIMD has no shift that
 * differs by lane; but v without its lowest s bits is a multiple of 2^s, and as a float times 2^−s it is v >> s, exact below 2^24 and
 * beyond the highest level above.
 */
// @ts-ignore: decorator
@inline
export function levels16(table: usize, low0: v128, high0: v128, low1: v128, high1: v128): v128 {
  return narrow(words(table, low0, high0), words(table, low1, high1));
}

/** The same at one position, in the lower half. */
// @ts-ignore: decorator
@inline
export function levels8(table: usize, low: v128, high: v128): v128 {
  const eight = words(table, low, high);
  return narrow(eight, eight);
}

// @ts-ignore: decorator
@inline
function narrow(words0: v128, words1: v128): v128 {
  return i8x16.min_u(i8x16.narrow_i16x8_u(words0, words1), v128.load(constants, HIGHEST));
}

// @ts-ignore: decorator
@inline
function words(table: usize, low: v128, high: v128): v128 {
  return i16x8.narrow_i32x4_s(
    shifted(low, v128.load(table, MASKS), v128.load(table)),
    shifted(high, v128.load(table, MASKS + 16), v128.load(table, 16)),
  );
}

// @ts-ignore: decorator
@inline
function shifted(v: v128, mask: v128, factor: v128): v128 {
  const whole = f32x4.mul(f32x4.convert_i32x4_s(v128.and(v, mask)), factor);
  if (ASC_FEATURE_RELAXED_SIMD) return i32x4.relaxed_trunc_f32x4_s(whole);
  // Engines make many instructions of the truncation that is defined for all values. From 2^23 on a float's bits count in ones.
  const counted = f32x4.add(f32x4.pmax(whole, f32x4.splat(0)), v128.load(constants));
  return i32x4.sub(counted, v128.load(constants));
}

/** Writes the levels of up to 8 channels one by one. */
function fireSlowly(p: Population, potentials: usize, first: u32, levels: usize): void {
  for (let c = first; c < min(first + 8, p.channels); c++, potentials += 4, levels++) {
    store<u8>(levels, <u8>levelOf(p, load<i32>(potentials), c));
  }
}

/** The same as below, for the channels of a thread's part. */
function firePart(p: Population, potentials: usize, levels: usize, positions: u32): void {
  const end = endOf(p.pitch);
  for (; positions > 0; positions--, potentials += (<usize>p.pitch) << 2, levels += p.channels) {
    for (let c = firstChannel; c < end; c += 8) {
      const table = p.levelTables + ((<usize>c) << 3);
      const from = potentials + ((<usize>c) << 2);
      if (c + 8 > p.channels || load<i32>(table) == UNUSABLE) fireSlowly(p, from, c, levels + c);
      else v128.store64_lane(levels + c, levels8(table, v128.load(from), v128.load(from, 16)), 0);
    }
  }
}

/** Writes the levels of `positions` positions; potentials are rows of p.pitch int32, levels of p.channels bytes. */
export function fireLevels(p: Population, potentials: usize, levels: usize, positions: u32): void {
  if (THREADS) {
    firePart(p, potentials, levels, positions);
    return;
  }
  for (; positions > 0; positions--) {
    for (let c: u32 = 0; c < p.pitch; c += 8, potentials += 32, levels += 8) {
      const table = p.levelTables + ((<usize>c) << 3);
      if (c + 8 > p.channels || load<i32>(table) == UNUSABLE) {
        fireSlowly(p, potentials, c, levels);
        continue;
      }
      v128.store64_lane(levels, levels8(table, v128.load(potentials), v128.load(potentials, 16)), 0);
    }
    levels -= p.pitch - p.channels;
  }
}

/** Period mode: fires the sums of some positions (neurons.ts, `finishSums`), and keeps them where potentials are kept. */
export function finishBistable(p: Population, sums: usize, neuron: usize, positions: u32): void {
  if (p.potentials) keepPotentials(p, sums, neuron, positions);
  fireLevels(p, sums, p.levels + neuron, positions);
}

function keepPotentials(p: Population, from: usize, neuron: usize, positions: u32): void {
  let to = p.potentials + (neuron << 2);
  for (let x: u32 = 0; x < positions; x++, from += (<usize>p.pitch) << 2, to += (<usize>p.channels) << 2) {
    if (THREADS) copyPart(p, to, from);
    else memory.copy(to, from, (<usize>p.channels) << 2);
  }
}

/** Copies int32 of one position, those of the channels of a thread's part. */
function copyPart(p: Population, to: usize, from: usize): void {
  const before = (<usize>firstChannel) << 2;
  memory.copy(to + before, from + before, ((<usize>endOf(p.channels)) << 2) - before);
}

/** Step by step, the start of a firing period. */
export function fireBistable(p: Population): void {
  fireLevels(p, p.membrane, p.levels, p.height * p.width);
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
