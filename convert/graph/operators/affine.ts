/** Sums, and gains and shifts by constants. */

import { broadcast } from "../../form/broadcast.ts";
import { addConstant, type Form, isIdentity, scale, scalePositions, sum } from "../../form/form.ts";
import type { Layout } from "../../form/layout.ts";
import type { GraphNode } from "../../onnx/node.ts";
import type { Tensor } from "../../onnx/tensor.ts";
import { Refusal } from "../../refusal.ts";
import type { Builder } from "../builder.ts";
import { combine, UNLIKE_AXES } from "../combine.ts";

/** Positions that a gain of its own for every position is supported for. */
const MOST_POSITIONS = 256;

/**
 * Add of tensors and constants, broadcast to one shape.
 * @throws Refusal where the axes of two tensors lie differently
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
  const operands = node.inputs.map((name, k) => ({
    operand: builder.has(name) ? name : builder.constant(name, "its operand"),
    sign: signs[k],
  }));
  const { form, layout } = weightedSum(builder, operands, builder.graph.dims(result));
  builder.set(result, builder.held(result, form, layout));
}

/**
 * Σ sign·operand over tensors, of which there is one at least, and constants, broadcast to a shape.
 * @throws Refusal where the axes of two lie differently
 */
export function weightedSum(
  builder: Builder,
  operands: readonly { readonly operand: string | Tensor; readonly sign: number }[],
  dims: readonly number[],
): { form: Form; layout: Layout } {
  const tensors = operands.flatMap(({ operand }) => (typeof operand === "string" ? [operand] : []));
  const combined = combine(builder, tensors, dims);
  if (!combined) throw new Refusal(UNLIKE_AXES);
  const { forms, layout } = combined;
  let k = 0;
  const signed: Form[] = [];
  for (const { operand, sign } of operands) {
    if (typeof operand !== "string") continue;
    const form = forms[k++];
    signed.push(sign === 1 ? form : scale(form, new Float64Array(form.channels).fill(sign)));
  }
  let form = sum(signed);
  for (const { operand, sign } of operands) {
    if (typeof operand === "string") continue;
    form = addConstant(
      form,
      broadcast(operand, form, layout).map((v) => v * sign),
    );
  }
  return { form, layout };
}

/**
 * Mul by a constant on either side.
 * @throws Refusal for one factor per position on a large map
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
  const { form, layout } = scaled(builder, operand, factor, builder.graph.dims(result));
  builder.set(result, builder.held(result, form, layout));
}

/**
 * A tensor, broadcast to a shape, times a constant that fits in.
 * @throws Refusal for one factor per position on a large map
 */
export function scaled(
  builder: Builder,
  operand: string,
  factor: Tensor,
  dims: readonly number[],
): { form: Form; layout: Layout } {
  const attempt = () => {
    const { form, layout } = weightedSum(builder, [{ operand, sign: 1 }], dims);
    return scaledForm(form, broadcast(factor, form, layout), layout);
  };
  const found = attempt();
  if (found) return found;
  builder.materialise(operand);
  return attempt()!;
}

/** The form times a gain per channel or position; null where it must become a population first. */
export function scaledForm(form: Form, gain: Float64Array, layout: Layout): { form: Form; layout: Layout } | null {
  if (gain.length === form.channels) return { form: scale(form, gain), layout };
  if (form.height * form.width > MOST_POSITIONS) {
    throw new Refusal(
      `its factor differs between ${form.height}×${form.width} positions; a factor per channel, or up to ${MOST_POSITIONS} positions, is supported`,
    );
  }
  return form.terms.every(isIdentity) ? { form: scalePositions(form, gain), layout } : null;
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
  const { dims } = builder.value(operand).layout;
  const perChannel = (data: Float64Array): Tensor => ({ dims: [data.length, ...dims.slice(2).map(() => 1)], data });
  const { form, layout } = scaled(builder, operand, perChannel(gain), dims);
  const moved = addConstant(form, broadcast(perChannel(shift), form, layout));
  builder.set(result, builder.held(result, moved, layout));
}
