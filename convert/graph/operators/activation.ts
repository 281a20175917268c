/** Rectifications, and what is made of them: Clip, Max and Min. */

import { addConstant, isNonNegative } from "../../form/form.ts";
import type { GraphNode } from "../../onnx/node.ts";
import type { Tensor } from "../../onnx/tensor.ts";
import { Refusal } from "../../refusal.ts";
import type { Builder } from "../builder.ts";
import { weightedSum } from "./affine.ts";

/** Relu: the operand becomes a bistable population, with the ceiling of a Clip or Min that alone reads the result. */
export function relu(node: GraphNode, builder: Builder): void {
  rectify(node, builder, node.inputs[0], laterCeiling(node, builder));
}

/**
 * Clip to constant bounds: a ReLU with a ceiling, of values moved by the lower bound.
 * @throws Refusal for computed bounds, or bounds that leave one value
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

/** Max of tensors and constants, broadcast to one shape: max(a, b) = a + relu(b − a). */
export function maximum(node: GraphNode, builder: Builder): void {
  extreme(node, builder, 1);
}

/** Min, as `maximum`: min(a, b) = a − relu(a − b). */
export function minimum(node: GraphNode, builder: Builder): void {
  extreme(node, builder, -1);
}

/** Operands of a Max or Min: each is compared one layer deeper, and read by all the layers behind it. */
const MOST_OPERANDS = 64;

type Bounds = readonly [low: number, high: number];

/** @param sign 1 for the largest, −1 for the smallest */
function extreme(node: GraphNode, builder: Builder, sign: 1 | -1): void {
  const [result] = node.outputs;
  const limit = withNumber(node, builder);
  if (limit) {
    const { operand, bound } = limit;
    rectifyBetween(
      node,
      builder,
      operand,
      sign > 0 ? [bound, Number.POSITIVE_INFINITY] : [Number.NEGATIVE_INFINITY, bound],
    );
    return;
  }
  // Constants first, so that what a tensor is compared with is read once.
  const tensors = node.inputs.filter((name) => builder.has(name));
  const constants = node.inputs
    .filter((name) => !builder.has(name))
    .map((name) => builder.constant(name, "an operand"));
  let [current] = tensors;
  const others = [...constants, ...tensors.slice(1)];
  if (others.length >= MOST_OPERANDS) {
    throw new Refusal(`compares ${others.length + 1} operands one by one; up to ${MOST_OPERANDS} are supported`);
  }
  if (others.length === 0) {
    const { form, layout } = builder.value(current);
    builder.set(result, builder.held(result, form, layout));
  }
  others.forEach((other, k) => {
    const last = k === others.length - 1;
    const name = last ? result : builder.graph.derive(node.op, [current, other]);
    larger(builder, sign, current, other, name);
    current = name;
  });
}

/** The larger (or smaller) of a tensor and another or a constant, under a name. */
export function larger(builder: Builder, sign: 1 | -1, tensor: string, other: string | Tensor, result: string): void {
  const shape = (operand: string | Tensor) =>
    typeof operand === "string" ? builder.value(operand).layout.dims : operand.dims;
  const dims = broadcastShape(shape(tensor), shape(other));
  // A constant is what the difference is added to: it costs nothing.
  const [base, compared] = typeof other === "string" ? [tensor, other] : [other, tensor];
  const [from, to] = sign > 0 ? [compared, base] : [base, compared];
  const excess = builder.graph.derive("Sub", [from, to]);
  const { form, layout } = weightedSum(
    builder,
    [
      { operand: from, sign: 1 },
      { operand: to, sign: -1 },
    ],
    dims,
  );
  builder.set(excess, builder.held(excess, form, layout));
  const positive = builder.graph.derive("Relu", [excess]);
  builder.set(
    positive,
    builder.held(positive, builder.rectify(excess, Number.POSITIVE_INFINITY, positive), builder.value(excess).layout),
  );
  const total = weightedSum(
    builder,
    [
      { operand: base, sign: 1 },
      { operand: positive, sign },
    ],
    dims,
  );
  builder.set(result, builder.held(result, total.form, total.layout));
}

/** The shape that two are broadcast to. */
function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  const at = (dims: readonly number[], k: number) => dims[k - rank + dims.length] ?? 1;
  return Array.from({ length: rank }, (_, k) => Math.max(at(a, k), at(b, k)));
}

/**
 * A tensor between two bounds, one of which may be infinite.
 * @throws Refusal for bounds that leave one value
 */
export function rectifyBetween(node: GraphNode, builder: Builder, operand: string, [low, high]: Bounds): void {
  const [result] = node.outputs;
  const { form, layout } = builder.value(operand);
  if (low >= high) throw new Refusal(`limits values to [${low}, ${high}], which leaves one value; more are supported`);
  if (low === Number.NEGATIVE_INFINITY && high === Number.POSITIVE_INFINITY) {
    builder.set(result, builder.held(result, form, layout));
    return;
  }
  if ((low === 0 || (low < 0 && isNonNegative(form))) && high > 0) {
    rectify(node, builder, operand, ceilingOf(node, builder, high));
    return;
  }
  if (low === Number.NEGATIVE_INFINITY) {
    larger(builder, -1, operand, number(high), result);
    return;
  }
  const moved = derivedSum(builder, operand, -low);
  const above = builder.rectify(moved, high - low, moved);
  const { layout: placed } = builder.value(moved);
  const shift = new Float64Array(above.channels).fill(low);
  builder.set(result, builder.held(result, addConstant(above, shift), placed));
}

const number = (value: number): Tensor => ({ dims: [], data: Float32Array.of(value) });

/** A tensor plus a number, as a tensor of the graph. */
export function derivedSum(builder: Builder, tensor: string, addend: number): string {
  const name = builder.graph.derive("Add", [tensor, number(addend)]);
  const { form, layout } = builder.value(tensor);
  builder.set(name, builder.held(name, addConstant(form, new Float64Array(form.channels).fill(addend)), layout));
  return name;
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
    if (reader.op === "Clip") {
      const [low, high] = clipBounds(reader, builder);
      return low <= 0 ? positive(high) : Number.POSITIVE_INFINITY;
    }
    if (reader.op === "Min") return positive(withNumber(reader, builder)?.bound ?? Number.POSITIVE_INFINITY);
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

/** The one tensor and the one number of a Max or Min; null where it has others, or where they enlarge the tensor. */
function withNumber(node: GraphNode, builder: Builder): { operand: string; bound: number } | null {
  const constants = node.inputs.map((name) => builder.graph.constant(name));
  const operands = node.inputs.filter((_, k) => !constants[k]);
  const values = constants.flatMap((tensor) => (tensor ? [...tensor.data] : []));
  if (operands.length !== 1 || values.length === 0 || values.some((v) => v !== values[0])) return null;
  const same = builder.graph.dims(operands[0]).join() === builder.graph.dims(node.outputs[0]).join();
  return same ? { operand: operands[0], bound: values[0] } : null;
}
