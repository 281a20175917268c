/** Convolution of int32 values, for sum poolings that exceed 15 bits: 8 output channels at a time. */
import { Projection } from "../network/projection";
import { Block } from "./block";

/** Adds one packed block at its positions. Weights are int32 as packed. */
export function wide8(q: Projection, block: Block, packed: usize): void {
  const value = block.value;
  const out = block.out;
  const base = block.base;
  for (let t = block.begin, end = block.end; t < end; t += 8) {
    const o = load<usize>(t, 4) + out;
    const start = base ? base : o;
    let s0 = v128.load(start);
    let s1 = v128.load(start, 16);
    const a = load<usize>(t) + value;
    let w = packed;
    for (let s = q.offsets; s < q.endOffsets; s += 4, w += 32) {
      const v = v128.load32_splat(a + load<u32>(s));
      s0 = i32x4.add(s0, i32x4.mul(v, v128.load(w)));
      s1 = i32x4.add(s1, i32x4.mul(v, v128.load(w, 16)));
    }
    v128.store(o, s0);
    v128.store(o, s1, 16);
  }
}
