/** Depthwise convolution of bytes: 8 channels at a time, taps in pairs, weights int16 as packed. */
import { Projection } from "../network/projection";
import { Block } from "./block";

/** Adds one packed block at its positions. */
export function depthwise8(q: Projection, block: Block, packed: usize): void {
  const value = block.value;
  const out = block.out;
  const base = block.base;
  const offsets = q.offsets;
  const endOffsets = q.endOffsets;
  for (let t = block.begin, end = block.end; t < end; t += 8) {
    const a = load<usize>(t) + value;
    const o = load<usize>(t, 4) + out;
    const start = base ? base : o;
    let s0 = v128.load(start);
    let s1 = v128.load(start, 16);
    let w = packed;
    for (let s = offsets; s < endOffsets; s += 8) {
      const v0 = v128.load8x8_u(a + load<u32>(s));
      const v1 = v128.load8x8_u(a + load<u32>(s, 4));
      s0 = i32x4.add(s0, i32x4.dot_i16x8_s(v128.shuffle<i16>(v0, v1, 0, 8, 1, 9, 2, 10, 3, 11), v128.load(w)));
      s1 = i32x4.add(s1, i32x4.dot_i16x8_s(v128.shuffle<i16>(v0, v1, 4, 12, 5, 13, 6, 14, 7, 15), v128.load(w, 16)));
      w += 32;
    }
    v128.store(o, s0);
    v128.store(o, s1, 16);
  }
}
