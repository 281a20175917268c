/**
 * Convolution with int16 weights, in the relaxed build also with int8 ones whose values exceed 7 bits: each turn multiplies a
 * pair of values 0…32767, staged as int16, by a pair of weights and adds.
 */
import { Projection } from "../network/projection";
import { Block, finish } from "./block";
import { mac } from "./mac";

/**
 * Adds one packed block, and with `more` = 1 the next one too, at their positions, 2 at a time. With 0 both halves are the
 * same.
 */
export function words16(q: Projection, block: Block, packed: usize, more: usize): void {
  const offsets = q.offsets;
  const endOffsets = q.endOffsets;
  const next = more * q.blockBytes;
  more <<= 5;
  for (let t = block.begin, end = block.end; t < end; t += 16) {
    const base = block.base;
    const i0 = base ? base : load<usize>(t, 4) + block.out;
    const i1 = base ? base : load<usize>(t, 12) + block.out;
    let s00 = v128.load(i0);
    let s01 = v128.load(i0, 16);
    let s02 = v128.load(i0 + more);
    let s03 = v128.load(i0 + more, 16);
    let s10 = v128.load(i1);
    let s11 = v128.load(i1, 16);
    let s12 = v128.load(i1 + more);
    let s13 = v128.load(i1 + more, 16);
    const a0 = load<usize>(t) + block.value;
    const a1 = load<usize>(t, 8) + block.value;
    for (let s = offsets, w = packed; s < endOffsets; s += 4, w += 32) {
      const offset = <usize>load<u32>(s);
      const v0 = v128.load32_splat(a0 + offset);
      const v1 = v128.load32_splat(a1 + offset);
      let w0 = v128.load(w);
      s00 = mac(s00, v0, w0);
      s10 = mac(s10, v1, w0);
      w0 = v128.load(w, 16);
      s01 = mac(s01, v0, w0);
      s11 = mac(s11, v1, w0);
      w0 = v128.load(w + next);
      s02 = mac(s02, v0, w0);
      s12 = mac(s12, v1, w0);
      w0 = v128.load(w + next, 16);
      s03 = mac(s03, v0, w0);
      s13 = mac(s13, v1, w0);
    }
    const levelTable = block.levelTable;
    const levels = block.levels;
    const o0 = load<usize>(t, 4) + block.out;
    const o1 = load<usize>(t, 12) + block.out;
    finish(levelTable, levels, o0, o1, s00, s01, s10, s11);
    const second = levelTable ? levelTable + (more << 1) : 0;
    finish(second, levels, o0 + more, o1 + more, s02, s03, s12, s13);
  }
}
