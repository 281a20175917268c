/** Adds the weight rows of spiking channels to a row of phase-weighted inputs, in registers as far as it goes. */
import { firstOf, secondOf } from "../network/pair";

/** int8 rows are added as int16, which holds this many of them. */
const MOST: u32 = 255;

/**
 * `to[o] += 2^shift · Σ_c ±rows[c·stride + o]` for o < length, a multiple of 8, over the channels (u32) listed. With C = u32 there
 * are `count` of them; with C = u64 it is a pair, of how many come first and are added, and how many follow and are subtracted.
 * `to` is int32, `stride` in bytes.
 */
export function addRows<W, C>(
  to: usize,
  rows: usize,
  length: u32,
  stride: u32,
  channels: usize,
  count: C,
  shift: i32,
): void {
  const added = sizeof<C>() == 8 ? firstOf(<u64>count) : <u32>count;
  const taken = sizeof<C>() == 8 ? secondOf(<u64>count) : 0;
  const middle = channels + ((<usize>added) << 2);
  if (sizeof<W>() == 2) addWords<C>(to, rows, length, stride, channels, middle, middle + ((<usize>taken) << 2), shift);
  else if (added + taken <= MOST)
    addBytes<C>(to, rows, length, stride, channels, middle, middle + ((<usize>taken) << 2), shift);
  else addMany<C>(to, rows, length, stride, channels, added, taken, shift);
}

/** As many at a time as can be. */
function addMany<C>(
  to: usize,
  rows: usize,
  length: u32,
  stride: u32,
  channels: usize,
  added: u32,
  taken: u32,
  shift: i32,
): void {
  for (; added; channels += MOST << 2) {
    const some = min(added, MOST);
    const end = channels + ((<usize>some) << 2);
    addBytes<C>(to, rows, length, stride, channels, end, end, shift);
    added -= some;
    if (!added) {
      channels = end;
      break;
    }
  }
  for (; taken; channels += MOST << 2) {
    const some = min(taken, MOST);
    addBytes<C>(to, rows, length, stride, channels, channels, channels + ((<usize>some) << 2), shift);
    taken -= some;
  }
}

/** As `addRows`, of int32 rows, added as they are. */
export function addWide(to: usize, rows: usize, length: u32, stride: u32, channels: usize, count: u32): void {
  const end = channels + ((<usize>count) << 2);
  for (; length; length -= 8, rows += 32, to += 32) {
    let s0 = v128.load(to);
    let s1 = v128.load(to, 16);
    for (let c = channels; c < end; c += 4) {
      const row = rows + <usize>load<u32>(c) * stride;
      s0 = i32x4.add(s0, v128.load(row));
      s1 = i32x4.add(s1, v128.load(row, 16));
    }
    v128.store(to, s0);
    v128.store(to, s1, 16);
  }
}

// @ts-ignore: decorator
@inline
function add(to: usize, sum: v128, shift: i32): void {
  v128.store(to, i32x4.add(v128.load(to), i32x4.shl(sum, shift)));
}

/** Adds the rows of the channels up to `middle` and takes off those up to `end`. */
function addBytes<C>(
  to: usize,
  rows: usize,
  length: u32,
  stride: u32,
  channels: usize,
  middle: usize,
  end: usize,
  shift: i32,
): void {
  for (; length >= 32; length -= 32, rows += 32, to += 128) {
    let s0 = i16x8.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    for (let c = channels; c < middle; c += 4) {
      const row = rows + <usize>load<u32>(c) * stride;
      s0 = i16x8.add(s0, v128.load8x8_s(row));
      s1 = i16x8.add(s1, v128.load8x8_s(row, 8));
      s2 = i16x8.add(s2, v128.load8x8_s(row, 16));
      s3 = i16x8.add(s3, v128.load8x8_s(row, 24));
    }
    if (sizeof<C>() == 8) {
      for (let c = middle; c < end; c += 4) {
        const row = rows + <usize>load<u32>(c) * stride;
        s0 = i16x8.sub(s0, v128.load8x8_s(row));
        s1 = i16x8.sub(s1, v128.load8x8_s(row, 8));
        s2 = i16x8.sub(s2, v128.load8x8_s(row, 16));
        s3 = i16x8.sub(s3, v128.load8x8_s(row, 24));
      }
    }
    add(to, i32x4.extend_low_i16x8_s(s0), shift);
    add(to + 16, i32x4.extend_high_i16x8_s(s0), shift);
    add(to + 32, i32x4.extend_low_i16x8_s(s1), shift);
    add(to + 48, i32x4.extend_high_i16x8_s(s1), shift);
    add(to + 64, i32x4.extend_low_i16x8_s(s2), shift);
    add(to + 80, i32x4.extend_high_i16x8_s(s2), shift);
    add(to + 96, i32x4.extend_low_i16x8_s(s3), shift);
    add(to + 112, i32x4.extend_high_i16x8_s(s3), shift);
  }
  for (; length >= 8; length -= 8, rows += 8, to += 32) {
    let sum = i16x8.splat(0);
    for (let c = channels; c < middle; c += 4)
      sum = i16x8.add(sum, v128.load8x8_s(rows + <usize>load<u32>(c) * stride));
    if (sizeof<C>() == 8)
      for (let c = middle; c < end; c += 4) sum = i16x8.sub(sum, v128.load8x8_s(rows + <usize>load<u32>(c) * stride));
    add(to, i32x4.extend_low_i16x8_s(sum), shift);
    add(to + 16, i32x4.extend_high_i16x8_s(sum), shift);
  }
}

function addWords<C>(
  to: usize,
  rows: usize,
  length: u32,
  stride: u32,
  channels: usize,
  middle: usize,
  end: usize,
  shift: i32,
): void {
  for (; length; length -= 4, rows += 8, to += 16) {
    let sum = i32x4.splat(0);
    for (let c = channels; c < middle; c += 4)
      sum = i32x4.add(sum, v128.load16x4_s(rows + <usize>load<u32>(c) * stride));
    if (sizeof<C>() == 8)
      for (let c = middle; c < end; c += 4) sum = i32x4.sub(sum, v128.load16x4_s(rows + <usize>load<u32>(c) * stride));
    add(to, sum, shift);
  }
}
