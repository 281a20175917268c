/** docs/operators.md says of every operator what the converter does with it. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "uvu";
import { REFUSED } from "../../convert/graph/check.ts";
import { ENDINGS } from "../../convert/graph/operators/ending.ts";
import { OPERATORS } from "../../convert/graph/operators/index.ts";
import { assertContains } from "../support/contains.ts";
import { assertBuiltSame } from "../support/convert/compare.ts";
import { type Attribute, DataType, OnnxBuilder } from "../support/convert/onnx-builder.ts";
import { refusal } from "../support/convert/refusal.ts";

const page = readFileSync(new URL("../../docs/operators.md", import.meta.url), "utf8");

/** Cells of the rows of a section's table, without its head. */
function rowsOf(section: string): string[][] {
  const text = page.split(/^## /m).find((part) => part.startsWith(`${section}\n`))!;
  const lines = text.split("\n").filter((line) => line.startsWith("|"));
  return lines.slice(2).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const namesIn = (cell: string): string[] => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name);
const sorted = (values: Iterable<string>) => [...values].sort();

const supported = new Map(rowsOf("Supported").map(([cell, , refused]) => [namesIn(cell)[0], refused]));
const endings = rowsOf("At an output").map(([cell]) => namesIn(cell)[0]);
const refused = rowsOf("Refused").flatMap(([reason, cell]) => namesIn(cell).map((op) => [op, reason] as const));

test("the page has every operator that the converter reads, and no other", () => {
  assert.deepEqual(sorted([...supported.keys(), ...endings]), sorted(OPERATORS.keys()));
  assert.deepEqual(sorted(endings), sorted(ENDINGS));
});

test("the page has every operator that is refused for a reason of its own, and names none twice", () => {
  const missing = [...REFUSED.keys()].filter((op) => !refused.some(([name]) => name === op));
  assert.deepEqual(missing, []);
  const all = [...supported.keys(), ...endings, ...refused.map(([op]) => op)];
  assert.deepEqual(sorted(new Set(all)), sorted(all));
});

/** Values of both signs, [1, 3, 5, 6]. */
const signed = (g: OnnxBuilder) => g.conv(g.input, 2, 3, [3, 1]);
/** Values that are never negative, [1, 3, 5, 6]. */
const active = (g: OnnxBuilder) => g.relu(signed(g));
/** A tensor of three axes of space, [1, 2, 2, 3, 7]. */
const spatial = (g: OnnxBuilder) => g.op("Reshape", [g.relu(g.input), g.ints([1, 2, 7, 2, 3])]);
const number = (g: OnnxBuilder, value: number) => g.floats([], [value]);
const parameters = (g: OnnxBuilder, dims = [3]) => [1, -1, -1, 1].map((low) => g.random(dims, low, low + 1));

type Build = (g: OnnxBuilder) => string;
/** An operator on one operand, with constants. */
const on =
  (
    operand: Build,
    op: string,
    constants: (g: OnnxBuilder) => readonly string[] = () => [],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): Build =>
  (g) =>
    g.op(op, [operand(g), ...constants(g)], attributes);
/** An operator on two tensors that both depend on the input. */
const onTwo =
  (op: string, second: (g: OnnxBuilder, x: string) => string = (_, x) => x): Build =>
  (g) => {
    const x = active(g);
    return g.op(op, [x, second(g, x)]);
  };
const pooledWith = (op: string) => (g: OnnxBuilder, x: string) => g.op(op, [x]);
const spread = (op: string) => onTwo(op, pooledWith("GlobalAveragePool"));
/** The second of an operator's outputs is used. */
const secondOf =
  (op: string, attributes: Readonly<Record<string, Attribute>> = {}): Build =>
  (g) => {
    g.op(op, [active(g)], attributes, { outputs: ["first", "second"] });
    return g.op("Cast", ["second"], { to: DataType.FLOAT });
  };
/** What is multiplied by or added to a map that is larger than any of which each position may have its own factor. */
const large = (op: string): readonly [Build, RegExp, (readonly number[])?] => [
  (g) => g.op(op, [g.relu(g.input), g.random([17, 16], 1, 2)]),
  /factor differs between 17×16 positions/,
  [1, 2, 17, 16],
];
const computed = /depends on the input/;
const long = /takes the maximum of 65 values/;
const low = (g: OnnxBuilder) => number(g, Number.NEGATIVE_INFINITY);
const space = /pools along 3 axes/;
const window = { kernel_shape: [2, 2] };
const volume = { kernel_shape: [1, 2, 2] };
const axes = (...list: number[]) => ({ axes: list, keepdims: 1 });
const index = (values: readonly number[], dims: readonly number[]) => (g: OnnxBuilder) =>
  g.initializer({ dims: [...dims], dataType: DataType.INT64, int64Data: [...values] });
/** A tensor of one value and no axes. */
const scalar = (g: OnnxBuilder, x: string) => g.op("Squeeze", [g.op("GlobalAveragePool", [g.conv(x, 3, 1, [1, 1])])]);

/** For every supported operator graphs that it is converted in, and for everything that the page refuses one that is refused. */
const cases: Readonly<
  Record<
    string,
    {
      readonly converts: readonly Build[];
      /** By the words of the page: the graph, the message, and the shape of the input. */
      readonly refuses?: Readonly<Record<string, readonly [Build, RegExp, (readonly number[])?]>>;
    }
  >
> = {
  Abs: {
    converts: [on(signed, "Abs"), on(active, "Abs")],
  },
  Add: {
    converts: [
      onTwo("Add"),
      on(signed, "Add", (g) => [g.random([3, 1, 1])]),
      on(signed, "Add", (g) => [g.random([5, 6])]),
      spread("Add"),
      on(pooledOf(active), "Add", (g) => [g.random([1, 3, 5, 6])]),
    ],
  },
  AveragePool: {
    converts: [
      on(signed, "AveragePool", undefined, { ...window, pads: [1, 1, 0, 0], count_include_pad: 1, strides: [2, 1] }),
    ],
    refuses: { "three axes of space": [on(spatial, "AveragePool", undefined, volume), space] },
  },
  BatchNormalization: {
    converts: [on(signed, "BatchNormalization", parameters)],
    refuses: {
      "parameters that are computed": [
        (g) => {
          const x = active(g);
          const mean = g.op("Reshape", [g.op("GlobalAveragePool", [x]), g.ints([3])]);
          const [scale, bias, , variance] = parameters(g);
          return g.op("BatchNormalization", [x, scale, bias, mean, variance]);
        },
        computed,
      ],
      "training mode": [
        (g) =>
          g.op("BatchNormalization", [signed(g), ...parameters(g)], { training_mode: 1 }, { outputs: ["y", "m", "v"] }),
        /training mode/,
      ],
    },
  },
  Cast: {
    converts: [
      on(active, "Cast", undefined, { to: DataType.FLOAT }),
      on(active, "Cast", undefined, { to: DataType.DOUBLE }),
    ],
    refuses: { "to integers": [on(active, "Cast", undefined, { to: DataType.INT32 }), /makes integers/] },
  },
  Clip: {
    converts: [
      on(signed, "Clip", (g) => [number(g, 0), number(g, 6)]),
      on(signed, "Clip", (g) => [number(g, 0)]),
      on(active, "Clip", (g) => [number(g, -1), number(g, 6)]),
      on(signed, "Clip", (g) => [number(g, -1), number(g, 1)]),
      on(signed, "Clip", (g) => ["", number(g, 0.5)]),
    ],
    refuses: {
      "bounds that are computed": [onTwo("Clip", scalar), computed],
      "bounds that leave one value": [on(signed, "Clip", (g) => [number(g, 1), number(g, 1)]), /leaves one value/],
    },
  },
  Concat: {
    converts: [
      onTwoWith("Concat", { axis: 1 }),
      onTwoWith("Concat", { axis: 2 }),
      onTwoWith("Concat", { axis: -1 }),
      on(active, "Concat", (g) => [g.random([1, 1, 5, 6])], { axis: 1 }),
    ],
    refuses: {},
  },
  Conv: {
    converts: [
      (g) => g.conv(active(g), 3, 6, [3, 2], { strides: [2, 1], dilations: [1, 2], pads: [1, 0, 1, 2], group: 3 }),
      (g) => g.conv(active(g), 3, 2, [3, 3], { auto_pad: "SAME_UPPER" }),
      (g) => g.conv(g.op("Reshape", [active(g), g.ints([1, 3, 30])]), 3, 2, [5]),
    ],
    refuses: {
      "weights that are computed": [onTwo("Conv"), /multiplies two tensors/],
      "three axes of space": [(g) => g.conv(spatial(g), 2, 2, [1, 2, 2]), /along 3 axes/],
    },
  },
  ConvTranspose: {
    converts: [
      on(active, "ConvTranspose", (g) => [g.random([3, 2, 2, 2]), g.random([2])], { strides: [2, 2] }),
      on(signed, "ConvTranspose", (g) => [g.random([3, 1, 3, 3])], {
        strides: [2, 2],
        pads: [1, 1, 1, 1],
        output_padding: [1, 1],
        group: 3,
      }),
    ],
    refuses: {
      "weights that are computed": [onTwo("ConvTranspose"), /multiplies two tensors/],
      "three axes of space": [on(spatial, "ConvTranspose", (g) => [g.random([2, 2, 1, 2, 2])]), /along 3 axes/],
    },
  },
  DepthToSpace: {
    converts: [
      on((g: OnnxBuilder) => g.relu(g.conv(g.input, 2, 4, [2, 1])), "DepthToSpace", undefined, { blocksize: 2 }),
      on((g: OnnxBuilder) => g.relu(g.conv(g.input, 2, 4, [2, 1])), "DepthToSpace", undefined, {
        blocksize: 2,
        mode: "CRD",
      }),
    ],
  },
  DequantizeLinear: {
    converts: [(g) => dequantised(g, quantised(g))],
    refuses: {
      "a scale per channel": [
        (g) => g.op("DequantizeLinear", [quantised(g), g.floats([2], [0.1, 0.2])], { axis: 1 }),
        /has a scale per channel/,
      ],
    },
  },
  Div: {
    converts: [on(signed, "Div", (g) => [g.random([3, 1, 1], 1, 2)])],
    refuses: {
      "a divisor that is computed": [(g) => g.op("Div", [number(g, 1), active(g)]), computed],
      "a divisor per position on a large map": large("Div"),
    },
  },
  Dropout: {
    converts: [on(active, "Dropout")],
    refuses: {
      "its mask": [secondOf("Dropout"), /gives its mask/],
      "training mode": [
        on(active, "Dropout", (g) => [
          number(g, 0.5),
          g.initializer({ dims: [], dataType: DataType.BOOL, int32Data: [1] }),
        ]),
        /training mode/,
      ],
    },
  },
  Expand: {
    converts: [on(pooledOf(active), "Expand", (g) => [g.ints([1, 3, 5, 6])])],
  },
  Flatten: { converts: [on(active, "Flatten")] },
  Gather: {
    converts: [
      on(active, "Gather", (g) => [g.ints([2, 0])], { axis: 1 }),
      on(active, "Gather", (g) => [g.ints([0, 2, 4])], { axis: 2 }),
      on(active, "Gather", (g) => [g.ints([3, 0, 0, 2])], { axis: 2 }),
      on(active, "Gather", (g) => [index([1], [])(g)], { axis: 3 }),
      on(active, "Gather", (g) => [index([0, 1, 2, 0], [2, 2])(g)], { axis: 1 }),
    ],
    refuses: {
      "indices that are computed": [
        (g) => g.op("Gather", [active(g), g.op("Cast", [scalar(g, active(g))], { to: DataType.INT64 })], { axis: 1 }),
        /makes integers/,
      ],
    },
  },
  Gemm: {
    converts: [
      on(flat(active), "Gemm", (g) => [g.random([4, 90]), g.random([4])], {
        transB: 1,
        alpha: { float: 2 },
        beta: { float: 0.5 },
      }),
      on(
        (g) => g.op("Reshape", [signed(g), g.ints([15, 6])]),
        "Gemm",
        (g) => [g.random([15, 4]), g.random([6, 1])],
        {
          transA: 1,
        },
      ),
    ],
    refuses: {
      "a matrix that is computed": [
        (g) => {
          const x = g.op("Flatten", [active(g)]);
          return g.op("Gemm", [x, x], { transB: 1 });
        },
        /multiplies two tensors/,
      ],
    },
  },
  GlobalAveragePool: {
    converts: [on(signed, "GlobalAveragePool"), on(spatial, "GlobalAveragePool")],
  },
  GlobalMaxPool: {
    converts: [on(active, "GlobalMaxPool"), on(signed, "GlobalMaxPool")],
    refuses: {
      "three axes of space": [on(spatial, "GlobalMaxPool"), space],
    },
  },
  HardSigmoid: {
    converts: [on(signed, "HardSigmoid")],
    refuses: {
      "a slope of 0": [on(signed, "HardSigmoid", undefined, { alpha: { float: 0 } }), /one value for all/],
    },
  },
  Identity: { converts: [on(active, "Identity")] },
  LeakyRelu: {
    converts: [on(signed, "LeakyRelu"), on(active, "LeakyRelu")],
  },
  MatMul: {
    converts: [on(active, "MatMul", (g) => [g.random([6, 4])]), (g) => g.op("MatMul", [g.random([4, 5]), active(g)])],
    refuses: {
      "two tensors": [
        onTwo("MatMul", (g, x) => g.op("Transpose", [x], { perm: [0, 1, 3, 2] })),
        /multiplies two tensors/,
      ],
      "a batch of matrices": [on(active, "MatMul", (g) => [g.random([3, 6, 4])]), /batch of matrices/],
    },
  },
  Max: {
    converts: [
      on(signed, "Max", (g) => [number(g, 0)]),
      on(active, "Max", (g) => [number(g, -1)]),
      on(signed, "Max", (g) => [number(g, 1)]),
      onTwo("Max", (g, x) => g.conv(x, 3, 3, [1, 1])),
      on(pooledOf(active), "Max", (g) => [g.random([5, 6])]),
    ],
    refuses: { "more than 64 operands": [ofMany("Max"), /compares 65 operands/] },
  },
  MaxPool: {
    converts: [
      on(active, "MaxPool", undefined, { ...window, strides: [2, 1], pads: [1, 0, 0, 1], dilations: [1, 2] }),
      (g) => g.relu(g.op("MaxPool", [signed(g)], window)),
      (g) => g.op("Clip", [g.op("MaxPool", [signed(g)], window), number(g, 0), number(g, 6)]),
      on(signed, "MaxPool", undefined, window),
    ],
    refuses: {
      "its indices": [secondOf("MaxPool", window), /gives the indices/],
      "three axes of space": [on(spatial, "MaxPool", undefined, volume), space],
      "more than 64 values of either sign along an axis": [
        (g) => g.op("MaxPool", [g.conv(g.input, 2, 3, [1, 1])], { kernel_shape: [1, 65] }),
        long,
        [1, 2, 3, 80],
      ],
    },
  },
  Mean: {
    converts: [onTwo("Mean"), spread("Mean")],
  },
  Min: {
    converts: [
      on(active, "Min", (g) => [number(g, 6)]),
      on(signed, "Min", (g) => [number(g, 6)]),
      onTwo("Min", (g, x) => g.conv(x, 3, 3, [1, 1])),
    ],
    refuses: { "more than 64 operands": [ofMany("Min"), /compares 65 operands/] },
  },
  Mul: {
    converts: [
      on(signed, "Mul", (g) => [g.random([3, 1, 1])]),
      on(active, "Mul", (g) => [g.random([5, 6])]),
      (g) => g.op("Mul", [number(g, -2), active(g)]),
    ],
    refuses: {
      "two tensors": [onTwo("Mul"), /multiplies two tensors/],
      "a factor per position on a large map": large("Mul"),
    },
  },
  Neg: { converts: [on(active, "Neg")] },
  Pad: {
    converts: [
      on(active, "Pad", (g) => [g.ints([0, 1, 1, 0, 0, 0, 2, 1]), number(g, 0.5)]),
      on(active, "Pad", (g) => [g.ints([0, 0, -1, 0, 0, 0, 0, -2])]),
      on(signed, "Pad", (g) => [g.ints([0, 0, 1, 2, 0, 0, 1, 1])], { mode: "edge" }),
      on(active, "Pad", (g) => [g.ints([0, 0, 2, 1, 0, 0, 1, 2])], { mode: "reflect" }),
      (g) => g.op("MaxPool", [g.op("Pad", [active(g), g.ints([0, 0, 1, 1, 0, 0, 1, 1]), low(g)])], window),
    ],
    refuses: {
      "−∞ for anything but a maximum": [
        on(active, "Pad", (g) => [g.ints([0, 0, 1, 1, 0, 0, 1, 1]), low(g)]),
        /pads with −∞/,
      ],
    },
  },
  PRelu: {
    converts: [on(signed, "PRelu", (g) => [g.random([3, 1, 1])]), on(signed, "PRelu", (g) => [g.random([5, 6])])],
    refuses: {
      "a slope that is computed": [onTwo("PRelu"), computed],
      "a slope per position on a large map": [
        (g) => g.op("PRelu", [g.input, g.random([17, 16])]),
        /factor differs between 17×16/,
        [1, 2, 17, 16],
      ],
    },
  },
  QuantizeLinear: {
    converts: [(g) => dequantised(g, quantised(g))],
    refuses: {
      "a scale per channel": [
        on(active, "QuantizeLinear", (g) => [g.random([3], 1, 2), integers(g, [3])], { axis: 1 }),
        /scale per channel/,
      ],
    },
  },
  ReduceL1: {
    converts: [
      on(signed, "ReduceL1", undefined, axes(2, 3)),
      on(signed, "ReduceL1", undefined, axes(1)),
      on(active, "ReduceL1", undefined, axes(-1)),
      on(signed, "ReduceL1", undefined, { axes: [1, 2, 3], keepdims: 0 }),
    ],
  },
  ReduceMax: {
    converts: [
      on(active, "ReduceMax", undefined, axes(2, 3)),
      on(active, "ReduceMax", undefined, axes(3)),
      on(signed, "ReduceMax", undefined, axes(1, 2)),
    ],
    refuses: {
      "more than 64 values of either sign along an axis": [
        (g) => g.op("ReduceMax", [g.conv(g.input, 2, 3, [1, 1])], axes(3)),
        long,
        [1, 2, 3, 65],
      ],
    },
  },
  ReduceMean: {
    converts: [
      on(signed, "ReduceMean", undefined, axes(-1, -2)),
      on(active, "ReduceMean", undefined, axes(2)),
      on(active, "ReduceMean", undefined, axes(1)),
      on(signed, "ReduceMean", undefined, axes(1, 2, 3)),
      on(signed, "ReduceMean", undefined, { axes: [0, 1, 3], keepdims: 0 }),
    ],
  },
  ReduceMin: {
    converts: [on(signed, "ReduceMin", undefined, axes(2, 3)), on(signed, "ReduceMin", undefined, axes(1))],
    refuses: {
      "more than 64 values along an axis": [(g) => g.op("ReduceMin", [g.relu(g.input)], axes(3)), long, [1, 2, 3, 65]],
    },
  },
  ReduceSum: {
    converts: [
      on(active, "ReduceSum", (g) => [g.ints([2, 3])]),
      on(signed, "ReduceSum", (g) => [g.ints([1, 2, 3])]),
      on(active, "ReduceSum"),
    ],
  },
  Relu: { converts: [on(signed, "Relu")] },
  Reshape: {
    converts: [on(active, "Reshape", (g) => [g.ints([1, 3, 30])]), on(active, "Reshape", (g) => [g.ints([1, -1])])],
  },
  Resize: {
    converts: [
      on(active, "Resize", (g) => ["", g.floats([4], [1, 1, 1, 1])]),
      on(active, "Resize", (g) => ["", g.floats([4], [1, 1, 2, 2])]),
      on(active, "Resize", (g) => ["", "", g.ints([1, 3, 7, 3])], { mode: "linear" }),
    ],
    refuses: {
      "cubic interpolation": [
        on(active, "Resize", (g) => ["", g.floats([4], [1, 1, 2, 2])], { mode: "cubic" }),
        /by 'cubic'/,
      ],
      "a region": [
        on(active, "Resize", (g) => [g.floats([8], [0, 0, 0, 0, 1, 1, 1, 1]), "", g.ints([1, 3, 7, 3])], {
          coordinate_transformation_mode: "tf_crop_and_resize",
        }),
        /coordinates by 'tf_crop/,
      ],
    },
  },
  Shrink: {
    converts: [on(signed, "Shrink", undefined, { lambd: { float: 0.25 }, bias: { float: 0.25 } })],
    refuses: {
      "another bias": [on(signed, "Shrink"), /jumps at its threshold/],
    },
  },
  Slice: {
    converts: [
      on(active, "Slice", (g) => [g.ints([1, 0]), g.ints([4, 6]), g.ints([2, 3]), g.ints([1, 2])]),
      on(active, "Slice", (g) => [g.ints([2]), g.ints([-9]), g.ints([1]), g.ints([-1])]),
      on(active, "Slice", (g) => [g.ints([4]), g.ints([-9]), g.ints([2]), g.ints([-1])]),
    ],
    refuses: {
      "nothing at all": [on(active, "Slice", (g) => [g.ints([2]), g.ints([2]), g.ints([1])]), /takes nothing/],
    },
  },
  SpaceToDepth: {
    converts: [on((g) => g.relu(g.conv(g.input, 2, 3, [2, 1])), "SpaceToDepth", undefined, { blocksize: 2 })],
  },
  Split: {
    converts: [
      (g) => {
        g.op("Split", [active(g), g.ints([1, 2])], { axis: 1 }, { outputs: ["one", "two"] });
        return "two";
      },
    ],
  },
  Squeeze: { converts: [on(pooledOf(active), "Squeeze", (g) => [g.ints([2, 3])])] },
  Sub: {
    converts: [
      onTwo("Sub", (g, x) => g.conv(x, 3, 3, [1, 1])),
      (g) => g.op("Sub", [g.random([3, 1, 1]), active(g)]),
      spread("Sub"),
    ],
  },
  Sum: {
    converts: [
      (g) => {
        const x = active(g);
        return g.op("Sum", [x, x, g.random([3, 1, 1])]);
      },
      spread("Sum"),
    ],
  },
  ThresholdedRelu: {
    converts: [on(signed, "ThresholdedRelu", undefined, { alpha: { float: 0 } })],
    refuses: {
      "another threshold, at which it jumps": [on(signed, "ThresholdedRelu"), /jumps from 0 to 1/],
    },
  },
  Tile: {
    converts: [on(active, "Tile", (g) => [g.ints([1, 2, 1, 2])])],
  },
  Transpose: { converts: [on(active, "Transpose", undefined, { perm: [0, 2, 3, 1] })] },
  Unsqueeze: { converts: [on(active, "Unsqueeze", (g) => [g.ints([0])])] },
  Upsample: {
    converts: [
      on(active, "Upsample", (g) => [g.floats([4], [1, 1, 1, 1])]),
      on(active, "Upsample", (g) => [g.floats([4], [1, 1, 2, 2])]),
    ],
  },
};

const integers = (g: OnnxBuilder, dims: number[] = []) =>
  g.initializer({ dims, dataType: DataType.UINT8, rawData: new Uint8Array(dims[0] ?? 1).fill(128) });
/** The input, whose samples are quantised exactly. */
const quantised = (g: OnnxBuilder) => g.op("QuantizeLinear", [g.input, number(g, 0.01), integers(g)]);
const dequantised = (g: OnnxBuilder, x: string) => g.op("DequantizeLinear", [x, number(g, 0.01), integers(g)]);

function pooledOf(operand: Build): Build {
  return (g) => g.op("GlobalAveragePool", [operand(g)]);
}

/** A tensor beside 64 constants. */
function ofMany(op: string): Build {
  return on(active, op, (g) => Array.from({ length: 64 }, () => g.random([3, 1, 1])));
}

function flat(operand: Build): Build {
  return (g) => g.op("Flatten", [operand(g)]);
}

function onTwoWith(op: string, attributes: Readonly<Record<string, Attribute>>): Build {
  return (g) => {
    const x = active(g);
    return g.op(op, [x, g.relu(g.conv(x, 3, 3, [1, 1]))], attributes);
  };
}

/** Upsample was taken out of ONNX at operator set 10. */
const graph = (op: string, build: Build, input?: readonly (number | string)[]) => {
  const g = new OnnxBuilder({ opset: op === "Upsample" ? 9 : 14, ...(input && { input }) });
  g.output(build(g));
  return g;
};

test("every supported operator, and all that is said to be refused of one, is tried out", () => {
  assert.deepEqual(sorted(Object.keys(cases)), sorted(supported.keys()));
  for (const [op, cell] of supported) {
    const said = cell.split("; ").filter((words) => words !== "");
    assert.deepEqual(sorted(Object.keys(cases[op].refuses ?? {})), sorted(said), op);
  }
});

for (const [op, { converts, refuses = {} }] of Object.entries(cases)) {
  test(`${op} is converted where the page says so`, async () => {
    for (const build of converts) await assertBuiltSame(graph(op, build));
  });

  for (const [words, [build, message, input]] of Object.entries(refuses)) {
    test(`${op} is refused: ${words}`, async () => {
      const found = await refusal(graph(op, build, input));
      assertContains(found, message);
    });
  }
}

/** An ending on a tensor; TopK is told how many, and has two results. */
const ended =
  (op: string, operand: Build): Build =>
  (g) =>
    op === "TopK"
      ? g.op(op, [operand(g), g.ints([2])], {}, { outputs: ["values", "indices"] })
      : g.op(op, [operand(g)], op === "ArgMax" ? { axis: 1 } : {});

for (const op of endings) {
  test(`${op} is left out at an output, and refused anywhere else`, async () => {
    const logits = ended(op, flat(active));
    const last = graph(op, on(logits, "Identity"));
    const { notes } = await assertBuiltSame(last);
    assertContains(notes.join("\n"), `${op} '`);
    const within = graph(op, (g) => g.relu(ended(op, signed)(g)));
    assertContains(await refusal(within), "is supported at an output only");
  });
}

test("operators of the last table are refused with the reason that is given there", async () => {
  for (const [op, reason] of refused) {
    const g = new OnnxBuilder({ opset: 14 });
    const result = g.op(op, [signed(g)], {}, { name: "it" });
    if (reason.startsWith("is control flow")) {
      g.graph.node!.at(-1)!.attribute = [{ name: "body", type: 5, g: { name: "body", node: [] } }];
    }
    g.output(result);
    assertContains(await refusal(g), `${op} 'it': ${reason}`);
  }
});

test("whatever does not depend on the input may use operators that are refused elsewhere", async () => {
  const g = new OnnxBuilder();
  const weight = g.op("Exp", [g.op("Abs", [g.random([4, 2, 1, 1])])]);
  const x = g.relu(g.op("Conv", [g.input, weight]));
  const batch = g.op("Gather", [g.op("Shape", [x]), g.ints([0])]);
  const rest = g.op("ReduceProd", [g.op("Slice", [g.op("Shape", [x]), g.ints([1]), g.ints([4])])], { keepdims: 1 });
  g.output(g.op("Reshape", [x, g.op("Concat", [batch, rest], { axis: 0 })]));
  await assertBuiltSame(g);
});

test.run();
