/** Activations that are linear on either side of one point or more: sums of rectifications. */

import { broadcast } from "../../form/broadcast.ts";
import { addConstant, type Form, scale, sum } from "../../form/form.ts";
import type { GraphNode } from "../../onnx/node.ts";
import type { Tensor } from "../../onnx/tensor.ts";
import { Refusal } from "../../refusal.ts";
import type { Builder } from "../builder.ts";
import { rectifyBetween } from "./activation.ts";
import { scaledForm } from "./affine.ts";

/** Abs: relu(x) + relu(−x). */
export function absolute(node: GraphNode, builder: Builder): void {
  const { on, off } = builder.halves(node.inputs[0]);
  finish(node, builder, sum([on, off]));
}

/** A new tensor of the absolute values of another, as `absolute`. @returns its name */
export function magnitudes(builder: Builder, operand: string): string {
  const name = builder.graph.derive("Abs", [operand]);
  const { on, off } = builder.halves(operand);
  builder.set(name, builder.held(name, sum([on, off]), builder.value(operand).layout));
  return name;
}

/** LeakyRelu: relu(x) − alpha·relu(−x). */
export function leakyRelu(node: GraphNode, builder: Builder): void {
  const { on, off } = builder.halves(node.inputs[0]);
  finish(node, builder, sum([on, times(off, -node.float("alpha", 0.01))]));
}

/**
 * PRelu with a constant slope that broadcasts to the operand, as `leakyRelu`.
 * @throws Refusal for a computed slope, or one per position on a large map
 */
export function pRelu(node: GraphNode, builder: Builder): void {
  const [operand, slopeName] = node.inputs;
  const slope = builder.constant(slopeName, "its slope");
  builder.identity(operand);
  const { on, off } = builder.halves(operand);
  const { layout } = builder.value(operand);
  const gain = broadcast(slope, off, layout).map((v) => -v);
  const { form } = scaledForm(off, gain, layout)!;
  finish(node, builder, sum([on, form]));
}

/** HardSigmoid: alpha·x + beta, between 0 and 1. */
export function hardSigmoid(node: GraphNode, builder: Builder): void {
  const [operand] = node.inputs;
  const alpha = node.float("alpha", 0.2);
  const beta = node.float("beta", 0.5);
  if (alpha === 0) throw new Refusal("gives one value for all (alpha = 0); another slope is supported");
  const number = (value: number): Tensor => ({ dims: [], data: Float32Array.of(value) });
  const { form, layout } = builder.value(operand);
  const line = builder.graph.derive("Add", [builder.graph.derive("Mul", [operand, number(alpha)]), number(beta)]);
  const moved = addConstant(times(form, alpha), new Float64Array(form.channels).fill(beta));
  builder.set(line, builder.held(line, moved, layout));
  rectifyBetween(node, builder, line, [0, 1]);
}

/**
 * Shrink towards zero by as much as its threshold (soft shrinkage): relu(x − lambd) − relu(−x − lambd).
 * @throws Refusal for another bias, where it jumps
 */
export function shrink(node: GraphNode, builder: Builder): void {
  const [operand] = node.inputs;
  const lambda = node.float("lambd", 0.5);
  if (node.float("bias", 0) !== lambda || lambda < 0) {
    throw new Refusal("jumps at its threshold; a bias of lambd is supported");
  }
  const number: Tensor = { dims: [], data: Float32Array.of(lambda) };
  const { form, layout } = builder.value(operand);
  const beyond = (sign: 1 | -1) => {
    const signed = sign > 0 ? operand : builder.graph.derive("Neg", [operand]);
    const name = builder.graph.derive("Sub", [signed, number]);
    const moved = addConstant(times(form, sign), new Float64Array(form.channels).fill(-lambda));
    builder.set(name, builder.held(name, moved, layout));
    return times(builder.rectify(name, Number.POSITIVE_INFINITY, name), sign);
  };
  finish(node, builder, sum([beyond(1), beyond(-1)]));
}

/**
 * ThresholdedRelu that does not jump: with a threshold of 0 it is a Relu.
 * @throws Refusal for another threshold
 */
export function thresholdedRelu(node: GraphNode, builder: Builder): void {
  const alpha = node.float("alpha", 1);
  if (alpha !== 0) throw new Refusal(`jumps from 0 to ${alpha} at its threshold; a threshold of 0 is supported`);
  rectifyBetween(node, builder, node.inputs[0], [0, Number.POSITIVE_INFINITY]);
}

const times = (form: Form, factor: number): Form => scale(form, new Float64Array(form.channels).fill(factor));

function finish(node: GraphNode, builder: Builder, form: Form): void {
  const [result] = node.outputs;
  builder.set(result, builder.held(result, form, builder.value(node.inputs[0]).layout));
}
