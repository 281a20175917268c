/**
 * Convolution by quads of 7-bit levels and int8 weights with the relaxed dot product; in the relaxed build only. Exact on
 * every processor: levels lie in 0…127 and every sum in 16 bits, that of a pair by its size, that of a group by how it was
 * packed (projections/quads.ts).
 */
import { Projection } from "../network/projection";
import { Block, finish } from "./block";

/** Whether this build has the instruction. */
export const QUADS: bool = ASC_FEATURE_RELAXED_SIMD;

// @ts-ignore: decorator
@inline
function dot(levels: v128, weights: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? i16x8.relaxed_dot_i8x16_i7x16_s(weights, levels) : levels;
}

/**
 * Builds that need not be small are laid out for Cranelift, wasmtime's compiler. It computes what code without branches leaves behind at
 * the end of that code, so that all that was loaded waits in registers, of which there are too few; and it broadcasts from memory in two
 * steps.
 */
const ROOMY: bool = ASC_SHRINK_LEVEL == 0;

/** Whether weights are packed in groups of eight quads, too. */
export const EIGHTS: bool = !ROOMY;

/** One of four quads, in every lane. */
// @ts-ignore: decorator
@inline
function quadOf(four: v128, i: i32): v128 {
  if (i == 0) return i32x4.shuffle(four, four, 0, 0, 0, 0);
  if (i == 1) return i32x4.shuffle(four, four, 1, 1, 1, 1);
  if (i == 2) return i32x4.shuffle(four, four, 2, 2, 2, 2);
  return i32x4.shuffle(four, four, 3, 3, 3, 3);
}

// @ts-ignore: decorator
@inline
function dotAdd(sum: v128, levels: v128, weights: v128): v128 {
  return i16x8.add(sum, dot(levels, weights));
}

// @ts-ignore: decorator
@inline
function widenAdd(sum: v128, pairs: v128, ones: v128): v128 {
  return i32x4.add(sum, i32x4.dot_i16x8_s(pairs, ones));
}

// prettier-ignore
const operands: usize = memory.data<i8>([
  127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 0, 64, 1, 2, 3, 4,
  -128, -128, -128, -128, 127, 127, 127, 127, -128, 3, 127, -128, 127, -3, -128, 5,
  1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0,
]);
const ONES: usize = 32;

/** Known-answer test of the instruction, at the edges of its operands; true where it agrees with plain arithmetic. */
export function probeQuads(): bool {
  if (!ASC_FEATURE_RELAXED_SIMD) return false;
  // Operands come from memory, so that no compiler answers in the engine's place. The first two sums, 4·127·(−128) and
  // 4·127·127, have pairs at the ends of 16 bits.
  const pairs = dot(v128.load(operands), v128.load(operands, 16));
  const sums = widenAdd(i32x4.splat(0), pairs, v128.load(operands, ONES));
  return v128.all_true<i32>(i32x4.eq(sums, i32x4(-65024, 64516, -24067, -243)));
}

let fetched: u32 = 0;

/**
 * Reads the packed weights of a block's groups of four, a cache line at a time in a burst, so that waits for memory overlap:
 * where they would not stay in a first-level cache.
 */
export function fetchQuads(q: Projection, packed: usize): void {
  let at = packed + ((q.stripsH * q.stripsW) << 4);
  const end = at + (load<u32>(at) << 6) + (load<u32>(at, 4) << 5);
  if (end - at < 1 << 14) return;
  let sum: u32 = 0;
  for (; at < end; at += 64) sum += load<u32>(at);
  // Stored, so that no compiler leaves out what nobody wants to know.
  fetched = sum;
}

/** Where a packed block ends. */
export function skipQuads(q: Projection, packed: usize): usize {
  const counts = packed + ((q.stripsH * q.stripsW) << 4);
  const eights = <usize>load<u32>(counts);
  const fours = <usize>load<u32>(counts, 4);
  const twos = <usize>load<u32>(counts, 8);
  return ((counts + 16 + eights + fours + twos + 15) & ~15) + (eights << 6) + (fours << 5) + (twos << 4);
}

/**
 * Adds one packed block (projections/quads.ts) at its positions, 2 at a time; returns where the block ends. Conditions that always hold
 * end every second quad: without them optimisers load the weights of a whole group before they use any, for which registers are too few.
 */
