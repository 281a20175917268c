/**
 * The attainable peak: the dot and add of the period kernels on registers alone, in independent chains. Every step of a chain needs
 * the one before it, so no compiler can take work out of the loop or leave it out. The relaxed dot is the one into 16 bits, widened by
 * a dot with ones: on x86-64 without AVX-VNNI that is faster than the one instruction into 32 bits, for which V8 builds a constant
 * each time.
 */

const operands: usize = memory.data<u8>([
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32,
]);

// @ts-ignore: decorator
@inline
function mac(sum: v128, weights: v128, levels: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD
    ? i32x4.add(sum, i32x4.dot_i16x8_s(i16x8.relaxed_dot_i8x16_i7x16_s(weights, sum), levels))
    : i32x4.add(sum, i32x4.dot_i16x8_s(sum, weights));
}

/** As many as fit the registers: the relaxed dot needs one more of them for itself. */
const CHAINS: i32 = ASC_FEATURE_RELAXED_SIMD ? 12 : 13;

/** Multiply-accumulates of one step: chains × products of an instruction. */
export const macsPerStep: i32 = CHAINS * (ASC_FEATURE_RELAXED_SIMD ? 16 : 8);

/** Makes `steps` steps of every chain; the result means nothing but depends on all of them. */
export function run(steps: i32): i32 {
  const weights = v128.load(operands);
  const levels = v128.load(operands, 16);
  let a = v128.load8_splat(operands, 0);
  let b = v128.load8_splat(operands, 1);
  let c = v128.load8_splat(operands, 2);
  let d = v128.load8_splat(operands, 3);
  let e = v128.load8_splat(operands, 4);
  let f = v128.load8_splat(operands, 5);
  let g = v128.load8_splat(operands, 6);
  let h = v128.load8_splat(operands, 7);
  let i = v128.load8_splat(operands, 8);
  let j = v128.load8_splat(operands, 9);
  let k = v128.load8_splat(operands, 10);
  let l = v128.load8_splat(operands, 11);
  let m = v128.load8_splat(operands, 12);
  for (; steps > 0; steps--) {
    a = mac(a, weights, levels);
    b = mac(b, weights, levels);
    c = mac(c, weights, levels);
    d = mac(d, weights, levels);
    e = mac(e, weights, levels);
    f = mac(f, weights, levels);
    g = mac(g, weights, levels);
    h = mac(h, weights, levels);
    i = mac(i, weights, levels);
    j = mac(j, weights, levels);
    k = mac(k, weights, levels);
    l = mac(l, weights, levels);
    if (CHAINS > 12) m = mac(m, weights, levels);
  }
  const abcd = v128.xor(v128.xor(a, b), v128.xor(c, d));
  const efgh = v128.xor(v128.xor(e, f), v128.xor(g, h));
  const ijkl = v128.xor(v128.xor(i, j), v128.xor(k, l));
  return i32x4.extract_lane(v128.xor(v128.xor(abcd, efgh), v128.xor(ijkl, m)), 0);
}
