/** Operators that give the same elements under another name or shape. */

import { transpose as permute } from "../../form/layout.ts";
import type { GraphNode } from "../../onnx/node.ts";
import { Refusal } from "../../refusal.ts";
import type { Builder } from "../builder.ts";

/** Identity, and what else passes on its operand: the same tensor under another name. */
export function passOn(node: GraphNode, builder: Builder): void {
  builder.relabel(node.inputs[0], node.outputs[0], builder.value(node.inputs[0]).layout);
}

/**
 * Dropout outside training: the same tensor.
 * @throws Refusal in training mode, or where its mask is read
 */
export function dropout(node: GraphNode, builder: Builder): void {
  if (node.outputs[1] && builder.graph.consumers(node.outputs[1]).length > 0) {
    throw new Refusal("gives its mask; its values are supported");
  }
  const training = node.inputs[2] ? builder.constant(node.inputs[2], "its training mode").data[0] : 0;
  if (training) throw new Refusal("is in training mode; inference is supported");
  passOn(node, builder);
}

/**
 * Cast to a float type: the same tensor.
 * @throws Refusal for integer types
 */
export function cast(node: GraphNode, builder: Builder): void {
  // Half and double precision were turned into single when the model was read.
  if (node.int("to", 1) !== 1)
    throw new Refusal("makes integers of values that depend on the input; floats are supported");
  passOn(node, builder);
}

/** Reshape, Flatten, Squeeze, Unsqueeze: the same elements in the same order under the shape that the run showed. */
export function reshape(node: GraphNode, builder: Builder): void {
  passOn(node, builder);
  builder.reshape(node.outputs[0], builder.graph.dims(node.outputs[0]));
}

/** Transpose: the same elements with the axes in another order. */
export function transpose(node: GraphNode, builder: Builder): void {
  const { layout } = builder.value(node.inputs[0]);
  const order = node.ints("perm") ?? layout.dims.map((_, k) => layout.dims.length - 1 - k);
  builder.relabel(node.inputs[0], node.outputs[0], permute(layout, order));
}
