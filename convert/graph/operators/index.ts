/** Which function expresses which ONNX operator; docs/operators.md is the page of it. */

import type { GraphNode } from "../../onnx/node.ts";
import type { Builder } from "../builder.ts";
import { clip, maximum, minimum, relu } from "./activation.ts";
import { add, batchNormalization, divide, meanOfAll, multiply, negate, subtract, sumAll } from "./affine.ts";
import { concat, gather, pad, slice, split } from "./arrange.ts";
import { conv, convTranspose } from "./convolution.ts";
import { gemm, matMul } from "./dense.ts";
import { ENDINGS, ending } from "./ending.ts";
import { absolute, hardSigmoid, leakyRelu, pRelu, shrink, thresholdedRelu } from "./piecewise.ts";
import {
  averagePoolNode,
  globalAveragePool,
  globalMaxPool,
  maxPool,
  reduceL1,
  reduceMax,
  reduceMean,
  reduceMin,
  reduceSum,
} from "./pooling.ts";
import { dequantizeLinear, quantizeLinear } from "./quantised.ts";
import { cast, dropout, passOn, reshape, transpose } from "./relabel.ts";
import { depthToSpace, expand, resize, spaceToDepth, tile } from "./resize.ts";

/** Sets the outputs of a node in the builder; throws a `Refusal` for what cannot be expressed. */
type Operator = (node: GraphNode, builder: Builder) => void;

/** Operators of the ONNX domain on tensors that depend on the input. */
export const OPERATORS: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ["Abs", absolute],
  ["Add", add],
  ["AveragePool", averagePoolNode],
  ["BatchNormalization", batchNormalization],
  ["Cast", cast],
  ["Clip", clip],
  ["Concat", concat],
  ["Conv", conv],
  ["ConvTranspose", convTranspose],
  ["DepthToSpace", depthToSpace],
  ["DequantizeLinear", dequantizeLinear],
  ["Div", divide],
  ["Dropout", dropout],
  ["Expand", expand],
  ["Flatten", reshape],
  ["Gather", gather],
  ["Gemm", gemm],
  ["GlobalAveragePool", globalAveragePool],
  ["GlobalMaxPool", globalMaxPool],
  ["HardSigmoid", hardSigmoid],
  ["Identity", passOn],
  ["LeakyRelu", leakyRelu],
  ["MatMul", matMul],
  ["Max", maximum],
  ["MaxPool", maxPool],
  ["Mean", meanOfAll],
  ["Min", minimum],
  ["Mul", multiply],
  ["Neg", negate],
  ["PRelu", pRelu],
  ["Pad", pad],
  ["QuantizeLinear", quantizeLinear],
  ["ReduceL1", reduceL1],
  ["ReduceMax", reduceMax],
  ["ReduceMean", reduceMean],
  ["ReduceMin", reduceMin],
  ["ReduceSum", reduceSum],
  ["Relu", relu],
  ["Reshape", reshape],
  ["Resize", resize],
  ["Shrink", shrink],
  ["Slice", slice],
  ["SpaceToDepth", spaceToDepth],
  ["Split", split],
  ["Squeeze", reshape],
  ["Sub", subtract],
  ["Sum", sumAll],
  ["ThresholdedRelu", thresholdedRelu],
  ["Tile", tile],
  ["Transpose", transpose],
  ["Unsqueeze", reshape],
  ["Upsample", resize],
  ...[...ENDINGS].map((op) => [op, ending] as const),
]);
