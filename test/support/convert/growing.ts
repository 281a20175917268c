/** Graphs of any length in a few shapes, of one operator each: what a conversion takes for them must not grow faster than they do. */

import { OnnxBuilder } from "./onnx-builder.ts";

/** One use of an operator: from a tensor [1, 4, 6, 6] to another of that shape; `k` tells one use from the next. */
export type Use = (g: OnnxBuilder, x: string, k: number) => string;

const float = (value: number) => ({ float: value });

/** Every supported operator, used so that the shape stays. */
export const USES: Readonly<Record<string, Use>> = {
  Abs: (g, x) => g.op("Abs", [x]),
  Add: (g, x) => g.op("Add", [x, once(g, "bias", () => g.floats([1, 4, 1, 1], [0.1, -0.2, 0.3, 0.1]))]),
  AddMap: (g, x) => g.op("Add", [x, once(g, "map", () => g.random([1, 4, 6, 6]))]),
  AveragePool: (g, x) => g.op("AveragePool", [x], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }),
  BatchNormalization: (g, x) => {
    const parameter = (name: string, value: number) => once(g, name, () => g.floats([4], [value, value, value, value]));
    return g.op("BatchNormalization", [
      x,
      ...[parameter("gain", 0.9), parameter("shift", 0.1), parameter("mean", 0.1), parameter("variance", 1.1)],
    ]);
  },
  Cast: (g, x) => g.op("Cast", [x], { to: 1 }),
  Clip: (g, x) => g.op("Clip", [x, number(g, -0.5), number(g, 4)]),
  Concat: (g, x) => g.op("Slice", [g.op("Concat", [x, x], { axis: 1 }), ...ranges(g, [1, 5, 1])]),
  ConcatRows: (g, x) => g.op("Slice", [g.op("Concat", [x, x], { axis: 2 }), ...ranges(g, [2, 8, 2])]),
  Conv: (g, x) => g.op("Conv", [x, weight(g, [4, 4, 3, 3])], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }),
  ConvRelu: (g, x) => g.relu(g.op("Conv", [x, weight(g, [4, 4, 3, 3])], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] })),
  ConvDepthwise: (g, x) => g.op("Conv", [x, weight(g, [4, 1, 1, 1])], { kernel_shape: [1, 1], group: 4 }),
  ConvTranspose: (g, x) =>
    g.op("AveragePool", [g.op("ConvTranspose", [x, weight(g, [4, 4, 2, 2])], { strides: [2, 2] })], {
      kernel_shape: [2, 2],
      strides: [2, 2],
    }),
  DepthToSpace: (g, x) => g.op("SpaceToDepth", [g.op("DepthToSpace", [x], { blocksize: 2 })], { blocksize: 2 }),
  Div: (g, x) => g.op("Div", [x, number(g, 1.01)]),
  Dropout: (g, x) => g.op("Dropout", [x]),
  Expand: (g, x) => g.op("Expand", [x, list(g, [1, 4, 6, 6])]),
  ExpandMean: (g, x) => g.op("Expand", [g.op("GlobalAveragePool", [x]), list(g, [1, 4, 6, 6])]),
  Flatten: (g, x) => g.op("Reshape", [g.op("Flatten", [x]), list(g, [1, 4, 6, 6])]),
  Gather: (g, x) => g.op("Gather", [x, list(g, [3, 2, 1, 0])], { axis: 1 }),
  GatherRows: (g, x) => g.op("Gather", [x, list(g, [3, 5, 1, 0, 4, 4])], { axis: 2 }),
  Gemm: (g, x) => g.op("Reshape", [g.op("Gemm", [g.op("Flatten", [x]), weight(g, [144, 144])]), list(g, [1, 4, 6, 6])]),
  GlobalMaxPool: (g, x) => g.op("Add", [x, g.op("GlobalMaxPool", [x])]),
  HardSigmoid: (g, x) => g.op("HardSigmoid", [x], { alpha: float(0.9), beta: float(0.1) }),
  Identity: (g, x) => g.op("Identity", [x]),
  LeakyRelu: (g, x) => g.op("LeakyRelu", [x], { alpha: float(0.5) }),
  MatMul: (g, x) => g.op("MatMul", [x, weight(g, [6, 6])]),
  Max: (g, x) => g.op("Max", [x, number(g, -0.1)]),
  MaxShifted: (g, x) => g.op("Max", [x, g.op("Gather", [x, list(g, [3, 2, 1, 0])], { axis: 1 })]),
  MaxPool: (g, x) => g.op("MaxPool", [g.op("Pad", [x, list(g, [0, 0, 0, 0, 0, 0, 1, 1])])], { kernel_shape: [2, 2] }),
  Mean: (g, x) => g.op("Mean", [x, x]),
  Min: (g, x) => g.op("Min", [x, number(g, 3)]),
  Mul: (g, x) => g.op("Mul", [x, number(g, 0.99)]),
  MulMap: (g, x) => g.op("Mul", [x, once(g, "gains", () => g.random([1, 4, 6, 6], 0.9, 1))]),
  Neg: (g, x) => g.op("Neg", [x]),
  PRelu: (g, x) => g.op("PRelu", [x, once(g, "slope", () => g.floats([4, 1, 1], [0.5, 0.4, 0.9, 0.1]))]),
  Pad: (g, x) =>
    g.op("Slice", [g.op("Pad", [x, list(g, [0, 0, 1, 1, 0, 0, 0, 0])]), ...ranges(g, [2, 6, 2], [0, 6, 3])]),
  QuantizeLinear: (g, x) => {
    const zero = once(g, "zero", () => g.initializer({ dims: [], dataType: 2, int32Data: [0] }));
    return g.op("DequantizeLinear", [g.op("QuantizeLinear", [x, number(g, 0.05), zero]), number(g, 0.05), zero]);
  },
  ReduceL1: (g, x) => g.op("Add", [x, g.op("ReduceL1", [x], { axes: [1], keepdims: 1 })]),
  ReduceMax: (g, x) => g.op("Add", [x, g.op("ReduceMax", [x], { axes: [1], keepdims: 1 })]),
  ReduceMean: (g, x) => g.op("Add", [x, g.op("ReduceMean", [x], { axes: [2, 3], keepdims: 1 })]),
  ReduceMin: (g, x) => g.op("Add", [x, g.op("ReduceMin", [x], { axes: [3], keepdims: 1 })]),
  ReduceSum: (g, x) => g.op("Sub", [x, g.op("ReduceSum", [x, list(g, [1])], { keepdims: 1 })]),
  Relu: (g, x) => g.relu(x),
  Reshape: (g, x) => g.op("Reshape", [g.op("Reshape", [x, list(g, [1, 2, 12, 6])]), list(g, [1, 4, 6, 6])]),
  ReshapeMixed: (g, x) => g.op("Reshape", [g.op("Reshape", [x, list(g, [1, 9, 4, 4])]), list(g, [1, 4, 6, 6])]),
  Resize: (g, x) =>
    g.op(
      "AveragePool",
      [g.op("Resize", [x, "", once(g, "scales", () => g.floats([4], [1, 1, 2, 2]))], { mode: "linear" })],
      {
        kernel_shape: [2, 2],
        strides: [2, 2],
      },
    ),
  ResizeOdd: (g, x) =>
    g.op("Slice", [
      g.op("Resize", [x, "", "", list(g, [1, 4, 7, 7])], { mode: "linear" }),
      ...ranges(g, [1, 7, 2], [0, 6, 3]),
    ]),
  ResizeComputed: (g, x) => g.op("Resize", [x, "", "", g.op("Shape", [x])], { mode: "nearest" }),
  Shrink: (g, x) => g.op("Shrink", [x], { lambd: float(0.1), bias: float(0.1) }),
  Slice: (g, x) => g.op("Slice", [x, list(g, [-1]), list(g, [-99]), list(g, [1]), list(g, [-1])]),
  Split: (g, x, k) => {
    const halves = [`left${k} of ${x}`, `right${k} of ${x}`];
    g.op("Split", [x], { axis: 1 }, { outputs: halves });
    return g.op("Concat", halves.toReversed(), { axis: 1 });
  },
  Squeeze: (g, x) => g.op("Unsqueeze", [g.op("Squeeze", [x, list(g, [0])]), list(g, [0])]),
  Sub: (g, x) => g.op("Sub", [number(g, 0.5), x]),
  SubItself: (g, x) => g.op("Sub", [x, g.op("Mul", [x, number(g, 0.5)])]),
  Sum: (g, x) => g.op("Sum", [x, g.op("Mul", [x, number(g, -0.5)]), x]),
  ThresholdedRelu: (g, x) => g.op("ThresholdedRelu", [x], { alpha: float(0) }),
  Tile: (g, x) => g.op("Slice", [g.op("Tile", [x, list(g, [1, 1, 2, 1])]), ...ranges(g, [3, 9, 2])]),
  Transpose: (g, x) => g.op("Transpose", [x], { perm: [0, 1, 3, 2] }),
};

