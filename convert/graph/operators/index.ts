/** Which function expresses which ONNX operator; docs/operators.md is the page of it. */

import type { GraphNode } from "../../onnx/node.ts";
import type { Builder } from "../builder.ts";
import { clip, maximum, minimum, relu } from "./activation.ts";
import { add, batchNormalization, divide, meanOfAll, multiply, negate, subtract, sumAll } from "./affine.ts";
import { concat, gather, pad, slice, split } from "./arrange.ts";
import { conv } from "./convolution.ts";
import { gemm, matMul } from "./dense.ts";
import { ENDINGS, ending } from "./ending.ts";
import {
  averagePoolNode,
  globalAveragePool,
  globalMaxPool,
  maxPool,
  reduceMax,
  reduceMean,
  reduceSum,
} from "./pooling.ts";
import { cast, dropout, passOn, reshape, transpose, unchanged } from "./relabel.ts";

/** Sets the outputs of a node in the builder; throws a `Refusal` for what cannot be expressed. */
type Operator = (node: GraphNode, builder: Builder) => void;

/** Operators of the ONNX domain on tensors that depend on the input. */
export const OPERATORS: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ["Add", add],
  ["AveragePool", averagePoolNode],
  ["BatchNormalization", batchNormalization],
  ["Cast", cast],
  ["Clip", clip],
  ["Concat", concat],
  ["Conv", conv],
  ["Div", divide],
  ["Dropout", dropout],
  ["Expand", unchanged],
  ["Flatten", reshape],
  ["Gather", gather],
  ["Gemm", gemm],
  ["GlobalAveragePool", globalAveragePool],
  ["GlobalMaxPool", globalMaxPool],
  ["Identity", passOn],
  ["MatMul", matMul],
  ["Max", maximum],
  ["MaxPool", maxPool],
  ["Mean", meanOfAll],
  ["Min", minimum],
  ["Mul", multiply],
  ["Neg", negate],
  ["Pad", pad],
  ["ReduceMax", reduceMax],
  ["ReduceMean", reduceMean],
  ["ReduceSum", reduceSum],
  ["Relu", relu],
  ["Reshape", reshape],
  ["Resize", unchanged],
  ["Slice", slice],
  ["Split", split],
  ["Squeeze", reshape],
  ["Sub", subtract],
  ["Sum", sumAll],
  ["Transpose", transpose],
  ["Unsqueeze", reshape],
  ["Upsample", unchanged],
  ...[...ENDINGS].map((op) => [op, ending] as const),
]);
