/** Convolution of int32 values, for sum poolings that exceed 15 bits: 8 output channels at a time. */
import { Projection } from "../network/projection";

/** Adds one block of 8 output channels at `count` positions; arguments as for pair8. Weights are int32 as packed. */
export function wide8(p: Projection, table: usize, count: u32, packed: usize, value: usize, out: usize, base: usize): void {
  for (let t = table, end = table + (<usize>count << 3); t < end; t += 8) {
    const o = load<usize>(t, 4) + out;
    let s0 = v128.load(base ? base : o);
    let s1 = v128.load(base ? base : o, 16);
    let w = packed;
    for (let y: usize = 0; y < p.runsH; y++) {
      for (let x: usize = 0; x < p.runsW; x++) {
        let a = load<usize>(t) + value + y * p.runBytesH + x * p.runBytesW;
        for (let n = p.runLength; n > 0; n--) {
          const v = v128.load32_splat(a);
          s0 = i32x4.add(s0, i32x4.mul(v, v128.load(w)));
          s1 = i32x4.add(s1, i32x4.mul(v, v128.load(w, 16)));
          w += 32;
          a += 4;
        }
      }
    }
    v128.store(o, s0);
    v128.store(o, s1, 16);
  }
}
