import type { GraphNode } from "../../onnx/node.ts";
import type { Builder } from "../builder.ts";

/** Functions that keep the order of values, and the choice of the largest: left out where they end the graph. */
export const ENDINGS: ReadonlySet<string> = new Set(["Softmax", "LogSoftmax", "Sigmoid", "Tanh", "ArgMax"]);

/** An operator at an output that is left out: the output is what it was applied to. */
export function ending(node: GraphNode, builder: Builder): void {
  builder.notes.push(`${node.op} '${node.name}' left out: the output is what it is applied to`);
  builder.set(node.outputs[0], { ...builder.value(node.inputs[0]), ended: true });
}
