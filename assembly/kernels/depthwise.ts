/** Depthwise convolution of bytes: 8 channels at a time, taps in pairs, weights int16 as packed. */
import { Projection } from "../network/projection";

/** Adds all output channels at `count` positions; arguments as for pair8. */
export function depthwise(p: Projection, table: usize, count: u32, base: usize): void {
  const channels = p.targetCount;
  const pairs = p.tapPairs;
  const taps = p.taps;
  let packed = p.packed;
  for (let c: u32 = 0; c < channels; c += 8) {
    const out = <usize>c << 2;
    for (let t = table, end = table + (<usize>count << 3); t < end; t += 8) {
      const a = load<usize>(t) + c;
      const o = load<usize>(t, 4) + out;
      let s0 = v128.load(base ? base + out : o);
      let s1 = v128.load(base ? base + out : o, 16);
      let w = packed;
      for (let tap = taps, last = taps + (<usize>pairs << 3); tap < last; tap += 8) {
        const v0 = v128.load8x8_u(a + load<u32>(tap));
        const v1 = v128.load8x8_u(a + load<u32>(tap, 4));
        s0 = i32x4.add(s0, i32x4.dot_i16x8_s(v128.shuffle<i16>(v0, v1, 0, 8, 1, 9, 2, 10, 3, 11), v128.load(w)));
        s1 = i32x4.add(s1, i32x4.dot_i16x8_s(v128.shuffle<i16>(v0, v1, 4, 12, 5, 13, 6, 14, 7, 15), v128.load(w, 16)));
        w += 32;
      }
      v128.store(o, s0);
      v128.store(o, s1, 16);
    }
    packed += <usize>pairs << 5;
  }
}
