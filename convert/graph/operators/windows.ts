/** Reads the windows of Conv and pooling nodes. */

import type { GraphNode } from "../../onnx/node.ts";
import type { AxisWindows } from "../axes.ts";

/** Windows along one axis, with the padding at both ends. */
export interface PaddedWindows extends AxisWindows {
  readonly end: number;
}

/**
 * Windows of a Conv or pooling node along its spatial axes. Padding by `auto_pad` is as onnxruntime has it: that of pooling does
 * not count the dilation, and crops where strides leave a rest.
 * @param input sizes of the operand along these axes
 * @param output sizes of the result, as executed
 */
export function axisWindows(
  node: GraphNode,
  kernel: readonly number[],
  input: readonly number[],
  output: readonly number[],
): PaddedWindows[] {
  const strides = node.ints("strides");
  const dilations = node.ints("dilations");
  const pads = node.ints("pads");
  const auto = node.string("auto_pad", "NOTSET");
  return kernel.map((size, k) => {
    const stride = strides?.[k] ?? 1;
    const dilation = dilations?.[k] ?? 1;
    let begin = 0;
    let end = 0;
    if (auto === "SAME_UPPER" || auto === "SAME_LOWER") {
      const missing = (extent: number) => (Math.ceil(input[k] / stride) - 1) * stride + extent - input[k];
      const total = node.op === "Conv" ? Math.max(0, missing((size - 1) * dilation + 1)) : missing(size);
      begin = Math.trunc((auto === "SAME_UPPER" ? total : total + 1) / 2);
      end = total - begin;
    } else if (auto !== "VALID" && pads) {
      begin = pads[k];
      end = pads[k + kernel.length];
    }
    return { kernel: size, stride, dilation, begin, end, size: output[k] };
  });
}
