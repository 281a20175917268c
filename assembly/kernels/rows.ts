/** Adds the weight rows of spiking channels to a row of phase-weighted inputs, in registers as far as it goes. */

/** int8 rows are added as int16, which holds this many of them. */
const MOST: u32 = 256;

/**
 * `to[o] += 2^shift · Σ_c rows[c·stride + o]` for o < length, a multiple of 8, over the `count` channels (u32) listed.
 * `to` is int32, `stride` in bytes.
 */
export function addRows<W>(
  to: usize,
  rows: usize,
  length: u32,
  stride: u32,
  channels: usize,
  count: u32,
  shift: i32,
): void {
  if (sizeof<W>() == 1) {
    for (; count > MOST; count -= MOST, channels += MOST << 2)
      addBytes(to, rows, length, stride, channels, MOST, shift);
    addBytes(to, rows, length, stride, channels, count, shift);
  } else {
    addWords(to, rows, length, stride, channels, count, shift);
  }
}

// @ts-ignore: decorator
@inline
function add(to: usize, sum: v128, shift: i32): void {
  v128.store(to, i32x4.add(v128.load(to), i32x4.shl(sum, shift)));
}

function addBytes(to: usize, rows: usize, length: u32, stride: u32, channels: usize, count: u32, shift: i32): void {
  const end = channels + ((<usize>count) << 2);
  for (; length >= 32; length -= 32, rows += 32, to += 128) {
    let s0 = i16x8.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    for (let c = channels; c < end; c += 4) {
      const row = rows + <usize>load<u32>(c) * stride;
      s0 = i16x8.add(s0, v128.load8x8_s(row));
      s1 = i16x8.add(s1, v128.load8x8_s(row, 8));
      s2 = i16x8.add(s2, v128.load8x8_s(row, 16));
      s3 = i16x8.add(s3, v128.load8x8_s(row, 24));
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
    for (let c = channels; c < end; c += 4) sum = i16x8.add(sum, v128.load8x8_s(rows + <usize>load<u32>(c) * stride));
    add(to, i32x4.extend_low_i16x8_s(sum), shift);
    add(to + 16, i32x4.extend_high_i16x8_s(sum), shift);
  }
}

function addWords(to: usize, rows: usize, length: u32, stride: u32, channels: usize, count: u32, shift: i32): void {
  const end = channels + ((<usize>count) << 2);
  for (; length; length -= 4, rows += 8, to += 16) {
    let sum = i32x4.splat(0);
    for (let c = channels; c < end; c += 4) sum = i32x4.add(sum, v128.load16x4_s(rows + <usize>load<u32>(c) * stride));
    add(to, sum, shift);
  }
}
