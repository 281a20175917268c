/** Bistable neurons: from a period's potential to the level fired in the next one. */
import { phases } from "../network/network";
import { reserve } from "../network/arena";
import { Kind, Population } from "../network/population";

/** Per-channel tables of a bistable or output population; false (with a message) where memory ends. */
export function planNeurons(p: Population): bool {
  p.base = reserve(p.pitch, 4);
  if (!p.base) return false;
  for (let c: u32 = 0; c < p.pitch; c++) store<i32>(p.base + (<usize>c << 2), c < p.channels ? startOf(p, c) : 0);
  if (p.kind == Kind.OUTPUT) return true;
  p.ceiling = reserve(p.pitch, 4);
  p.factor = reserve(p.pitch, 4);
  if (!p.ceiling || !p.factor) return false;
  for (let c: u32 = 0; c < p.pitch; c++) {
    const shift = c < p.channels ? load<u8>(p.shift + c) : 0;
    store<u32>(p.ceiling + (<usize>c << 2), <u32>min<u64>((<u64>1 << (phases + shift)) - 1, 0x7fffffff));
    store<u32>(p.factor + (<usize>c << 2), 1 << (31 - shift));
  }
  return true;
}

/** What a channel's potential starts from: initial potential, and its bias where that is the same for all positions. */
function startOf(p: Population, c: u32): i32 {
  const at = <usize>c << 2;
  return (p.biasMap ? 0 : load<i32>(p.bias + at)) + (p.initial ? load<i32>(p.initial + at) : 0);
}

/**
 * Levels clamp(v >> s, 0, 2^K − 1) of 4 channels. The shift differs by channel, which SIMD has no instruction for: twice
 * the potential times 2^(31 − s) has the level in the upper half of 64 bits.
 */
// @ts-ignore: decorator
@inline
function levels4(potentials: v128, ceiling: v128, factor: v128): v128 {
  const bounded = i32x4.min_s(i32x4.max_s(potentials, i32x4.splat(0)), ceiling);
  const doubled = i32x4.add(bounded, bounded);
  return v128.shuffle<i32>(
    i64x2.extmul_low_i32x4_u(doubled, factor),
    i64x2.extmul_high_i32x4_u(doubled, factor),
    1, 3, 5, 7,
  );
}

/** Levels of 8 channels, a byte each, by their tables. */
// @ts-ignore: decorator
@inline
export function levels8(low: v128, high: v128, ceiling: usize, factor: usize): i64 {
  const words = i16x8.narrow_i32x4_s(
    levels4(low, v128.load(ceiling), v128.load(factor)),
    levels4(high, v128.load(ceiling, 16), v128.load(factor, 16)),
  );
  return i64x2.extract_lane(i8x16.narrow_i16x8_u(words, words), 0);
}

/** Writes the levels of `positions` positions; potentials are rows of p.pitch int32, levels of p.channels bytes. */
export function fireLevels(p: Population, potentials: usize, levels: usize, positions: u32): void {
  const channels = p.channels;
  for (; positions > 0; positions--, potentials += <usize>p.pitch << 2, levels += channels) {
    for (let c: u32 = 0; c < channels; c += 8) {
      const at = <usize>c << 2;
      const from = potentials + at;
      let eight = levels8(v128.load(from), v128.load(from, 16), p.ceiling + at, p.factor + at);
      if (c + 8 <= channels) {
        store<i64>(levels + c, eight);
        continue;
      }
      for (let i = c; i < channels; i++, eight >>= 8) store<u8>(levels + i, <u8>eight);
    }
  }
}

/** Level of one neuron. */
export function levelOf(p: Population, potential: i32, channel: u32): i32 {
  return min(max(potential >> <i32>load<u8>(p.shift + channel), 0), (1 << phases) - 1);
}

/** What is carried over: the rest after firing, clamp(v − q·2^s, 0, 2^s − 1). */
export function restOf(p: Population, potential: i32, channel: u32): i32 {
  const shift = <i32>load<u8>(p.shift + channel);
  const rest = <i64>potential - (<i64>levelOf(p, potential, channel) << shift);
  return <i32>min(max(rest, 0), (<i64>1 << shift) - 1);
}
