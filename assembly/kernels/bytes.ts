/**
 * Convolution with int8 weights: each turn multiplies two pairs of values 0…32767, staged as int16, by two pairs of weights
 * and adds; in the baseline build only.
 */
import { Projection } from "../network/projection";
import { Block, finish } from "./block";
import { mac } from "./mac";

/** Adds one packed block at its positions, 4 at a time. */
export function bytes8(q: Projection, block: Block, packed: usize): void {
  // Each turn has a u32 offset and 32 weights.
  const stripOffsets = <u32>(q.endOffsets - q.offsets) / (q.stripsH * q.stripsW);
  const before = block.strip * stripOffsets;
  const offsets = q.offsets + before;
  const endOffsets = offsets + block.span * stripOffsets;
  packed += (<usize>before) << 3;
  for (let t = block.begin, end = block.end; t < end; t += 32) {
    const value = block.value;
    const out = block.out;
    const base = block.base;
    const i0 = base ? base : load<usize>(t, 4) + out;
    const i1 = base ? base : load<usize>(t, 12) + out;
    const i2 = base ? base : load<usize>(t, 20) + out;
    const i3 = base ? base : load<usize>(t, 28) + out;
    let s00 = v128.load(i0);
    let s01 = v128.load(i0, 16);
    let s10 = v128.load(i1);
    let s11 = v128.load(i1, 16);
    let s20 = v128.load(i2);
    let s21 = v128.load(i2, 16);
    let s30 = v128.load(i3);
    let s31 = v128.load(i3, 16);
    const a0 = load<usize>(t) + value;
    const a1 = load<usize>(t, 8) + value;
    const a2 = load<usize>(t, 16) + value;
    const a3 = load<usize>(t, 24) + value;
    let w = packed;
    for (let s = offsets; s < endOffsets; s += 4, w += 16) {
      const offset = <usize>load<u32>(s);
      const v0 = a0 + offset;
      const v1 = a1 + offset;
      const v2 = a2 + offset;
      const v3 = a3 + offset;
      let w0 = v128.load8x8_s(w);
      let w1 = v128.load8x8_s(w, 8);
      let v = v128.load32_splat(v0);
      s00 = mac(s00, v, w0);
      s01 = mac(s01, v, w1);
      v = v128.load32_splat(v1);
      s10 = mac(s10, v, w0);
      s11 = mac(s11, v, w1);
      v = v128.load32_splat(v2);
      s20 = mac(s20, v, w0);
      s21 = mac(s21, v, w1);
      v = v128.load32_splat(v3);
      s30 = mac(s30, v, w0);
      s31 = mac(s31, v, w1);
      // In two halves: the engine of Node 20 makes better code of it.
      w += 16;
      w0 = v128.load8x8_s(w);
      w1 = v128.load8x8_s(w, 8);
      v = v128.load32_splat(v0, 4);
      s00 = mac(s00, v, w0);
      s01 = mac(s01, v, w1);
      v = v128.load32_splat(v1, 4);
      s10 = mac(s10, v, w0);
      s11 = mac(s11, v, w1);
      v = v128.load32_splat(v2, 4);
      s20 = mac(s20, v, w0);
      s21 = mac(s21, v, w1);
      v = v128.load32_splat(v3, 4);
      s30 = mac(s30, v, w0);
      s31 = mac(s31, v, w1);
    }
    const levelTable = block.levelTable;
    const levels = block.levels;
    const to = block.out;
    finish(levelTable, levels, load<usize>(t, 4) + to, load<usize>(t, 12) + to, s00, s01, s10, s11);
    finish(levelTable, levels, load<usize>(t, 20) + to, load<usize>(t, 28) + to, s20, s21, s30, s31);
  }
}

/** The same at one position: dense layers, which only stream weights. */
export function dense8(q: Projection, block: Block, packed: usize): void {
  const o = load<usize>(block.begin, 4) + block.out;
  const start = block.base ? block.base : o;
  let s0 = v128.load(start);
  let s1 = v128.load(start, 16);
  const a = load<usize>(block.begin) + block.value;
  for (let s = q.offsets; s < q.endOffsets; s += 4, packed += 32) {
    const at = a + load<u32>(s);
    let v = v128.load32_splat(at);
    s0 = mac(s0, v, v128.load8x8_s(packed));
    s1 = mac(s1, v, v128.load8x8_s(packed, 8));
    v = v128.load32_splat(at, 4);
    s0 = mac(s0, v, v128.load8x8_s(packed, 16));
    s1 = mac(s1, v, v128.load8x8_s(packed, 24));
  }
  finish(block.levelTable, block.levels, o, o, s0, s1, s0, s1);
}
