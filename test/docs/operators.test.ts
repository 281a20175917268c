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
const negative = /maximum of values that may be negative/;
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
  Add: {
    converts: [
      onTwo("Add"),
      on(signed, "Add", (g) => [g.random([3, 1, 1])]),
      on(signed, "Add", (g) => [g.random([5, 6])]),
    ],
    refuses: {
      "a tensor that is broadcast": [spread("Add"), /broadcasts/],
      "a constant that is larger": [
        on(pooledOf(active), "Add", (g) => [g.random([1, 3, 5, 6])]),
        /broadcasts|enlarges/,
      ],
    },
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
    ],
    refuses: {
      "from another bound": [on(signed, "Clip", (g) => [number(g, -1), number(g, 1)]), /limits values to \[-1, 1\]/],
      "bounds that are computed": [onTwo("Clip", scalar), computed],
    },
  },
  Concat: {
    converts: [onTwoWith("Concat", { axis: 1 }), onTwoWith("Concat", { axis: 2 }), onTwoWith("Concat", { axis: -1 })],
    refuses: {
      "a constant among them": [on(active, "Concat", (g) => [g.random([1, 1, 5, 6])], { axis: 1 }), /joins a constant/],
    },
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
    converts: [on(active, "Expand", (g) => [g.ints([1, 3, 5, 6])])],
    refuses: { "more elements": [on(active, "Expand", (g) => [g.ints([2, 3, 5, 6])]), /enlarges/] },
  },
  Flatten: { converts: [on(active, "Flatten")] },
  Gather: {
    converts: [
      on(active, "Gather", (g) => [g.ints([2, 0])], { axis: 1 }),
      on(active, "Gather", (g) => [g.ints([0, 2, 4])], { axis: 2 }),
      on(active, "Gather", (g) => [index([1], [])(g)], { axis: 3 }),
    ],
    refuses: {
      "indices of two axes": [on(active, "Gather", (g) => [index([0, 1], [1, 2])(g)], { axis: 1 }), /indices of shape/],
      "rows in another order": [on(active, "Gather", (g) => [g.ints([2, 0])], { axis: 2 }), /reorders rows/],
    },
  },
  Gemm: {
    converts: [
      on(flat(active), "Gemm", (g) => [g.random([4, 90]), g.random([4])], {
        transB: 1,
        alpha: { float: 2 },
        beta: { float: 0.5 },
      }),
    ],
    refuses: {
      "a matrix that is computed": [
        (g) => {
          const x = g.op("Flatten", [active(g)]);
          return g.op("Gemm", [x, x], { transB: 1 });
        },
        /multiplies two tensors/,
      ],
      "`transA`": [on(flat(active), "Gemm", (g) => [g.random([1, 4])], { transA: 1 }), /transA/],
    },
  },
  GlobalAveragePool: {
    converts: [on(signed, "GlobalAveragePool")],
    refuses: { "three axes of space": [on(spatial, "GlobalAveragePool"), space] },
  },
  GlobalMaxPool: {
    converts: [on(active, "GlobalMaxPool")],
    refuses: { "values that may be negative": [on(signed, "GlobalMaxPool"), negative] },
  },
  Identity: { converts: [on(active, "Identity")] },
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
    converts: [on(signed, "Max", (g) => [number(g, 0)]), on(active, "Max", (g) => [number(g, -1)])],
    refuses: {
      "two tensors": [onTwo("Max"), /compares tensors/],
      "another number": [on(signed, "Max", (g) => [number(g, 1)]), /limits values/],
    },
  },
  MaxPool: {
    converts: [
      on(active, "MaxPool", undefined, { ...window, strides: [2, 1], pads: [1, 0, 0, 1], dilations: [1, 2] }),
      (g) => g.relu(g.op("MaxPool", [signed(g)], window)),
      (g) => g.op("Clip", [g.op("MaxPool", [signed(g)], window), number(g, 0), number(g, 6)]),
    ],
    refuses: {
      "values that may be negative": [on(signed, "MaxPool", undefined, window), negative],
      "its indices": [secondOf("MaxPool", window), /gives the indices/],
      "three axes of space": [on(spatial, "MaxPool", undefined, volume), space],
    },
  },
  Mean: { converts: [onTwo("Mean")], refuses: { "a tensor that is broadcast": [spread("Mean"), /broadcasts/] } },
  Min: {
    converts: [on(active, "Min", (g) => [number(g, 6)])],
    refuses: {
      "two tensors": [onTwo("Min"), /compares tensors/],
      "values that may be negative": [on(signed, "Min", (g) => [number(g, 6)]), /limits values/],
    },
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
    ],
    refuses: {
      "values of the edge or its mirror": [
        on(active, "Pad", (g) => [g.ints([0, 0, 1, 1, 0, 0, 1, 1])], { mode: "edge" }),
        /pads by 'edge'/,
      ],
    },
  },
  ReduceMax: {
    converts: [on(active, "ReduceMax", undefined, axes(2, 3)), on(active, "ReduceMax", undefined, axes(3))],
    refuses: { "values that may be negative": [on(signed, "ReduceMax", undefined, axes(2, 3)), negative] },
  },
  ReduceMean: {
    converts: [on(signed, "ReduceMean", undefined, axes(-1, -2)), on(active, "ReduceMean", undefined, axes(2))],
    refuses: { "over channels as well": [on(active, "ReduceMean", undefined, axes(1, 2, 3)), space] },
  },
  ReduceSum: {
    converts: [on(active, "ReduceSum", (g) => [g.ints([2, 3])])],
    refuses: { "over channels as well": [on(active, "ReduceSum", (g) => [g.ints([1, 2, 3])]), space] },
  },
  Relu: { converts: [on(signed, "Relu")] },
  Reshape: {
    converts: [on(active, "Reshape", (g) => [g.ints([1, 3, 30])]), on(active, "Reshape", (g) => [g.ints([1, -1])])],
  },
  Resize: {
    converts: [on(active, "Resize", (g) => ["", g.floats([4], [1, 1, 1, 1])])],
    refuses: { "more elements": [on(active, "Resize", (g) => ["", g.floats([4], [1, 1, 2, 2])]), /enlarges/] },
  },
  Slice: {
    converts: [
      on(active, "Slice", (g) => [g.ints([1, 0]), g.ints([4, 6]), g.ints([2, 3]), g.ints([1, 2])]),
      on(active, "Slice", (g) => [g.ints([2]), g.ints([-9]), g.ints([1]), g.ints([-1])]),
    ],
    refuses: {
      "rows backwards": [
        on(active, "Slice", (g) => [g.ints([4]), g.ints([-9]), g.ints([2]), g.ints([-1])]),
        /reorders rows/,
      ],
      "nothing at all": [on(active, "Slice", (g) => [g.ints([2]), g.ints([2]), g.ints([1])]), /takes nothing/],
    },
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
    converts: [onTwo("Sub", (g, x) => g.conv(x, 3, 3, [1, 1])), (g) => g.op("Sub", [g.random([3, 1, 1]), active(g)])],
    refuses: { "a tensor that is broadcast": [spread("Sub"), /broadcasts/] },
  },
  Sum: {
    converts: [
      (g) => {
        const x = active(g);
        return g.op("Sum", [x, x, g.random([3, 1, 1])]);
      },
    ],
    refuses: { "a tensor that is broadcast": [spread("Sum"), /broadcasts/] },
  },
  Transpose: { converts: [on(active, "Transpose", undefined, { perm: [0, 2, 3, 1] })] },
  Unsqueeze: { converts: [on(active, "Unsqueeze", (g) => [g.ints([0])])] },
  Upsample: {
    converts: [on(active, "Upsample", (g) => [g.floats([4], [1, 1, 1, 1])])],
    refuses: { "more elements": [on(active, "Upsample", (g) => [g.floats([4], [1, 1, 2, 2])]), /enlarges/] },
  },
};

function pooledOf(operand: Build): Build {
  return (g) => g.op("GlobalAveragePool", [operand(g)]);
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

for (const op of endings) {
  test(`${op} is left out at an output, and refused anywhere else`, async () => {
    const logits = on(flat(active), op, undefined, op === "ArgMax" ? { axis: 1 } : {});
    const last = graph(op, on(logits, "Identity"));
    const { notes } = await assertBuiltSame(last);
    assertContains(notes.join("\n"), `${op} '`);
    const within = graph(op, (g) => g.relu(g.op(op, [signed(g)])));
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
