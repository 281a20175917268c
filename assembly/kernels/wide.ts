/** Convolution of int32 values, for sum poolings that exceed 15 bits: 4 output channels at a time. */
import { Projection } from "../network/projection";

/** 4 weights as int32. */
// @ts-ignore: decorator
@inline
function weights<W>(pointer: usize): v128 {
  return sizeof<W>() == 1
    ? i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(v128.load32_zero(pointer)))
    : v128.load16x4_s(pointer);
}

/** Adds one block of 4 output channels at `count` positions; arguments as for pair8. */
export function wide4<W>(p: Projection, table: usize, count: u32, packed: usize, value: usize, out: usize, base: usize): void {
  for (let t = table, end = table + (<usize>count << 3); t < end; t += 8) {
    const o = load<usize>(t, 4) + out;
    let sum = v128.load(base ? base : o);
    let w = packed;
    for (let y: u32 = 0; y < p.runsH; y++) {
      for (let x: u32 = 0; x < p.runsW; x++) {
        let a: usize = load<usize>(t) + value + y * p.runBytesH + x * p.runBytesW;
        for (let n = p.runLength; n > 0; n--) {
          sum = i32x4.add(sum, i32x4.mul(v128.load32_splat(a), weights<W>(w)));
          w += sizeof<W>() << 2;
          a += 4;
        }
      }
    }
    v128.store(o, sum);
  }
}
