/** Widens rarer float types to single precision. */

import { onnx } from "./schema/onnx.js";
import { isFloatType, readTensor } from "./tensor.ts";

const { DataType } = onnx.TensorProto;

/**
 * Turns every half, brain and double precision float of a model into single precision, in place: weights keep their
 * values (doubles are rounded), and the execution then needs no kernels for the rarer types. Many numbers that are listed one
 * by one become raw bytes, which take half the memory.
 */
export function toSinglePrecision(graph: onnx.IGraphProto): void {
  for (const tensor of graph.initializer ?? []) widenTensor(tensor);
  for (const value of [...(graph.input ?? []), ...(graph.output ?? []), ...(graph.valueInfo ?? [])]) {
    const type = value.type?.tensorType;
    if (type && isFloatType(type.elemType ?? 0)) type.elemType = DataType.FLOAT;
  }
  for (const node of graph.node ?? []) {
    for (const attribute of node.attribute ?? []) {
      if (attribute.t) widenTensor(attribute.t);
      const names = attribute.name === "to" || attribute.name === "dtype";
      if (names && isFloatType(Number(attribute.i))) attribute.i = DataType.FLOAT;
    }
  }
}

/** Numbers listed one by one that are many. */
const MANY = 1 << 18;

function widenTensor(tensor: onnx.ITensorProto): void {
  const type = tensor.dataType ?? 0;
  if (!isFloatType(type) || (type === DataType.FLOAT && (tensor.floatData?.length ?? 0) < MANY)) return;
  const { data } = readTensor(tensor, tensor.name ?? "");
  const single = Float32Array.from(data);
  tensor.dataType = DataType.FLOAT;
  tensor.rawData = new Uint8Array(single.buffer);
  tensor.floatData = [];
  tensor.int32Data = [];
  tensor.doubleData = [];
}
