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

/** True where all that reads a node's results, from an ending on, is passed through or left out. */
export function isEnd(node: GraphNode, graph: Readers): boolean {
  return node.outputs.every((tensor) =>
    graph.consumers(tensor).every((reader) => {
      const passes = PASSING.has(reader.op) || ENDINGS.has(reader.op) || reader.op === "Concat";
      return (passes || follows(reader, graph)) && isEnd(reader, graph);
    }),
  );
}

/** Tensors that are results of an ending, or of what follows one. */
export function endedTensors(nodes: readonly GraphNode[], graph: Readers): ReadonlySet<string> {
  const ended = new Set<string>();
  for (const node of nodes) {
    const tensors = node.inputs.filter(graph.dependsOnInput);
    const after = tensors.length > 0 && tensors.every((tensor) => ended.has(tensor));
    if (after || (ENDINGS.has(node.op) && isEnd(node, graph))) for (const tensor of node.outputs) ended.add(tensor);
  }
  return ended;
}

/** True where a tensor reaches outputs only, through operators that pass it on or are left out. */
export function endsIn(tensor: string, graph: Pick<GraphFacts, "consumers">): boolean {
  return graph.consumers(tensor).every(({ op, outputs }) => {
    const passes = PASSING.has(op) || ENDINGS.has(op) || op === "Concat";
    return passes && outputs.every((out) => out === "" || endsIn(out, graph));
  });
}
