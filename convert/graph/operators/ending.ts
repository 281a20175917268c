/** Operators that are left out at an output. */

import type { GraphNode } from "../../onnx/node.ts";
import type { Builder, GraphFacts } from "../builder.ts";

/** Functions that keep the order of values, and the choice of the largest: left out where they end the graph. */
export const ENDINGS: ReadonlySet<string> = new Set(["Softmax", "LogSoftmax", "Sigmoid", "Tanh", "ArgMax"]);

/** Operators that an output may still pass through after what is left out. */
const PASSING: ReadonlySet<string> = new Set([
  ...["Identity", "Dropout", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Cast"],
]);

/** An operator at an output that is left out: the output is what it was applied to. */
export function ending(node: GraphNode, builder: Builder): void {
  builder.noteLeftOut(node);
  builder.set(node.outputs[0], { ...builder.value(node.inputs[0]), ended: true });
}

/** True where a tensor reaches outputs only, through operators that pass it on or are left out. */
export function endsIn(tensor: string, graph: Pick<GraphFacts, "consumers">): boolean {
  return graph.consumers(tensor).every(({ op, outputs }) => {
    const passes = PASSING.has(op) || ENDINGS.has(op) || op === "Concat";
    return passes && outputs.every((out) => out === "" || endsIn(out, graph));
  });
}