/** Constants that a graph has once. */
const known = new WeakMap<OnnxBuilder, Map<string, string>>();

function once(g: OnnxBuilder, name: string, make: () => string): string {
  const own = known.get(g) ?? new Map<string, string>();
  known.set(g, own);
  if (!own.has(name)) own.set(name, make());
  return own.get(name)!;
}

const number = (g: OnnxBuilder, value: number) => once(g, `number ${value}`, () => g.floats([], [value]));
const list = (g: OnnxBuilder, values: readonly number[]) => once(g, `list ${values}`, () => g.ints(values));

/** Weights that keep values about as large as they are. */
function weight(g: OnnxBuilder, dims: readonly number[]): string {
  const size = 1 / Math.sqrt(dims.slice(1).reduce((product, n) => product * n, 1));
  return once(g, `weight ${dims}`, () => g.random(dims, -size, size));
}

/** The operands of a Slice after the first. */
function ranges(g: OnnxBuilder, ...given: readonly (readonly [start: number, end: number, axis: number])[]): string[] {
  return [0, 1, 2].map((k) =>
    list(
      g,
      given.map((range) => range[k]),
    ),
  );
}

/** How uses follow each other: each gives the tensors that a graph ends in. */
export const SHAPES: Readonly<Record<string, (g: OnnxBuilder, x: string, use: Use, length: number) => string[]>> = {
  chain(g, x, use, length) {
    let y = x;
    for (let k = 0; k < length; k++) y = use(g, y, k);
    return [y];
  },
  /** Each adds to what it is applied to. */
  ladder(g, x, use, length) {
    let y = x;
    for (let k = 0; k < length; k++) y = g.op("Mul", [g.op("Add", [y, use(g, y, k)]), number(g, 0.5)]);
    return [y];
  },
  /** Two ways to each. */
  diamonds(g, x, use, length) {
    let y = x;
    for (let k = 0; k < length; k++) y = g.op("Sub", [use(g, g.op("Identity", [y]), 2 * k), use(g, y, 2 * k + 1)]);
    return [y];
  },
  /** All of one value, added up at once. */
  fan(g, x, use, length) {
    return [
      g.op(
        "Sum",
        Array.from({ length }, (_, k) => use(g, scaled(g, x, k), k)),
      ),
    ];
  },
  /** All of one value, added up one by one. */
  accumulation(g, x, use, length) {
    let sum = x;
    for (let k = 0; k < length; k++) sum = g.op("Add", [sum, use(g, scaled(g, x, k), k)]);
    return [sum];
  },
  /** One after the other, all of them added up in the end. */
  dense(g, x, use, length) {
    const all = [x];
    for (let k = 0; k < length; k++) all.push(use(g, all.at(-1)!, k));
    return [g.op("Sum", all)];
  },
  /** All of one value, each an output. */
  outputs(g, x, use, length) {
    return Array.from({ length }, (_, k) => use(g, scaled(g, x, k), k));
  },
};

/** A value of its own for each use. */
const scaled = (g: OnnxBuilder, x: string, k: number) => g.op("Mul", [x, g.floats([], [1 / (k + 2)])]);

/** A graph of some length; its input is [1, 4, 6, 6], or in another way `begin` says what it begins with. */
export function growing(use: Use, shape: keyof typeof SHAPES, length: number): Uint8Array {
  const g = new OnnxBuilder({ input: ["N", 1, 6, 6] });
  const x = g.relu(g.conv(g.input, 1, 4, [3, 3], { pads: [1, 1, 1, 1] }));
  g.output(...SHAPES[shape](g, x, use, length));
  return g.encode();
}
