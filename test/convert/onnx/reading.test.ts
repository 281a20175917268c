import assert from "node:assert/strict";
import { test } from "uvu";
import { ConversionError } from "../../../convert/errors.ts";
import { readModel } from "../../../convert/graph/model.ts";
import { halfToNumber } from "../../../convert/onnx/half.ts";
import { parseModel } from "../../../convert/onnx/parse.ts";
import { onnx } from "../../../convert/onnx/schema/onnx.js";
import { assertSame } from "../../support/convert/compare.ts";
import { bytesOf, DataType, OnnxBuilder } from "../../support/convert/onnx-builder.ts";

function small(options = {}): OnnxBuilder {
  const g = new OnnxBuilder(options);
  g.output(g.conv(g.relu(g.conv(g.input, 2, 4, [3, 3])), 4, 3, [1, 1]));
  return g;
}

const isBadModel = (pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof ConversionError, String(error));
  assert.equal(error.code, "bad-model");
  assert.match(error.message, pattern);
  return true;
};

test("every opset from 7 on", async () => {
  for (let opset = 7; opset <= 22; opset++) await assertSame(small({ opset }));
});

test("an older opset is refused", () => {
  assert.throws(() => parseModel(small({ opset: 6 }).encode()), /operator set 6; 7 and newer/);
});

test("truncated and foreign bytes are no ONNX model", () => {
  const bytes = small().encode();
  assert.throws(() => parseModel(new Uint8Array(0)), isBadModel(/empty/));
  assert.throws(
    () => parseModel(new TextEncoder().encode("GIF89a, or any other file")),
    isBadModel(/not an ONNX model/),
  );
  assert.throws(() => parseModel(new Uint8Array(1000)), isBadModel(/not an ONNX model/));
  for (let length = 1; length < bytes.length - 30; length += 23) {
    assert.throws(() => parseModel(bytes.subarray(0, length)), isBadModel(/not an ONNX model/), `${length} bytes`);
  }
});

test("an initializer whose data does not fill its shape is named", async () => {
  const g = new OnnxBuilder();
  const weight = g.initializer({ dims: [4, 2, 3, 3], dataType: DataType.FLOAT, floatData: [1, 2, 3] });
  g.output(g.op("Conv", [g.input, weight]));
  const { constants } = parseModel(g.encode());
  assert.throws(() => constants.get(weight)!(), isBadModel(new RegExp(`'${weight}'.*3 values.*4,2,3,3`)));
  await assert.rejects(readModel(g.encode()), isBadModel(/does not run/));
});

