/** Products with a constant matrix: Gemm and MatMul. */

import { broadcast } from "../../form/broadcast.ts";
import { addConstant } from "../../form/form.ts";
import { transpose } from "../../form/layout.ts";
import type { GraphNode } from "../../onnx/node.ts";
import { Refusal } from "../../refusal.ts";
import type { AxisWindows } from "../axes.ts";
import type { Builder } from "../builder.ts";
import { applyWeights } from "../weights.ts";

/**
 * Gemm: alpha·A·B + beta·C with constant B and C.
 * @throws Refusal for a computed matrix
 */
export function gemm(node: GraphNode, builder: Builder): void {
  const [, weightName, biasName] = node.inputs;
  const [result] = node.outputs;
  let [operand] = node.inputs;
  if (node.int("transA", 0) !== 0) {
    const turned = builder.graph.derive("Transpose", [operand]);
    builder.relabel(operand, turned, transpose(builder.value(operand).layout, [1, 0]));
    operand = turned;
  }
  const weight = builder.constant(weightName, "its second operand");
  const transposed = node.int("transB", 0) !== 0;
  const [outputs, inputs] = transposed ? weight.dims : weight.dims.toReversed();
  const alpha = node.float("alpha", 1);
  const data = alpha === 1 ? weight.data : weight.data.map((w) => w * alpha);
  const strides = transposed ? ([inputs, 1, 1] as const) : ([1, outputs, 1] as const);
  const dims = builder.graph.dims(result);
  applyWeights(
    builder,
    operand,
    {
      channelAxis: 1,
      ...positionwise(builder.value(operand).layout.dims, 1),
      outputs,
      groups: 1,
      data,
      strides,
      bias: null,
      dims,
    },
    result,
  );
  if (biasName) {
    const bias = builder.constant(biasName, "its bias");
    const beta = node.float("beta", 1);
    const { form, layout } = builder.value(result);
    const constant = broadcast(bias, form, layout).map((v) => v * beta);
    builder.set(result, builder.held(result, addConstant(form, constant), layout));
  }
}

/**
 * MatMul: a product with one constant matrix on either side.
 * @throws Refusal for two tensors, a batch of matrices, or a tensor of more than two axes of space
 */
export function matMul(node: GraphNode, builder: Builder): void {
  const [left, right] = node.inputs;
  const [result] = node.outputs;
  const fromRight = builder.graph.constant(right);
  const matrix = fromRight ?? builder.constant(left, "each of its operands");
  const operand = fromRight ? left : right;
  const operandDims = builder.graph.dims(operand);
  const matrixDims = matrix.dims.length === 1 ? (fromRight ? [...matrix.dims, 1] : [1, ...matrix.dims]) : matrix.dims;
  if (matrixDims.slice(0, -2).some((n) => n !== 1)) {
    throw new Refusal(`multiplies by a batch of matrices [${matrix.dims}]; one matrix is supported`);
  }
  const [rows, columns] = matrixDims.slice(-2);
  const rank = operandDims.length;
  const channelAxis = fromRight || rank === 1 ? rank - 1 : rank - 2;
  const outputs = fromRight ? columns : rows;
  const strides = fromRight ? ([1, columns, 1] as const) : ([columns, 1, 1] as const);
  const dims = builder.graph.dims(result);
  const full = operandDims.map((n, k) => (k === channelAxis ? outputs : n));
  if (full.filter((n) => n > 1).join() !== dims.filter((n) => n > 1).join()) {
    throw new Refusal(`broadcasts [${operandDims}] to [${dims}]; a product of the operand's own shape is supported`);
  }
  applyWeights(
    builder,
    operand,
    {
      channelAxis,
      ...positionwise(operandDims, channelAxis),
      outputs,
      groups: 1,
      data: matrix.data,
      strides,
      bias: null,
      dims: full,
    },
    result,
  );
  builder.reshape(result, dims);
}

/** All axes but one, where larger than 1, as axes of space that the product leaves alone. */
export function positionwise(
  dims: readonly number[],
  channelAxis: number,
): { spatialAxes: number[]; windows: readonly AxisWindows[] } {
  const spatialAxes = dims.flatMap((size, k) => (k !== channelAxis && size > 1 ? [k] : []));
  if (spatialAxes.length > 2) throw new Refusal(`its operand has the shape [${dims}]; two axes of space are supported`);
  const windows = spatialAxes.map((k) => ({ kernel: 1, stride: 1, dilation: 1, begin: 0, size: dims[k] }));
  return { spatialAxes, windows };
}
