/** Rectifications: Relu, Clip, Max and Min. */

import { isNonNegative } from "../../form/form.ts";
import type { GraphNode } from "../../onnx/node.ts";
import { Refusal } from "../../refusal.ts";
import type { Builder } from "../builder.ts";

/** Relu: the operand becomes a bistable population, with the ceiling of a Clip or Min that alone reads the result. */
export function relu(node: GraphNode, builder: Builder): void {
  rectify(node, builder, node.inputs[0], laterCeiling(node, builder));
}

/**
 * Clip from zero or, for values that cannot be negative, from below: a ReLU with a ceiling.
 * @throws Refusal for other or computed bounds
 */
export function clip(node: GraphNode, builder: Builder): void {
  rectifyBetween(node, builder, node.inputs[0], clipBounds(node, builder));
}

/**
 * The ceiling up to which a Relu, or a Clip from a constant zero, rectifies its operand; null for any other node.
 * What such a node reads may be rectified, up to the same ceiling, before it is pooled.
 */
export function rectifiedUpTo(node: GraphNode, builder: Builder): number | null {
  if (node.op === "Relu") return laterCeiling(node, builder);
  if (node.op !== "Clip" || node.inputs.slice(1).some((name) => name && !builder.graph.constant(name))) return null;
  const [low, high] = clipBounds(node, builder);
  return low === 0 && high > 0 ? ceilingOf(node, builder, high) : null;
}

/**
 * Max of one tensor and one number: a ReLU where the number is zero.
 * @throws Refusal for two tensors, or a bound other than zero that the operand may reach
 */
export function maximum(node: GraphNode, builder: Builder): void {
  const { operand, bound } = withConstant(node, builder);
  rectifyBetween(node, builder, operand, [bound, Number.POSITIVE_INFINITY]);
}

/**
 * Min of one tensor and one number: a ceiling c > 0 on values that cannot be negative.
 * @throws Refusal for two tensors, or values that may be negative
 */
export function minimum(node: GraphNode, builder: Builder): void {
  const { operand, bound } = withConstant(node, builder);
  rectifyBetween(node, builder, operand, [Number.NEGATIVE_INFINITY, bound]);
}

type Bounds = readonly [low: number, high: number];

function rectifyBetween(node: GraphNode, builder: Builder, operand: string, [low, high]: Bounds): void {
  const { form, layout } = builder.value(operand);
  if (low === Number.NEGATIVE_INFINITY && high === Number.POSITIVE_INFINITY) {
    builder.set(node.outputs[0], builder.held(node.outputs[0], form, layout));
    return;
  }
  const rectifies = low === 0 || (low < 0 && isNonNegative(form));
  if (!rectifies || !(high > 0)) {
    throw new Refusal(`limits values to [${low}, ${high}]; [0, c] with c > 0 is supported, as in ReLU and ReLU6`);
  }
  rectify(node, builder, operand, ceilingOf(node, builder, high));
}

function rectify(node: GraphNode, builder: Builder, operand: string, ceiling: number): void {
  const [result] = node.outputs;
  const form = builder.rectify(operand, ceiling, result);
  builder.set(result, builder.held(result, form, builder.value(operand).layout));
}

const ceilingOf = (node: GraphNode, builder: Builder, high: number): number =>
  high === Number.POSITIVE_INFINITY ? laterCeiling(node, builder) : high;

/** The bound that the only reader of a rectification sets to it, so that both become one population. */
function laterCeiling(node: GraphNode, builder: Builder): number {
  const [result] = node.outputs;
  const readers = builder.graph.consumers(result);
  if (readers.length !== 1 || builder.graph.isOutput(result)) return Number.POSITIVE_INFINITY;
  const [reader] = readers;
  try {
    if (reader.op === "Clip") return positive(clipBounds(reader, builder)[1]);
    if (reader.op === "Min") return positive(withConstant(reader, builder).bound);
  } catch {
    // The reader itself is refused later, with its own reason.
  }
  return Number.POSITIVE_INFINITY;
}

const positive = (bound: number): number => (bound > 0 ? bound : Number.POSITIVE_INFINITY);

function clipBounds(node: GraphNode, builder: Builder): Bounds {
  const bound = (index: number, attribute: string, otherwise: number) => {
    const name = node.inputs[index];
    if (name) return builder.constant(name, `its bound '${attribute}'`).data[0];
    const value = node.float(attribute, otherwise);
    // Exporters write the largest float for "no bound".
    return Math.abs(value) > 3e38 ? otherwise : value;
  };
  return [bound(1, "min", Number.NEGATIVE_INFINITY), bound(2, "max", Number.POSITIVE_INFINITY)];
}

/** The one tensor and the one number of a Max or Min. */
function withConstant(node: GraphNode, builder: Builder): { operand: string; bound: number } {
  const constants = node.inputs.map((name) => builder.graph.constant(name));
  const operands = node.inputs.filter((_, k) => !constants[k]);
  const values = constants.flatMap((tensor) => (tensor ? [...tensor.data] : []));
  if (operands.length !== 1 || values.length === 0 || values.some((v) => v !== values[0])) {
    throw new Refusal("compares tensors; one tensor and one number are supported");
  }
  return { operand: operands[0], bound: values[0] };
}
