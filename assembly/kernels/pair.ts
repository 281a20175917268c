/**
 * Convolution by pairs: 4 positions × 8 output channels in registers, each step multiplying a pair of int16
 * values by a pair of weights and adding. Exact: values lie in 0…32767 and a pair's sum in 32 bits.
 */
import { Projection } from "../network/projection";

/** 4 outputs × 2 weights as int16. */
// @ts-ignore: decorator
@inline
function weights<W>(pointer: usize): v128 {
  return sizeof<W>() == 1 ? v128.load8x8_s(pointer) : v128.load(pointer);
}

// @ts-ignore: decorator
@inline
function mac(sum: v128, values: v128, weights: v128): v128 {
  return i32x4.add(sum, i32x4.dot_i16x8_s(values, weights));
}

/**
 * Adds one block of 8 output channels at `count` (a multiple of 4) positions. `table` lists, per position, where its
 * window begins and where its sums lie; `base` holds what the sums start from, or is 0 where they continue.
 */
export function pair8<W>(p: Projection, table: usize, count: u32, packed: usize, value: usize, out: usize, base: usize): void {
  const runsH = p.runsH;
  const runsW = p.runsW;
  const bytesH = <usize>p.runBytesH;
  const bytesW = <usize>p.runBytesW;
  const steps = (p.runLength + 1) >> 1;
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
          const w0 = weights<W>(w);
          const w1 = weights<W>(w + (sizeof<W>() << 3));
          let v = v128.load32_splat(a0);
          s00 = mac(s00, v, w0);
          s01 = mac(s01, v, w1);
          v = v128.load32_splat(a1);
          s10 = mac(s10, v, w0);
          s11 = mac(s11, v, w1);
          v = v128.load32_splat(a2);
          s20 = mac(s20, v, w0);
          s21 = mac(s21, v, w1);
          v = v128.load32_splat(a3);
          s30 = mac(s30, v, w0);
          s31 = mac(s31, v, w1);
          w += sizeof<W>() << 4;
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

/** The same at one position, with int8 weights: dense layers, which only stream them. */
export function pair1(p: Projection, table: usize, packed: usize, value: usize, out: usize, base: usize): void {
  const o = load<usize>(table, 4) + out;
  if (!base) base = o;
  let s0 = v128.load(base);
  let s1 = v128.load(base, 16);
  for (let y: usize = 0; y < p.runsH; y++) {
    for (let x: usize = 0; x < p.runsW; x++) {
      let a = load<usize>(table) + value + y * p.runBytesH + x * p.runBytesW;
      for (let n = (p.runLength + 1) >> 1; n > 0; n--) {
        const v = v128.load32_splat(a);
        s0 = mac(s0, v, v128.load8x8_s(packed));
        s1 = mac(s1, v, v128.load8x8_s(packed, 8));
        packed += 16;
        a += 4;
      }
    }
  }
  v128.store(o, s0);
  v128.store(o, s1, 16);
}
