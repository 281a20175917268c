/** Convolutions with constant weights: Conv. */

import type { GraphNode } from "../../onnx/node.ts";
import type { Builder } from "../builder.ts";
import { applyWeights } from "../weights.ts";
import { axisWindows } from "./windows.ts";

/**
 * Conv along one or two axes, any stride, dilation, padding and groups, with constant weights `[O][I/groups][taps…]`
 * and bias `[O]`.
 * @throws Refusal for computed weights, or windows along more axes
 */
export function conv(node: GraphNode, builder: Builder): void {
  const [operand, weightName, biasName] = node.inputs;
  const [result] = node.outputs;
  const weight = builder.constant(weightName, "its weight");
  const bias = biasName ? Float64Array.from(builder.constant(biasName, "its bias").data) : null;
  const [outputs, inputs, ...kernel] = weight.dims;
  const taps = kernel.reduce((product, n) => product * n, 1);
  const dims = builder.graph.dims(result);
  const spatialAxes = kernel.map((_, k) => k + 2);
  applyWeights(
    builder,
    operand,
    {
      channelAxis: 1,
      spatialAxes,
      windows: axisWindows(node, kernel, builder.graph.dims(operand).slice(2), dims.slice(2)),
      outputs,
      groups: node.int("group", 1),
      data: weight.data,
      strides: [inputs * taps, taps, 1],
      bias,
      dims,
    },
    result,
  );
}
