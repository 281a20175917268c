/** Reads the windows of Conv and pooling nodes. */

import type { GraphNode } from "../../onnx/node.ts";
import type { AxisWindows } from "../axes.ts";

/** Windows along one axis, with the padding at both ends. */
export interface PaddedWindows extends AxisWindows {
  readonly end: number;
}

/**
 * Windows of a Conv or pooling node along its spatial axes.
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
      const total = Math.max(0, (output[k] - 1) * stride + (size - 1) * dilation + 1 - input[k]);
      const less = Math.floor(total / 2);
      begin = auto === "SAME_UPPER" ? less : total - less;
      end = total - begin;
    } else if (auto !== "VALID" && pads) {
      begin = pads[k];
      end = pads[k + kernel.length];
    }
    return { kernel: size, stride, dilation, begin, end, size: output[k] };
  });
}
