/** Sums, and gains and shifts by constants. */

import { broadcast } from "../../form/broadcast.ts";
import { addConstant, type Form, isIdentity, scale, scalePositions, sum } from "../../form/form.ts";
import { type Layout, reshape } from "../../form/layout.ts";
import type { GraphNode } from "../../onnx/node.ts";
import type { Tensor } from "../../onnx/tensor.ts";
import { Refusal } from "../../refusal.ts";
import type { Builder } from "../builder.ts";
import { combine, UNLIKE_AXES } from "../combine.ts";

/** Positions that a gain of its own for every position is supported for. */
const MOST_POSITIONS = 256;

/**
 * Add: tensors of one shape, or one tensor and a constant that broadcasts to it.
 * @throws Refusal where a tensor would be broadcast, or the axes of two lie differently
 */
export function add(node: GraphNode, builder: Builder): void {
  addScaled(node, builder, [1, 1]);
}

/** Sub, as `add`. */
export function subtract(node: GraphNode, builder: Builder): void {
  addScaled(node, builder, [1, -1]);
}

/** Sum of any number of operands, as `add`. */
export function sumAll(node: GraphNode, builder: Builder): void {
  addScaled(
    node,
    builder,
    node.inputs.map(() => 1),
  );
}

/** Mean of any number of operands, as `add`. */
export function meanOfAll(node: GraphNode, builder: Builder): void {
  addScaled(
    node,
    builder,
    node.inputs.map(() => 1 / node.inputs.length),
  );
}

/** Neg. */
export function negate(node: GraphNode, builder: Builder): void {
  addScaled(node, builder, [-1]);
}

/** Σ sign·operand, constants and tensors in any order. */
function addScaled(node: GraphNode, builder: Builder, signs: readonly number[]): void {
  const [result] = node.outputs;
  const dims = builder.graph.dims(result);
  const tensors = node.inputs.filter((name) => builder.has(name));
  const combined = combine(builder, tensors, dims);
  if (!combined) throw new Refusal(UNLIKE_AXES);
  const { forms, layout } = combined;
  let k = 0;
  let total: Form | null = null;
  const constants: { tensor: Tensor; sign: number }[] = [];
  node.inputs.forEach((name, position) => {
    const sign = signs[position];
    if (builder.has(name)) {
      const form = forms[k++];
      const signed = sign === 1 ? form : scale(form, new Float64Array(form.channels).fill(sign));
      total = total ? sum([total, signed]) : signed;
    } else constants.push({ tensor: builder.constant(name, "its operand"), sign });
  });
  let form = total! as Form;
  for (const { tensor, sign } of constants) {
    form = addConstant(
      form,
      broadcast(tensor, form, layout).map((v) => v * sign),
    );
  }
  builder.set(result, builder.held(result, form, layout));
}

/**
 * Mul by a constant, on either side, that broadcasts to the operand.
 * @throws Refusal for a factor that enlarges the operand, or one per position on a large map
 */
export function multiply(node: GraphNode, builder: Builder): void {
  const [left, right] = node.inputs;
  const factor = builder.graph.constant(right) ?? builder.constant(left, "each of its operands");
  multiplyBy(builder, builder.graph.constant(right) ? left : right, factor, node.outputs[0]);
}

/** Div by a constant, as `multiply`; a divisor of zero gives weights that the network is refused for. */
export function divide(node: GraphNode, builder: Builder): void {
  const [left, right] = node.inputs;
  const divisor = builder.constant(right, "its divisor");
  multiplyBy(
    builder,
    left,
    { dims: divisor.dims, data: Float64Array.from(divisor.data, (v) => 1 / v) },
    node.outputs[0],
  );
}

function multiplyBy(builder: Builder, operand: string, factor: Tensor, result: string): void {
  const layout = fitted(builder, operand, result);
  const { form } = builder.value(operand);
  const gain = broadcast(factor, form, layout);
  builder.set(result, builder.held(result, scaled(builder, operand, form, gain), layout));
}

/** The operand's layout under the rank of the result. */
function fitted(builder: Builder, operand: string, result: string): Layout {
  const layout = reshape(builder.value(operand).layout, builder.graph.dims(result));
  if (!layout) throw new Refusal("a constant enlarges its other operand; one that fits in is supported");
  return layout;
}

function scaled(builder: Builder, operand: string, form: Form, gain: Float64Array): Form {
  if (gain.length === form.channels) return scale(form, gain);
  if (form.height * form.width > MOST_POSITIONS) {
    throw new Refusal(
      `its factor differs between ${form.height}×${form.width} positions; a factor per channel, or up to ${MOST_POSITIONS} positions, is supported`,
    );
  }
  const carried = form.terms.every(isIdentity) ? form : builder.materialise(operand).form;
  return scalePositions(carried, gain);
}

/**
 * BatchNormalization with statistics `[C]` that are constants: a gain and a shift per channel.
 * @throws Refusal in training mode or with spatial = 0
 */
export function batchNormalization(node: GraphNode, builder: Builder): void {
  const [operand, ...names] = node.inputs;
  const [result] = node.outputs;
  if (node.int("training_mode", 0) !== 0) throw new Refusal("is in training mode; inference is supported");
  if (node.int("spatial", 1) !== 1) throw new Refusal("has spatial = 0; statistics per channel are supported");
  const [gamma, beta, mean, variance] = names.map((name) => builder.constant(name, "a parameter").data);
  const epsilon = node.float("epsilon", 1e-5);
  const gain = Float64Array.from(gamma, (g, c) => g / Math.sqrt(variance[c] + epsilon));
  const shift = Float64Array.from(beta, (b, c) => b - mean[c] * gain[c]);
  const { form, layout } = builder.value(operand);
  const perChannel = (data: Float64Array): Tensor => ({
    dims: [data.length, ...layout.dims.slice(2).map(() => 1)],
    data,
  });
  const multiplied = scaled(builder, operand, form, broadcast(perChannel(gain), form, layout));
  const moved = addConstant(multiplied, broadcast(perChannel(shift), form, layout));
  builder.set(result, builder.held(result, moved, layout));
}
