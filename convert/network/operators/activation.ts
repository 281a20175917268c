import type { GraphNode } from "../../onnx/node.ts";
import type { Builder } from "../builder.ts";
import { isNonNegative } from "../form.ts";
import { Refusal } from "../refusal.ts";

export function relu(node: GraphNode, builder: Builder): void {
  rectify(node, builder, node.inputs[0], laterCeiling(node, builder));
}

/** Clip from zero or, for values that cannot be negative, from below: a ReLU with a ceiling. */
export function clip(node: GraphNode, builder: Builder): void {
  const [low, high] = clipBounds(node, builder);
  rectifyBetween(node, builder, node.inputs[0], low, high);
}

/** True for a Relu, and for a Clip whose lower bound is a constant zero: max(0, x) first changes nothing for them. */
export function rectifiesAtZero(node: GraphNode, builder: Builder): boolean {
  if (node.op === "Relu") return true;
  if (node.op !== "Clip" || (node.inputs[1] && !builder.graph.constant(node.inputs[1]))) return false;
  return lowerBound(node, builder) === 0;
}

export function maximum(node: GraphNode, builder: Builder): void {
  const { operand, bound } = withConstant(node, builder);
  rectifyBetween(node, builder, operand, bound, Number.POSITIVE_INFINITY);
}

export function minimum(node: GraphNode, builder: Builder): void {
  const { operand, bound } = withConstant(node, builder);
  rectifyBetween(node, builder, operand, Number.NEGATIVE_INFINITY, bound);
}

function rectifyBetween(node: GraphNode, builder: Builder, operand: string, low: number, high: number): void {
  const { form, layout } = builder.value(operand);
  if (low === Number.NEGATIVE_INFINITY && high === Number.POSITIVE_INFINITY) {
    builder.set(node.outputs[0], builder.held(node.outputs[0], form, layout));
    return;
  }
  const rectifies = low === 0 || (low < 0 && isNonNegative(form));
  if (!rectifies || !(high > 0)) {
    throw new Refusal(`limits values to [${low}, ${high}]; [0, c] with c > 0 is supported, as in ReLU and ReLU6`);
  }
  rectify(
    node,
    builder,
    operand,
    Math.min(high, high === Number.POSITIVE_INFINITY ? laterCeiling(node, builder) : high),
  );
}

function rectify(node: GraphNode, builder: Builder, operand: string, ceiling: number): void {
  const [result] = node.outputs;
  const form = builder.rectify(operand, ceiling, result);
  builder.set(result, builder.held(result, form, builder.value(operand).layout));
}

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

const clipBounds = (node: GraphNode, builder: Builder): [low: number, high: number] => [
  lowerBound(node, builder),
  bound(node, builder, 2, "max", Number.POSITIVE_INFINITY),
];

const lowerBound = (node: GraphNode, builder: Builder): number =>
  bound(node, builder, 1, "min", Number.NEGATIVE_INFINITY);

function bound(node: GraphNode, builder: Builder, index: number, attribute: string, otherwise: number): number {
  const name = node.inputs[index];
  if (name) return builder.constant(name, `its bound '${attribute}'`).data[0];
  const value = node.float(attribute, otherwise);
  // Exporters write the largest float for "no bound".
  return Math.abs(value) > 3e38 ? otherwise : value;
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
