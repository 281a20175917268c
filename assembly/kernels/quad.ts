/**
 * Convolution by quads of 7-bit levels and int8 weights with the relaxed dot product; in the relaxed build only. Exact on
 * every processor: levels lie in 0…127 and a pair's sum in 16 bits.
 */
import { Projection } from "../network/projection";

/** Whether this build has the instruction. */
export const QUADS: bool = ASC_FEATURE_RELAXED_SIMD;

/**
 * sum + Σ of 4 products per lane. The instruction that does it all builds ones anew each time where the processor has no such
 * thing; ones come from memory, since engines rebuild constants as well.
 */
// @ts-ignore: decorator
@inline
function mac(sum: v128, levels: v128, weights: v128, ones: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD
    ? i32x4.add(sum, i32x4.dot_i16x8_s(i16x8.relaxed_dot_i8x16_i7x16_s(weights, levels), ones))
    : sum;
}

const operands: usize = memory.data<i8>([
  127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127,
  -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128,
  -128, 127, 1, -1, 5, 0, -128, 3, 127, 127, -128, -128, 0, 1, 2, -3,
  127, 127, 0, 64, 127, 9, 1, 100, 1, 2, 3, 4, 99, 98, 97, 96,
  1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0,
]);

/** Known-answer test of the instruction, at the edges of its operands; true where it agrees with plain arithmetic. */
export function probeQuads(): bool {
  if (!ASC_FEATURE_RELAXED_SIMD) return false;
  // Operands come from memory, so that no compiler answers in the engine's place.
  const ones = v128.load(operands, 64);
  const most = v128.load(operands);
  const least = v128.load(operands, 16);
  const sum = i32x4(7, -2147483648 + 65024, 2147483647 - 64516, -1);
  // Every pair of products reaches the ends of 16 bits: 4·(−128)·127 and 4·127·127.
  const low = mac(sum, most, least, ones);
  const high = mac(sum, most, most, ones);
  const mixed = mac(i32x4.splat(0), v128.load(operands, 48), v128.load(operands, 32), ones);
  return v128.all_true<i32>(i32x4.eq(low, i32x4.add(sum, i32x4.splat(-65024)))) &&
    v128.all_true<i32>(i32x4.eq(high, i32x4.add(sum, i32x4.splat(64516)))) &&
    v128.all_true<i32>(i32x4.eq(mixed, i32x4(-191, 807, -515, 4)));
}

/** See pair8. */
export function quad8(p: Projection, table: usize, count: u32, packed: usize, value: usize, out: usize, base: usize): void {
  const runsH = p.runsH;
  const runsW = p.runsW;
  const bytesH = <usize>p.runBytesH;
  const bytesW = <usize>p.runBytesW;
  const steps = (p.runLength + 3) >> 2;
  const ones = v128.load(operands, 64);
  for (let t = table, end = table + (<usize>count << 3); t < end; t += 32) {
    const o0 = load<usize>(t, 4) + out;
    const i0 = base ? base : o0;
    const o1 = load<usize>(t, 12) + out;
    const i1 = base ? base : o1;
    const o2 = load<usize>(t, 20) + out;
    const i2 = base ? base : o2;
    const o3 = load<usize>(t, 28) + out;
    const i3 = base ? base : o3;
    let s00 = v128.load(i0);
    let s01 = v128.load(i0, 16);
    let s10 = v128.load(i1);
    let s11 = v128.load(i1, 16);
    let s20 = v128.load(i2);
    let s21 = v128.load(i2, 16);
    let s30 = v128.load(i3);
    let s31 = v128.load(i3, 16);
    let row0 = load<usize>(t) + value;
    let row1 = load<usize>(t, 8) + value;
    let row2 = load<usize>(t, 16) + value;
    let row3 = load<usize>(t, 24) + value;
    let w = packed;
    for (let y: u32 = 0; y < runsH; y++) {
      for (let x: usize = 0; x < runsW; x++) {
        let a0 = row0 + x * bytesW;
        let a1 = row1 + x * bytesW;
        let a2 = row2 + x * bytesW;
        let a3 = row3 + x * bytesW;
        for (let n = steps; n > 0; n--) {
          const w0 = v128.load(w);
          const w1 = v128.load(w, 16);
          let v = v128.load32_splat(a0);
          s00 = mac(s00, v, w0, ones);
          s01 = mac(s01, v, w1, ones);
          v = v128.load32_splat(a1);
          s10 = mac(s10, v, w0, ones);
          s11 = mac(s11, v, w1, ones);
          v = v128.load32_splat(a2);
          s20 = mac(s20, v, w0, ones);
          s21 = mac(s21, v, w1, ones);
          v = v128.load32_splat(a3);
          s30 = mac(s30, v, w0, ones);
          s31 = mac(s31, v, w1, ones);
          w += 32;
          a0 += 4;
          a1 += 4;
          a2 += 4;
          a3 += 4;
        }
      }
      row0 += bytesH;
      row1 += bytesH;
      row2 += bytesH;
      row3 += bytesH;
    }
    v128.store(o0, s00);
    v128.store(o0, s01, 16);
    v128.store(o1, s10);
    v128.store(o1, s11, 16);
    v128.store(o2, s20);
    v128.store(o2, s21, 16);
    v128.store(o3, s30);
    v128.store(o3, s31, 16);
  }
}
