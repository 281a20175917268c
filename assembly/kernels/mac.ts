/** Multiplies pairs of values by pairs of weights, all int16, and adds. Exact: a pair's sum fits 32 bits. */
// @ts-ignore: decorator
@inline
export function mac(sum: v128, values: v128, weights: v128): v128 {
  return i32x4.add(sum, i32x4.dot_i16x8_s(values, weights));
}