export function quad8(q: Projection, block: Block, packed: usize): usize {
  const ones = v128.load(operands, ONES);
  const counts = packed + ((q.stripsH * q.stripsW) << 4);
  const eights = counts + 16;
  const fours = eights + load<u32>(counts);
  const twos = fours + load<u32>(counts, 4);
  const eightWeights = (twos + load<u32>(counts, 8) + 15) & ~15;
  const fourWeights = eightWeights + ((<usize>load<u32>(counts)) << 6);
  const twoWeights = fourWeights + ((<usize>load<u32>(counts, 4)) << 5);
  const strip = packed + (block.strip << 4);
  const endStrip = strip + (block.span << 4);
  const firstEight = eights + load<u32>(strip);
  const endEights = eights + load<u32>(endStrip);
  const firstFour = fours + load<u32>(strip, 4);
  const endFours = fours + load<u32>(endStrip, 4);
  const firstTwo = twos + load<u32>(strip, 8);
  const endTwos = twos + load<u32>(endStrip, 8);
  const eightWeight = eightWeights + ((<usize>load<u32>(strip)) << 6);
  const fourWeight = fourWeights + ((<usize>load<u32>(strip, 4)) << 5);
  const twoWeight = twoWeights + ((<usize>load<u32>(strip, 8)) << 4);
  for (let t = block.begin, end = block.end; t < end; t += 16) {
    const base = block.base;
    const i0 = base ? base : load<usize>(t, 4) + block.out;
    const i1 = base ? base : load<usize>(t, 12) + block.out;
    let s00 = v128.load(i0);
    let s01 = v128.load(i0, 16);
    let s10 = v128.load(i1);
    let s11 = v128.load(i1, 16);
    const row0 = load<usize>(t) + block.value;
    const row1 = load<usize>(t, 8) + block.value;
    let w = eightWeight;
    for (let at = firstEight; at < endEights; at += 4, w += 256) {
      const offset = <usize>load<u32>(at);
      let a0 = row0 + offset;
      let a1 = row1 + offset;
      let w0 = v128.load(w);
      let w1 = v128.load(w, 16);
      let v = v128.load32_splat(a0);
      let p00 = dot(v, w0);
      let p01 = dot(v, w1);
      v = v128.load32_splat(a1);
      let p10 = dot(v, w0);
      let p11 = dot(v, w1);
      w0 = v128.load(w, 32);
      w1 = v128.load(w, 48);
      v = v128.load32_splat(a0, 4);
      p00 = dotAdd(p00, v, w0);
      p01 = dotAdd(p01, v, w1);
      v = v128.load32_splat(a1, 4);
      p10 = dotAdd(p10, v, w0);
      p11 = dotAdd(p11, v, w1);
      if (w) {
        w0 = v128.load(w, 64);
        w1 = v128.load(w, 80);
        v = v128.load32_splat(a0, 8);
        p00 = dotAdd(p00, v, w0);
        p01 = dotAdd(p01, v, w1);
        v = v128.load32_splat(a1, 8);
        p10 = dotAdd(p10, v, w0);
        p11 = dotAdd(p11, v, w1);
        w0 = v128.load(w, 96);
        w1 = v128.load(w, 112);
        v = v128.load32_splat(a0, 12);
        p00 = dotAdd(p00, v, w0);
        p01 = dotAdd(p01, v, w1);
        v = v128.load32_splat(a1, 12);
        p10 = dotAdd(p10, v, w0);
        p11 = dotAdd(p11, v, w1);
      }
      if (w + 1) {
        a0 += 16;
        a1 += 16;
        w0 = v128.load(w, 128);
        w1 = v128.load(w, 144);
        v = v128.load32_splat(a0);
        p00 = dotAdd(p00, v, w0);
        p01 = dotAdd(p01, v, w1);
        v = v128.load32_splat(a1);
        p10 = dotAdd(p10, v, w0);
        p11 = dotAdd(p11, v, w1);
        w0 = v128.load(w, 160);
        w1 = v128.load(w, 176);
        v = v128.load32_splat(a0, 4);
        p00 = dotAdd(p00, v, w0);
        p01 = dotAdd(p01, v, w1);
        v = v128.load32_splat(a1, 4);
        p10 = dotAdd(p10, v, w0);
        p11 = dotAdd(p11, v, w1);
      }
      if (w + 2) {
        w0 = v128.load(w, 192);
        w1 = v128.load(w, 208);
        v = v128.load32_splat(a0, 8);
        p00 = dotAdd(p00, v, w0);
        p01 = dotAdd(p01, v, w1);
        v = v128.load32_splat(a1, 8);
        p10 = dotAdd(p10, v, w0);
        p11 = dotAdd(p11, v, w1);
        w0 = v128.load(w, 224);
        w1 = v128.load(w, 240);
        v = v128.load32_splat(a0, 12);
        p00 = dotAdd(p00, v, w0);
        p01 = dotAdd(p01, v, w1);
        v = v128.load32_splat(a1, 12);
        p10 = dotAdd(p10, v, w0);
        p11 = dotAdd(p11, v, w1);
      }
      s00 = widenAdd(s00, p00, ones);
      s01 = widenAdd(s01, p01, ones);
      s10 = widenAdd(s10, p10, ones);
      s11 = widenAdd(s11, p11, ones);
    }
    w = fourWeight;
    for (let at = firstFour; at < endFours; at += 4, w += 128) {
      const offset = <usize>load<u32>(at);
      const a0 = row0 + offset;
      const a1 = row1 + offset;
      if (ROOMY) {
        // Each part of a quad ends at a condition, which always holds.
        const q0 = v128.load(a0);
        const q1 = v128.load(a1);
        let p00 = q0;
        let p01 = q0;
        let p10 = q1;
        let p11 = q1;
        if (w) {
          const w0 = v128.load(w);
          const w1 = v128.load(w, 16);
          p00 = dot(quadOf(q0, 0), w0);
          p01 = dot(quadOf(q0, 0), w1);
          p10 = dot(quadOf(q1, 0), w0);
          p11 = dot(quadOf(q1, 0), w1);
        }
        if (w + 1) {
          const w0 = v128.load(w, 32);
          const w1 = v128.load(w, 48);
          p00 = dotAdd(p00, quadOf(q0, 1), w0);
          p01 = dotAdd(p01, quadOf(q0, 1), w1);
          p10 = dotAdd(p10, quadOf(q1, 1), w0);
          p11 = dotAdd(p11, quadOf(q1, 1), w1);
        }
        if (w + 2) {
          const w0 = v128.load(w, 64);
          const w1 = v128.load(w, 80);
          p00 = dotAdd(p00, quadOf(q0, 2), w0);
          p01 = dotAdd(p01, quadOf(q0, 2), w1);
          p10 = dotAdd(p10, quadOf(q1, 2), w0);
          p11 = dotAdd(p11, quadOf(q1, 2), w1);
        }
        const w0 = v128.load(w, 96);
        const w1 = v128.load(w, 112);
        s00 = widenAdd(s00, dotAdd(p00, quadOf(q0, 3), w0), ones);
        s01 = widenAdd(s01, dotAdd(p01, quadOf(q0, 3), w1), ones);
        s10 = widenAdd(s10, dotAdd(p10, quadOf(q1, 3), w0), ones);
        s11 = widenAdd(s11, dotAdd(p11, quadOf(q1, 3), w1), ones);
        continue;
      }
      let w0 = v128.load(w);
      let w1 = v128.load(w, 16);
      let v = v128.load32_splat(a0);
      let p00 = dot(v, w0);
      let p01 = dot(v, w1);
      v = v128.load32_splat(a1);
      let p10 = dot(v, w0);
      let p11 = dot(v, w1);
      w0 = v128.load(w, 32);
      w1 = v128.load(w, 48);
      v = v128.load32_splat(a0, 4);
      p00 = dotAdd(p00, v, w0);
      p01 = dotAdd(p01, v, w1);
      v = v128.load32_splat(a1, 4);
      p10 = dotAdd(p10, v, w0);
      p11 = dotAdd(p11, v, w1);
      if (w) {
        w0 = v128.load(w, 64);
        w1 = v128.load(w, 80);
        v = v128.load32_splat(a0, 8);
        p00 = dotAdd(p00, v, w0);
        p01 = dotAdd(p01, v, w1);
        v = v128.load32_splat(a1, 8);
        p10 = dotAdd(p10, v, w0);
        p11 = dotAdd(p11, v, w1);
        w0 = v128.load(w, 96);
        w1 = v128.load(w, 112);
        v = v128.load32_splat(a0, 12);
        p00 = dotAdd(p00, v, w0);
        p01 = dotAdd(p01, v, w1);
        v = v128.load32_splat(a1, 12);
        p10 = dotAdd(p10, v, w0);
        p11 = dotAdd(p11, v, w1);
      }
      s00 = widenAdd(s00, p00, ones);
      s01 = widenAdd(s01, p01, ones);
      s10 = widenAdd(s10, p10, ones);
      s11 = widenAdd(s11, p11, ones);
    }
    w = twoWeight;
    for (let at = firstTwo; at < endTwos; at += 4, w += 64) {
      const offset = <usize>load<u32>(at);
      const a0 = row0 + offset;
      const a1 = row1 + offset;
      let w0 = v128.load(w);
      let w1 = v128.load(w, 16);
      let v = v128.load32_splat(a0);
      const p00 = dot(v, w0);
      const p01 = dot(v, w1);
      v = v128.load32_splat(a1);
      const p10 = dot(v, w0);
      const p11 = dot(v, w1);
      w0 = v128.load(w, 32);
      w1 = v128.load(w, 48);
      v = v128.load32_splat(a0, 4);
      s00 = widenAdd(s00, dotAdd(p00, v, w0), ones);
      s01 = widenAdd(s01, dotAdd(p01, v, w1), ones);
      v = v128.load32_splat(a1, 4);
      s10 = widenAdd(s10, dotAdd(p10, v, w0), ones);
      s11 = widenAdd(s11, dotAdd(p11, v, w1), ones);
    }
    const out = block.out;
    finish(block.levelTable, block.levels, load<usize>(t, 4) + out, load<usize>(t, 12) + out, s00, s01, s10, s11);
  }
  return twoWeights + ((<usize>load<u32>(counts, 8)) << 4);
}
