/** Operators that are left out at an output. */

import type { GraphNode } from "../../onnx/node.ts";
import type { Builder, GraphFacts } from "../builder.ts";

/** Functions that keep the order of values, and the choice of the largest: left out where they end the graph. */
export const ENDINGS: ReadonlySet<string> = new Set([
  ...["Softmax", "LogSoftmax", "Sigmoid", "Tanh", "ArgMax", "TopK"],
]);

/** Operators on one tensor that are left out as well where they follow one of these. */
const FOLLOWING: ReadonlySet<string> = new Set([
  ...["Add", "Cast", "Ceil", "Clip", "Div", "Floor", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Log"],
  ...["Max", "Min", "Mul", "ReduceMax", "Round", "Sub"],
]);

/** Operators that an output may still pass through after what is left out. */
const PASSING: ReadonlySet<string> = new Set([
  ...["Identity", "Dropout", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Cast"],
]);

/** An operator at an output that is left out: the output is what it was applied to. */
export function ending(node: GraphNode, builder: Builder): void {
  leaveOut(node, node.inputs[0], builder);
}

/** Lets the results of a node stand for one of its operands. */
export function leaveOut(node: GraphNode, operand: string, builder: Builder): void {
  builder.noteLeftOut(node);
  const value = { ...builder.value(operand), ended: true };
  for (const result of node.outputs) if (result) builder.set(result, value);
}

/** What the checks of endings see of the graph. */
interface Readers {
  consumers(tensor: string): readonly GraphNode[];
  dependsOnInput(tensor: string): boolean;
}

/** True for an operator that is left out where its one tensor was left out before it. */
export function follows({ op, inputs }: GraphNode, { dependsOnInput }: Pick<Readers, "dependsOnInput">): boolean {
  return FOLLOWING.has(op) && new Set(inputs.filter(dependsOnInput)).size === 1;
}

/**
 * Nodes of which all that reads their results, from there on, is passed through or left out.
 * @param nodes in topological order
 */
export function endNodes(nodes: readonly GraphNode[], graph: Readers): ReadonlySet<GraphNode> {
  const ends = new Set<GraphNode>();
  const isLeftOut = (reader: GraphNode) => ends.has(reader) && (passes(reader) || follows(reader, graph));
  // From the last on, so that every reader is known before what it reads.
  for (const node of nodes.toReversed()) {
    if (node.outputs.every((tensor) => graph.consumers(tensor).every(isLeftOut))) ends.add(node);
  }
  return ends;
}

const passes = ({ op }: GraphNode): boolean => PASSING.has(op) || ENDINGS.has(op) || op === "Concat";

/** Tensors that are results of an ending, or of what follows one. */
export function endedTensors(nodes: readonly GraphNode[], graph: Readers): ReadonlySet<string> {
  const ends = endNodes(nodes, graph);
  const ended = new Set<string>();
  for (const node of nodes) {
    const tensors = node.inputs.filter(graph.dependsOnInput);
    const after = tensors.length > 0 && tensors.every((tensor) => ended.has(tensor));
    if (after || (ENDINGS.has(node.op) && ends.has(node))) for (const tensor of node.outputs) ended.add(tensor);
  }
  return ended;
}

/** True where a tensor reaches outputs only, through operators that pass it on or are left out. */
export function endsIn(tensor: string, graph: Pick<GraphFacts, "consumers">): boolean {
  const reached = new Set([tensor]);
  // A set is gone through in the order of its additions, with those made on the way.
  for (const name of reached) {
    for (const reader of graph.consumers(name)) {
      if (!passes(reader)) return false;
      for (const out of reader.outputs) if (out !== "") reached.add(out);
    }
  }
  return true;
}