test("what the runtime says of a model is told without its functions, files and bytes that are no text", async () => {
  const relu = (g: OnnxBuilder) => g.relu(g.input);
  const models: Record<string, (g: OnnxBuilder) => string> = {
    "Calculated output dimension is negative": (g) => g.op("MaxPool", [relu(g)], { kernel_shape: [90, 9] }),
    "cannot be reshaped": (g) => g.op("Reshape", [relu(g), g.ints([7, 9])]),
    "Gather '.*': indices element out of data bounds": (g) => g.op("Gather", [relu(g), g.ints([99])], { axis: 1 }),
    "Incompatible dimensions": (g) => g.op("Add", [relu(g), g.random([17])]),
    "Conv '.*': Input channels C is not equal": (g) => g.op("Conv", [g.input, g.random([3, 5, 3, 3])]),
    "repeated value": (g) => g.op("Transpose", [relu(g)], { perm: [0, 1, 1, 2] }),
  };
  for (const [found, build] of Object.entries(models)) {
    const g = new OnnxBuilder();
    g.output(build(g));
    await assert.rejects(readModel(g.encode()), (error: Error) => {
      isBadModel(new RegExp(`^the ONNX model does not run: .*${found}`))(error);
      assert.doesNotMatch(error.message, /::|\.(cc|h):|[\p{Cc}\ufffd]|\b(void|int64_t|const)\b/u);
      return true;
    });
  }
  // Of functions that are templates.
  const olds: [number, string, (g: OnnxBuilder) => string][] = [
    [7, "All inputs must have the same shape", (g) => g.op("Mean", [relu(g), g.random([3, 1])])],
    [9, "ScalesValidation Scale value", (g) => g.op("Upsample", [relu(g), g.floats([4], [1, 1, 0.5, 0.5])])],
  ];
  for (const [opset, found, build] of olds) {
    const g = new OnnxBuilder({ opset });
    g.output(build(g));
    await assert.rejects(readModel(g.encode()), (error: Error) => {
      isBadModel(new RegExp(found))(error);
      assert.doesNotMatch(error.message, /::|\[\w+ = |ONNXRuntimeError|\b(virtual|const)\b/);
      return true;
    });
  }
  const late = small({ opset: 99 });
  await assert.rejects(readModel(late.encode()), isBadModel(/^the ONNX model does not run: ONNX Runtime .*Opset 99/));
});

test("a shape far larger than its data, in any float type", async () => {
  for (const dataType of [DataType.FLOAT, DataType.DOUBLE, DataType.FLOAT16]) {
    for (const data of [{ rawData: new Uint8Array(8) }, { floatData: [1], doubleData: [1], int32Data: [1] }]) {
      const g = new OnnxBuilder();
      const weight = g.initializer({ dims: [1e6, 1e6], dataType, ...data });
      g.output(g.op("MatMul", [g.input, weight]));
      const read = () => parseModel(g.encode()).constants.get(weight)!();
      assert.throws(read, isBadModel(new RegExp(`'${weight}': found \\d values for the shape \\[1000000,1000000\\]`)));
    }
  }
});

test("tensors of every number type, in raw and in typed fields", () => {
  const g = new OnnxBuilder();
  const values = [0, 1, 3, 2];
  const raw: [number, ArrayBufferView][] = [
    [DataType.FLOAT, Float32Array.from(values)],
    [DataType.DOUBLE, Float64Array.from(values)],
    [DataType.FLOAT16, Uint16Array.of(0, 0x3c00, 0x4200, 0x4000)],
    [DataType.BFLOAT16, Uint16Array.of(0, 0x3f80, 0x4040, 0x4000)],
    [DataType.INT8, Int8Array.from(values)],
    [DataType.UINT8, Uint8Array.from(values)],
    [DataType.INT16, Int16Array.from(values)],
    [DataType.UINT16, Uint16Array.from(values)],
    [DataType.INT32, Int32Array.from(values)],
    [DataType.UINT32, Uint32Array.from(values)],
    [DataType.INT64, BigInt64Array.from(values, BigInt)],
    [DataType.UINT64, BigUint64Array.from(values, BigInt)],
  ];
  const names = raw.map(([dataType, data]) => g.initializer({ dims: [2, 2], dataType, rawData: bytesOf(data) }));
  const typed: [number, object][] = [
    [DataType.FLOAT, { floatData: values }],
    [DataType.DOUBLE, { doubleData: values }],
    [DataType.INT64, { int64Data: values }],
    [DataType.UINT64, { uint64Data: values }],
    [DataType.UINT32, { uint64Data: values }],
    [DataType.INT8, { int32Data: values }],
    [DataType.INT32, { int32Data: values }],
    [DataType.FLOAT16, { int32Data: [0, 0x3c00, 0x4200, 0x4000] }],
    [DataType.BFLOAT16, { int32Data: [0, 0x3f80, 0x4040, 0x4000] }],
  ];
  names.push(...typed.map(([dataType, field]) => g.initializer({ dims: [2, 2], dataType, ...field })));
  g.output(g.relu(g.input));
  const { constants } = parseModel(g.encode());
  for (const name of names) {
    const tensor = constants.get(name)!();
    assert.deepEqual([...tensor.data], values, name);
    assert.deepEqual(tensor.dims, [2, 2]);
  }
});

test("half precision: every kind of number", () => {
  const cases: [number, number][] = [
    [0x0000, 0],
    [0x8000, -0],
    [0x0001, 2 ** -24],
    [0x03ff, 1023 * 2 ** -24],
    [0x0400, 2 ** -14],
    [0xc500, -5],
    [0x7bff, 65504],
    [0x7c00, Number.POSITIVE_INFINITY],
    [0xfc00, Number.NEGATIVE_INFINITY],
  ];
  for (const [bits, value] of cases) assert.ok(Object.is(halfToNumber(bits), value), `0x${bits.toString(16)}`);
  assert.ok(Number.isNaN(halfToNumber(0x7e00)));
});

test("a half precision model: weights, input and Cast", async () => {
  const g = new OnnxBuilder();
  const half = (dims: number[], data: number[]) =>
    g.initializer({ dims, dataType: DataType.FLOAT16, rawData: bytesOf(Uint16Array.from(data)) });
  g.graph.input = [g.value("input", ["N", 2, 5, 5], DataType.FLOAT16)];
  // 0x3800 is 0.5, 0xb400 −0.25, 0x3c00 1, 0x2e66 about 0.1.
  const weight = half([2, 2, 1, 1], [0x3800, 0xb400, 0x3c00, 0x2e66]);
  const rectified = g.relu(g.op("Conv", [g.input, weight]));
  g.output(g.conv(g.op("Cast", [rectified], { to: DataType.FLOAT }), 2, 3, [3, 3]));
  await assertSame(g);
});

test("a double precision model", async () => {
  const g = new OnnxBuilder({ input: [1, 4] });
  g.graph.input = [g.value("input", [1, 4], DataType.DOUBLE)];
  const data = Float64Array.from(g.numbers([4, 3]));
  const weight = g.initializer({ dims: [4, 3], dataType: DataType.DOUBLE, rawData: bytesOf(data) });
  g.output(g.op("MatMul", [g.input, weight]));
  await assertSame(g);
});

test("weights in an external file, at an offset", async () => {
  const g = new OnnxBuilder();
  const data = Float32Array.from(g.numbers([4, 2, 3, 3]));
  const file = new Uint8Array(64 + data.byteLength);
  file.set(bytesOf(data), 64);
  const weight = g.initializer({
    dims: [4, 2, 3, 3],
    dataType: DataType.FLOAT,
    dataLocation: onnx.TensorProto.DataLocation.EXTERNAL,
    externalData: [
      { key: "location", value: "weights.bin" },
      { key: "offset", value: "64" },
      { key: "length", value: String(data.byteLength) },
    ],
  });
  g.output(g.conv(g.relu(g.op("Conv", [g.input, weight])), 4, 2, [1, 1]));
  const asked: string[] = [];
  const external = (location: string) => {
    asked.push(location);
    return file;
  };
  await assertSame(g, undefined, { external });
  assert.deepEqual(new Set(asked), new Set(["weights.bin"]));
  await assert.rejects(readModel(g.encode()), isBadModel(/'weights.bin', which was not given/));
  const short = () => file.subarray(0, 100);
  await assert.rejects(readModel(g.encode(), { external: short }), isBadModel(/outside 'weights.bin'/));
});

test("a name of two tensors is refused, wherever they come from", async () => {
  const twice: Record<string, (g: OnnxBuilder) => void> = {
    initializers: (g) => g.graph.initializer!.push({ ...g.graph.initializer![0] }),
    "two nodes": (g) => g.op("Relu", [g.input], {}, { outputs: [g.graph.node![0].output![0]] }),
    "a node and an initializer": (g) => g.op("Relu", [g.input], {}, { outputs: [g.graph.initializer![0].name!] }),
    "a node and an input": (g) => g.op("Relu", [g.input], {}, { outputs: [g.input] }),
    "two inputs": (g) => g.graph.input!.push({ ...g.graph.input![0] }),
  };
  for (const [what, make] of Object.entries(twice)) {
    const g = small();
    make(g);
    await assert.rejects(readModel(g.encode()), isBadModel(/gives the tensor '\w+' twice/), what);
  }
});

test("where external data lie is told in whole numbers, once", () => {
  const at = (...entries: [key: string, value: string][]) => {
    const g = new OnnxBuilder();
    const weight = g.initializer({
      dims: [2, 2, 1, 1],
      dataType: DataType.FLOAT,
      dataLocation: onnx.TensorProto.DataLocation.EXTERNAL,
      externalData: [["location", "w"] as const, ...entries].map(([key, value]) => ({ key, value })),
    });
    g.output(g.op("Conv", [g.input, weight]));
    return g.encode();
  };
  const external = () => new Uint8Array(32);
  for (const value of ["-1", "4.5", "1e1", "0x10", " 4", "", "NaN", "Infinity", "9007199254740993"]) {
    for (const key of ["offset", "length"]) {
      assert.throws(() => parseModel(at([key, value]), external), isBadModel(/whole numbers of bytes are supported/));
    }
  }
  const outside: [string, string][][] = [
    [["offset", "33"]],
    [["length", "33"]],
    [
      ["offset", "32"],
      ["length", "1"],
    ],
  ];
  for (const entries of outside) {
    assert.throws(() => parseModel(at(...entries), external), isBadModel(/lie outside 'w', which has 32/));
  }
  assert.throws(() => parseModel(at(["location", "other"]), external), isBadModel(/says twice where/));
});

test("initializers that are also listed as inputs", async () => {
  const g = small({ opset: 8 });
  for (const { name, dims } of g.graph.initializer!) g.graph.input!.push(g.value(name!, dims as number[]));
  await assertSame(g);
});

test("nodes and constants that lead to no output are left out", async () => {
  const g = small();
  g.op("LSTM", [g.input, g.random([1, 4, 4]), g.random([1, 4, 4])], { hidden_size: 1 });
  await assertSame(g);
});

test.run();
