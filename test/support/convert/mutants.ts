/** Changes ONNX models the way that a broken exporter, a bad disk or somebody hostile would. */

import { onnx } from "../../../convert/onnx/schema/onnx.js";
import type { Choices } from "../core/choices.ts";
import { DataType } from "./onnx-builder.ts";

const { AttributeType } = onnx.AttributeProto;

/** Numbers that a size, an axis, a stride or a place may be and should not. */
const NUMBERS = [
  0,
  1,
  2,
  3,
  -1,
  -2,
  7,
  64,
  255,
  65_536,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31),
  2 ** 40,
  2 ** 53,
  -(2 ** 53),
];
const FLOATS = [0, -0, 1, -1, 0.5, 1e-30, 1e30, 3.4e38, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
const TEXTS = [
  "",
  "SAME_UPPER",
  "VALID",
  "NOTSET",
  "linear",
  "nearest",
  "cubic",
  "reflect",
  "x".repeat(300),
  "\0",
  "\ud800",
];
const LOCATIONS = ["", "..", "../x", "/etc/passwd", "x\0y", "x", ".", "a/../../x", "C:\\x", "//x"];
const PLACES = ["0", "-1", "1", "9007199254740993", "1e3", "0x10", " 4", "", "NaN", "Infinity", "4.5"];

interface Drawn {
  readonly graph: onnx.IGraphProto;
  readonly model: onnx.IModelProto;
  readonly c: Choices;
}

const nodesOf = ({ graph }: Drawn) => graph.node ?? [];
const tensorsOf = ({ graph }: Drawn) => [
  ...(graph.initializer ?? []),
  ...(graph.node ?? []).flatMap(({ attribute }) => (attribute ?? []).flatMap(({ t }) => (t ? [t] : []))),
];

/** One of some things, if there is any. */
function one<T>(c: Choices, list: readonly T[], change: (item: T) => void): void {
  if (list.length > 0) change(c.pick(list));
}

function changeTensor(drawn: Drawn, tensor: onnx.ITensorProto): void {
  const { c } = drawn;
  const dims = [...(tensor.dims ?? [])].map(Number);
  const raw = tensor.rawData ?? new Uint8Array();
  c.pick<() => void>([
    () => {
      tensor.dims = dims.map((n, k) => (k === 0 ? c.pick(NUMBERS) : n));
    },
    () => {
      tensor.dims = dims.toReversed();
    },
    () => {
      tensor.dims = [...dims, c.pick(NUMBERS)];
    },
    () => {
      tensor.dims = dims.slice(1);
    },
    () => {
      tensor.dims = [];
    },
    () => {
      tensor.rawData = raw.slice(0, c.integer(0, raw.length));
    },
    () => {
      tensor.rawData = Uint8Array.from([...raw, ...raw]);
    },
    () => {
      tensor.rawData = raw.slice();
      if (raw.length > 0) tensor.rawData[c.integer(0, raw.length - 1)] ^= 1 << c.integer(0, 7);
    },
    () => {
      tensor.floatData = [1, 2, 3];
    },
    () => {
      tensor.int64Data = [c.pick(NUMBERS)];
    },
    () => {
      tensor.dataType = c.integer(0, 26);
    },
    () => asHalves(tensor, c.oneIn(2) ? DataType.FLOAT16 : DataType.BFLOAT16),
    () => asDoubles(tensor),
    () => {
      tensor.dataType = DataType.STRING;
      tensor.stringData = [Uint8Array.of(65)];
    },
    () => {
      tensor.segment = { begin: 0, end: c.pick(NUMBERS) };
    },
    () => {
      tensor.dataLocation = onnx.TensorProto.DataLocation.EXTERNAL;
      tensor.externalData = [
        { key: "location", value: c.pick(LOCATIONS) },
        { key: "offset", value: c.pick(PLACES) },
        ...(c.oneIn(2) ? [{ key: "length", value: c.pick(PLACES) }] : []),
      ];
    },
    () => {
      tensor.name = c.pick(["", "input", ...tensorsOf(drawn).map(({ name }) => name ?? "")]);
    },
  ])();
}

/** The same numbers in half or brain precision, as far as they go. */
function asHalves(tensor: onnx.ITensorProto, dataType: number): void {
  const values = floatsOf(tensor);
  if (!values) return;
  const view = new DataView(new ArrayBuffer(4));
  const brain = (value: number) => {
    view.setFloat32(0, value);
    return view.getUint16(0);
  };
  const half = (value: number) => {
    const [sign, size] = [value < 0 ? 0x8000 : 0, Math.abs(value)];
    if (size < 2 ** -14) return sign | Math.round(size * 2 ** 24);
    const exponent = Math.min(15, Math.floor(Math.log2(size)));
    return sign | ((exponent + 15) << 10) | Math.floor((size / 2 ** exponent - 1) * 1024);
  };
  const bits = Uint16Array.from(values, dataType === DataType.FLOAT16 ? half : brain);
  Object.assign(tensor, { dataType, rawData: new Uint8Array(bits.buffer), floatData: [] });
}

function asDoubles(tensor: onnx.ITensorProto): void {
  const values = floatsOf(tensor);
  if (!values) return;
  const rawData = new Uint8Array(Float64Array.from(values).buffer);
  Object.assign(tensor, { dataType: DataType.DOUBLE, rawData, floatData: [] });
}

const floatsOf = ({ dataType, rawData }: onnx.ITensorProto): Float32Array | null =>
  dataType === DataType.FLOAT && rawData && rawData.length % 4 === 0
    ? new Float32Array(new Uint8Array(rawData).buffer)
    : null;

function changeAttribute({ c }: Drawn, node: onnx.INodeProto): void {
  const list = [...(node.attribute ?? [])];
  node.attribute = list;
  const name = c.pick([
    "axis",
    "axes",
    "pads",
    "strides",
    "kernel_shape",
    "group",
    "perm",
    "to",
    "mode",
    "alpha",
    "keepdims",
  ]);
  c.pick<() => void>([
    () =>
      one(c, list, (attribute) => {
        if (attribute.ints?.length) {
          const ints = [...attribute.ints].map(Number);
          ints[c.integer(0, ints.length - 1)] = c.pick(NUMBERS);
          attribute.ints = ints;
        } else if (attribute.type === AttributeType.FLOAT) attribute.f = c.pick(FLOATS);
        else if (attribute.type === AttributeType.STRING) attribute.s = new TextEncoder().encode(c.pick(TEXTS));
        else attribute.i = c.pick(NUMBERS);
      }),
    () => one(c, list, (attribute) => Object.assign(attribute, { type: c.integer(0, 14) })),
    () => one(c, list, (attribute) => Object.assign(attribute, { ints: [...(attribute.ints ?? []), c.pick(NUMBERS)] })),
    () => one(c, list, (attribute) => list.splice(list.indexOf(attribute), 1)),
    () => one(c, list, (attribute) => list.push({ ...attribute, i: c.pick(NUMBERS) })),
    () => list.push({ name, type: AttributeType.INT, i: c.pick(NUMBERS) }),
    () => list.push({ name, type: AttributeType.INTS, ints: [c.pick(NUMBERS), c.pick(NUMBERS)] }),
    () => list.push({ name, type: AttributeType.FLOAT, f: c.pick(FLOATS) }),
    () =>
      list.push({
        name: "then_branch",
        type: AttributeType.GRAPH,
        g: { name: "inner", node: [{ ...node, attribute: [] }], output: [] },
      }),
    () => list.push({ name: "ref", type: AttributeType.FLOAT, refAttrName: "alpha" }),
  ])();
}

function changeNode(drawn: Drawn, node: onnx.INodeProto): void {
  const { c, graph } = drawn;
  const names = [
    ...["", "input", "nothing"],
    ...(graph.node ?? []).flatMap(({ output }) => output ?? []),
    ...tensorsOf(drawn).map(({ name }) => name ?? ""),
  ];
  const inputs = [...(node.input ?? [])];
  const outputs = [...(node.output ?? [])];
  const operators = (graph.node ?? []).map(({ opType }) => opType ?? "");
  c.pick<() => void>([
    () => {
      if (inputs.length > 0) inputs[c.integer(0, inputs.length - 1)] = c.pick(names);
    },
    () => inputs.push(c.pick(names)),
    () => inputs.pop(),
    () => inputs.reverse(),
    () => {
      outputs[0] = c.pick(names);
    },
    () => outputs.push(c.pick([...names, "more"])),
    () => outputs.pop(),
    () => {
      node.opType = c.pick([
        "Relu",
        "If",
        "Loop",
        "Scan",
        "LSTM",
        "Cast",
        "Split",
        "Shape",
        "",
        "Nothing",
        ...operators,
      ]);
    },
    () => {
      node.domain = c.pick(["ai.onnx", "com.microsoft", "ai.onnx.ml", "x".repeat(300)]);
    },
    () => {
      node.name = c.pick(["", "\0", "n".repeat(100_000), ...operators]);
    },
  ])();
  Object.assign(node, { input: inputs, output: outputs });
}

function changeGraph({ c, graph, model }: Drawn): void {
  const value = (list: readonly onnx.IValueInfoProto[] | null | undefined, change: (v: onnx.IValueInfoProto) => void) =>
    one(c, list ?? [], change);
  const inner = {
    name: "f",
    domain: "own",
    input: ["x"],
    output: ["y"],
    node: [{ opType: "Relu", input: ["x"], output: ["y"] }],
  };
  c.pick<() => void>([
    () => value(graph.input, (v) => Object.assign(v.type?.tensorType ?? {}, { elemType: c.integer(0, 26) })),
    () =>
      value(graph.input, (v) => {
        const dims = v.type?.tensorType?.shape?.dim ?? [];
        if (dims.length > 0) Object.assign(c.pick(dims), { dimValue: c.pick(NUMBERS), dimParam: undefined });
      }),
    () => value(graph.input, (v) => Object.assign(v.type?.tensorType ?? {}, { shape: null })),
    () => value(graph.input, (v) => Object.assign(v, { type: { sequenceType: { elemType: {} } } })),
    () => value(graph.input, (v) => Object.assign(v, { name: c.pick(["", "other"]) })),
    () => value(graph.output, (v) => Object.assign(v, { name: c.pick(["", "input", "nothing"]) })),
    () => value(graph.output, (v) => Object.assign(v, { type: { tensorType: { elemType: c.integer(0, 26) } } })),
    () => {
      graph.input = [...(graph.input ?? []), ...(graph.input ?? [])];
    },
    () => {
      graph.output = [...(graph.output ?? []), ...(graph.output ?? [])];
    },
    () => {
      graph.input = [];
    },
    () => {
      graph.output = [];
    },
    () => {
      graph.node = [...(graph.node ?? [])].reverse();
    },
    () => {
      graph.node = [...(graph.node ?? []), ...(graph.node ?? [])];
    },
    () => one(c, graph.node ?? [], (node) => (graph.node ?? []).splice((graph.node ?? []).indexOf(node), 1)),
    () => one(c, graph.initializer ?? [], (tensor) => graph.initializer!.push({ ...tensor, dims: [1] })),
    () =>
      one(c, graph.initializer ?? [], (tensor) => {
        graph.input = [...(graph.input ?? []), { name: tensor.name ?? "", type: { tensorType: { elemType: 1 } } }];
      }),
    () => {
      graph.sparseInitializer = [
        { values: { name: "s", dims: [1], dataType: 1, floatData: [1] }, dims: [c.pick(NUMBERS)] },
      ];
    },
    () => {
      graph.valueInfo = (graph.node ?? []).map(({ output }) => ({
        name: output?.[0] ?? "",
        type: { tensorType: { elemType: 7 } },
      }));
    },
    () => {
      model.opsetImport = c.pick([
        [],
        [{ domain: "", version: c.pick(NUMBERS) }],
        [{ domain: "own", version: 1 }],
        [...(model.opsetImport ?? []), ...(model.opsetImport ?? [])],
        [
          { domain: "", version: 13 },
          { domain: "", version: 7 },
        ],
      ]);
    },
    () => {
      model.irVersion = c.pick(NUMBERS);
    },
    () => {
      model.functions = [{ ...inner, opsetImport: [{ version: 13 }] }];
      one(c, graph.node ?? [], (node) => Object.assign(node, { domain: "own", opType: "f" }));
    },
  ])();
}

/** A model with one to three changes; now and then of its bytes. */
export function mutant(bytes: Uint8Array, c: Choices): Uint8Array {
  if (c.oneIn(6)) return changedBytes(bytes, c);
  const model = onnx.ModelProto.decode(bytes);
  const drawn: Drawn = { model, graph: model.graph!, c };
  for (let k = c.integer(1, 3); k > 0; k--) {
    c.pick<() => void>([
      () => one(c, tensorsOf(drawn), (tensor) => changeTensor(drawn, tensor)),
      () => one(c, nodesOf(drawn), (node) => changeAttribute(drawn, node)),
      () => one(c, nodesOf(drawn), (node) => changeNode(drawn, node)),
      () => changeGraph(drawn),
    ])();
  }
  return onnx.ModelProto.encode(model).finish();
}

function changedBytes(bytes: Uint8Array, c: Choices): Uint8Array {
  const changed = Uint8Array.from(bytes);
  const at = () => c.integer(0, bytes.length - 1);
  return c.pick<() => Uint8Array>([
    () => {
      for (let k = c.integer(1, 8); k > 0; k--) changed[at()] ^= 1 << c.integer(0, 7);
      return changed;
    },
    () => changed.subarray(0, at()),
    () => Uint8Array.from([...changed.subarray(0, at()), ...changed.subarray(at())]),
    () => {
      changed[at()] = c.pick([0, 0x7f, 0x80, 0xff]);
      return changed;
    },
    () => {
      const place = at();
      return Uint8Array.from([
        ...changed.subarray(0, place),
        ...Array<number>(10).fill(0xff),
        ...changed.subarray(place),
      ]);
    },
  ])();
}
