/** Broadcasts constants over forms. */

import type { Tensor } from "../onnx/tensor.ts";
import { Refusal } from "../refusal.ts";
import { compactMap, type Form } from "./form.ts";
import { type Layout, offsets, rowMajor } from "./layout.ts";

/**
 * A constant that is broadcast over a tensor, as a map over its form: `[C]`, or `[H][W][C]` where it depends on the position.
 * @param layout layout of the result, which has the rank of the broadcast
 * @throws Refusal where the constant is the larger of the two
 */
export function broadcast(tensor: Tensor, form: Form, layout: Layout): Float64Array {
  const missing = layout.dims.length - tensor.dims.length;
  if (missing < 0 || tensor.dims.some((size, k) => size !== 1 && size !== layout.dims[missing + k])) {
    throw new Refusal(`a constant of shape [${tensor.dims}] enlarges its other operand; one that fits in is supported`);
  }
  const strides = rowMajor(tensor.dims);
  const steps = layout.dims.map((_, k) => (k < missing || tensor.dims[k - missing] === 1 ? 0 : strides[k - missing]));
  const { h, w, c } = offsets(layout, steps, [form.height, form.width, form.channels]);
  const map = new Float64Array(h.length * w.length * c.length);
  let at = 0;
  for (const y of h) for (const x of w) for (const k of c) map[at++] = tensor.data[y + x + k];
  return compactMap(map, form.channels);
}
