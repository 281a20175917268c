/** Refuses nodes for what they are, before shapes or values are known. */

import type { GraphNode } from "../onnx/node.ts";
import type { Problem } from "../refusal.ts";
import { ENDINGS, endedTensors, endNodes, follows } from "./operators/ending.ts";
import { OPERATORS } from "./operators/index.ts";

const ACTIVATION = "is not piecewise linear; inside the network Relu, LeakyRelu, Clip and their like are supported";
const RECURRENT = "is recurrent; feed-forward networks are supported";
const ATTENTION = "is attention; convolutions and dense layers with constant weights are supported";
const NORMALISATION = "normalises by statistics of its own input; BatchNormalization is supported";
const ENLARGES = "enlarges its input by indices; Resize and ConvTranspose are supported";
const QUANTISED =
  "computes with integers of computed weights, or that are not read as real numbers; constant weights are supported";

/** Operators that are known not to be supported, and why. */
export const REFUSED: ReadonlyMap<string, string> = new Map([
  ...["LSTM", "GRU", "RNN"].map((op) => [op, RECURRENT] as const),
  ...["Attention", "MultiHeadAttention", "RotaryEmbedding"].map((op) => [op, ATTENTION] as const),
  ...[
    ...["Elu", "Selu", "Celu", "Gelu", "HardSwish", "Mish", "Swish", "Erf"],
    ...["Softplus", "Softsign", "Exp", "Log", "Sqrt", "Pow", "Reciprocal", "Hardmax"],
    ...["ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceProd", "ReduceSumSquare"],
  ].map((op) => [op, ACTIVATION] as const),
  ...["LRN", "InstanceNormalization", "LayerNormalization", "GroupNormalization", "LpNormalization"].map(
    (op) => [op, NORMALISATION] as const,
  ),
  ["MaxUnpool", ENLARGES],
  ...[...["DynamicQuantizeLinear", "QLinearConv", "QLinearMatMul", "ConvInteger", "MatMulInteger"]].map(
    (op) => [op, QUANTISED] as const,
  ),
]);

/** Operators that multiply their first two operands. */
const PRODUCTS = new Set(["Mul", "Div", "MatMul", "Gemm", "Conv", "ConvTranspose"]);

/** What the checks see of the graph. */
interface DataPath {
  /** Nodes that depend on the input and reach an output. */
  readonly nodes: readonly GraphNode[];
  dependsOnInput(tensor: string): boolean;
  consumers(tensor: string): readonly GraphNode[];
}

/** Every node that can be refused for what it is, without knowing shapes or values. */
export function findProblems(path: DataPath): Problem[] {
  const ended = endedTensors(path.nodes, path);
  const ends = endNodes(path.nodes, path);
  const tails = tailNodes(path);
  return path.nodes.flatMap((node) => {
    if (follows(node, path) && node.inputs.every((name) => ended.has(name) || !path.dependsOnInput(name))) return [];
    const reason = problemOf(node, path, ends);
    const out = tails.has(node) ? wayOut(node, path) : "";
    return reason ? [{ node: node.name, op: node.op, reason: `${reason}${out}` }] : [];
  });
}

/** Operators with weights of their own: what they follow is no tail. */
const WEIGHTED = new Set(["Conv", "ConvTranspose", "Gemm", "MatMul"]);

/** Nodes that neither have weights of their own nor are followed by any that do. */
function tailNodes({ nodes, consumers }: DataPath): ReadonlySet<GraphNode> {
  const tails = new Set<GraphNode>();
  for (const node of nodes.toReversed()) {
    const isLast = node.outputs.every((tensor) => consumers(tensor).every((reader) => tails.has(reader)));
    if (isLast && !WEIGHTED.has(node.op)) tails.add(node);
  }
  return tails;
}

/** Where to end the model before a node that nothing but a tail follows. */
function wayOut(node: GraphNode, path: DataPath): string {
  const tensors = [...new Set(node.inputs.filter((name) => path.dependsOnInput(name)))];
  return ` (--outputs ${tensors.join(",")} ends the model before it)`;
}

function problemOf(node: GraphNode, path: DataPath, ends: ReadonlySet<GraphNode>): string | null {
  const { op, domain, inputs } = node;
  if (domain !== "") return `is of the operator domain '${domain}'; standard ONNX operators are supported`;
  if (node.hasSubgraph) return "is control flow; a graph without branches and loops is supported";
  if (!OPERATORS.has(op)) {
    return REFUSED.get(op) ?? `is not supported; supported are ${[...OPERATORS.keys()].join(", ")}`;
  }
  if (PRODUCTS.has(op) && inputs.length > 1 && inputs.slice(0, 2).every((name) => path.dependsOnInput(name))) {
    return "multiplies two tensors that depend on the input (as attention and gating do); a constant factor is supported";
  }
  if (ENDINGS.has(op) && !ends.has(node)) {
    return "is supported at an output only, where it is left out; inside the network Relu, Clip and their like are";
  }
  return null;
}
