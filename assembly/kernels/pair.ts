/**
 * Convolution by pairs: 4 positions × 8 output channels in registers, each step multiplying a pair of int16
 * values, or with int8 weights two, by pairs of weights and adding. Exact: values lie in 0…32767 and a pair's sum in 32 bits.
 */
import { FIRING, Kernel, Projection } from "../network/projection";
import { Block, Segment, finish } from "./block";

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

/** Adds one packed block of int8 weights at its positions, 4 at a time. */
export function bytes8(p: Projection, block: Block, packed: usize): void {
  const value = block.value;
  const out = block.out;
  const base = block.base;
  const firing = block.firing;
  const levels = block.levels;
  const steps = p.steps;
  const endSteps = p.endSteps;
  for (let t = block.segments + offsetof<Segment>(), end = t + (<usize>block.count << 3); t < end; t += 32) {
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
    const a0 = load<usize>(t) + value;
    const a1 = load<usize>(t, 8) + value;
    const a2 = load<usize>(t, 16) + value;
    const a3 = load<usize>(t, 24) + value;
    let w = packed;
    for (let s = steps; s < endSteps; s += 4, w += 32) {
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
      w0 = v128.load8x8_s(w, 16);
      w1 = v128.load8x8_s(w, 24);
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
    finish(firing, levels, o0, s00, s01);
    finish(firing, levels, o1, s10, s11);
    finish(firing, levels, o2, s20, s21);
    finish(firing, levels, o3, s30, s31);
  }
}

/**
 * Adds a packed block of int16 weights, and with `more` the next one too, at its positions, 2 at a time. Without, both halves
 * are the same.
 */
export function words16(p: Projection, block: Block, packed: usize, more: usize): void {
  const value = block.value;
  const out = block.out;
  const base = block.base;
  const firing = block.firing;
  const levels = block.levels;
  const steps = p.steps;
  const endSteps = p.endSteps;
  const next = more * p.blockBytes;
  more <<= 5;
  for (let t = block.segments + offsetof<Segment>(), end = t + (<usize>block.count << 3); t < end; t += 16) {
    const o0 = load<usize>(t, 4) + out;
    const i0 = base ? base : o0;
    const o1 = load<usize>(t, 12) + out;
    const i1 = base ? base : o1;
    let s00 = v128.load(i0);
    let s01 = v128.load(i0, 16);
    let s02 = v128.load(i0 + more);
    let s03 = v128.load(i0 + more, 16);
    let s10 = v128.load(i1);
    let s11 = v128.load(i1, 16);
    let s12 = v128.load(i1 + more);
    let s13 = v128.load(i1 + more, 16);
    const a0 = load<usize>(t) + value;
    const a1 = load<usize>(t, 8) + value;
    for (let s = steps, w = packed; s < endSteps; s += 4, w += 32) {
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
    finish(firing, levels, o0, s00, s01);
    finish(firing, levels, o1, s10, s11);
    const second = firing ? firing + (more << 1) : 0;
    finish(second, levels, o0 + more, s02, s03);
    finish(second, levels, o1 + more, s12, s13);
  }
}

/** The same at one position, with int8 weights: dense layers, which only stream them. */
export function pair1(p: Projection, block: Block, packed: usize): void {
  const o = load<usize>(block.segments, offsetof<Segment>() + 4) + block.out;
  const start = block.base ? block.base : o;
  let s0 = v128.load(start);
  let s1 = v128.load(start, 16);
  const a = load<usize>(block.segments, offsetof<Segment>()) + block.value;
  for (let s = p.steps; s < p.endSteps; s += 4, packed += 32) {
    const at = a + load<u32>(s);
    let v = v128.load32_splat(at);
    s0 = mac(s0, v, v128.load8x8_s(packed));
    s1 = mac(s1, v, v128.load8x8_s(packed, 8));
    v = v128.load32_splat(at, 4);
    s0 = mac(s0, v, v128.load8x8_s(packed, 16));
    s1 = mac(s1, v, v128.load8x8_s(packed, 24));
  }
  finish(block.firing, block.levels, o, s0, s1);
}
