/** Reads models that are fixed to a batch as what they do to one input. */

import { GraphNode } from "./node.ts";
import { onnx } from "./schema/onnx.js";
import { addConstant, constantReaders, once, toNumber } from "./tensor.ts";

/**
 * Turns reshapes to the batch that the input declares, `[N, …]`, into those of a batch of one, in place. As long as the batch is
 * the slowest axis they keep it so, and mean the same for every input of it; where a node transposes it away nothing is changed.
 */
export function unfixBatch(graph: onnx.IGraphProto): void {
  const initializers = new Map((graph.initializer ?? []).map((tensor) => [tensor.name ?? "", tensor]));
  const [input, ...others] = (graph.input ?? []).filter(({ name }) => !initializers.has(name ?? ""));
  const dims = input?.type?.tensorType?.shape?.dim ?? [];
  const batch = toNumber(dims[0]?.dimValue);
  // Of an input of fewer axes the first may be no batch.
  if (others.length > 0 || dims.length <= 3 || batch <= 1) return;
  const nodes = (graph.node ?? []).map((proto) => ({ proto, node: new GraphNode(proto) }));
  const dependent = new Set([input.name ?? ""]);
  const constants = new Map<string, () => ArrayLike<number> | undefined>();
  const reader = constantReaders();
  for (const [name, tensor] of initializers) {
    const read = reader(tensor, name);
    constants.set(name, () => read().data);
  }
  const found: { proto: onnx.INodeProto; shape: number[] }[] = [];
  for (const { proto, node } of nodes) {
    if (node.op === "Constant")
      constants.set(
        node.outputs[0],
        once(() => node.constant()?.data),
      );
    if (!node.inputs.some((name) => dependent.has(name))) continue;
    for (const name of node.outputs) dependent.add(name);
    if (node.op === "Transpose" && (node.ints("perm")?.[0] ?? -1) !== 0) return;
    if (node.op !== "Reshape") continue;
    const shape = Array.from(constants.get(node.inputs[1])?.() ?? []);
    // What is no shape is refused where it is read.
    if (shape.length > 1 && shape[0] === batch && shape.every(Number.isSafeInteger)) found.push({ proto, shape });
  }
  for (const [k, { proto, shape }] of found.entries()) {
    let name = `batch-of-one:${k}`;
    while (dependent.has(name) || constants.has(name)) name += ":";
    const one = BigInt64Array.from([1, ...shape.slice(1)], BigInt);
    const { INT64 } = onnx.TensorProto.DataType;
    addConstant(graph, { name, dims: [shape.length], dataType: INT64, rawData: new Uint8Array(one.buffer) });
    proto.input = [proto.input![0], name];
  }
}
