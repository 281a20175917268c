/** Reads constant tensors of any element type. */

import { ConversionError } from "../errors.ts";
import { halfToNumber } from "./half.ts";
import { onnx } from "./schema/onnx.js";

const { DataType } = onnx.TensorProto;

/** A constant of the graph: floats as single or double precision, integers and booleans as doubles; row-major. */
export interface Tensor {
  readonly dims: readonly number[];
  readonly data: Float32Array | Float64Array;
}

/** A protobuf integer, which the library gives as a number or as a `Long`. */
type Integer = number | { toNumber(): number };

/** The number in a protobuf integer; 0 where the field is absent. Exact up to 2^53. */
export const toNumber = (value: Integer | null | undefined): number =>
  typeof value === "number" ? value : (value?.toNumber() ?? 0);

const BYTES: Readonly<Record<number, number>> = {
  [DataType.FLOAT]: 4,
  [DataType.DOUBLE]: 8,
  [DataType.FLOAT16]: 2,
  [DataType.BFLOAT16]: 2,
  [DataType.INT8]: 1,
  [DataType.UINT8]: 1,
  [DataType.BOOL]: 1,
  [DataType.INT16]: 2,
  [DataType.UINT16]: 2,
  [DataType.INT32]: 4,
  [DataType.UINT32]: 4,
  [DataType.INT64]: 8,
  [DataType.UINT64]: 8,
};

const READERS: Readonly<Record<number, (view: DataView, at: number) => number>> = {
  [DataType.FLOAT]: (v, at) => v.getFloat32(at, true),
  [DataType.DOUBLE]: (v, at) => v.getFloat64(at, true),
  [DataType.FLOAT16]: (v, at) => halfToNumber(v.getUint16(at, true)),
  [DataType.BFLOAT16]: (v, at) => brainToNumber(v.getUint16(at, true)),
  [DataType.INT8]: (v, at) => v.getInt8(at),
  [DataType.UINT8]: (v, at) => v.getUint8(at),
  [DataType.BOOL]: (v, at) => v.getUint8(at),
  [DataType.INT16]: (v, at) => v.getInt16(at, true),
  [DataType.UINT16]: (v, at) => v.getUint16(at, true),
  [DataType.INT32]: (v, at) => v.getInt32(at, true),
  [DataType.UINT32]: (v, at) => v.getUint32(at, true),
  [DataType.INT64]: (v, at) => Number(v.getBigInt64(at, true)),
  [DataType.UINT64]: (v, at) => Number(v.getBigUint64(at, true)),
};

function brainToNumber(bits: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, bits << 16);
  return view.getFloat32(0);
}

/** Name of an ONNX element type, for messages. */
export const typeName = (type: number): string =>
  type === DataType.UNDEFINED ? "none" : (DataType[type]?.toLowerCase() ?? `type ${type}`);

/** True for the ONNX element types float, double, float16 and bfloat16. */
export const isFloatType = (type: number): boolean =>
  type === DataType.FLOAT || type === DataType.DOUBLE || type === DataType.FLOAT16 || type === DataType.BFLOAT16;

/**
 * Reads a tensor whose data is in the message itself, in a raw or a typed field.
 * @throws ConversionError (`bad-model`) where type and sizes do not fit together
 */
export function readTensor(proto: onnx.ITensorProto, name: string): Tensor {
  const dims = (proto.dims ?? []).map(toNumber);
  const count = dims.reduce((product, size) => product * size, 1);
  const type = proto.dataType ?? 0;
  const bytes = BYTES[type];
  if (!bytes || dims.some((size) => size < 0)) {
    throw new ConversionError(
      "bad-model",
      `tensor '${name}': found element type ${typeName(type)} and shape [${dims}]; floats, integers and booleans are supported`,
    );
  }
  const check = (found: number) => {
    if (found !== count) {
      throw new ConversionError("bad-model", `tensor '${name}': found ${found} values for the shape [${dims}]`);
    }
  };
  // Only sizes that the data bears out are allocated.
  const allocate = () =>
    type === DataType.FLOAT || type === DataType.FLOAT16 || type === DataType.BFLOAT16
      ? new Float32Array(count)
      : new Float64Array(count);
  const raw = proto.rawData;
  if (raw && raw.length > 0) {
    check(raw.length / bytes);
    // Engines are little-endian, as raw data is.
    if (type === DataType.FLOAT) return { dims, data: new Float32Array(new Uint8Array(raw).buffer) };
    const data = allocate();
    const view = new DataView(raw.buffer, raw.byteOffset, raw.length);
    const read = READERS[type];
    for (let k = 0; k < count; k++) data[k] = read(view, k * bytes);
    return { dims, data };
  }
  const typed = typedField(proto, type);
  check(typed.length);
  const data = allocate();
  for (let k = 0; k < count; k++) data[k] = typed(k);
  return { dims, data };
}

/** Bytes from which constants are read anew when they are asked for again, but for the last: weights are, once. */
const LARGE = 1 << 20;

/** Makes readers of a graph's constants, which are read when they are first asked for; of the large ones only the last read is kept. */
export function constantReaders(): (proto: onnx.ITensorProto, name: string) => () => Tensor {
  let lastLarge: { readonly of: onnx.ITensorProto; readonly tensor: Tensor } | null = null;
  return (proto, name) => {
    const read = () => readTensor(proto, name);
    if ((proto.rawData?.length ?? 0) < LARGE) return once(read);
    return () => {
      if (lastLarge?.of !== proto) lastLarge = { of: proto, tensor: read() };
      return lastLarge.tensor;
    };
  };
}

/** Adds a constant to a graph. */
export function addConstant(graph: onnx.IGraphProto, tensor: onnx.ITensorProto): void {
  // A list that was absent is one that all messages share.
  if (graph.initializer?.length) graph.initializer.push(tensor);
  else graph.initializer = [tensor];
}

/** What is made when it is first asked for. */
export function once<T>(make: () => T): () => T {
  let value: T | undefined;
  return () => {
    value ??= make();
    return value;
  };
}

function typedField(proto: onnx.ITensorProto, type: number): { readonly length: number; (index: number): number } {
  const reader = <T>(values: readonly T[] | null | undefined, convert: (value: T) => number) => {
    const list = values ?? [];
    const read = (index: number) => convert(list[index]);
    return Object.defineProperty(read, "length", { value: list.length }) as { readonly length: number } & typeof read;
  };
  switch (type) {
    case DataType.FLOAT:
      return reader(proto.floatData, Number);
    case DataType.DOUBLE:
      return reader(proto.doubleData, Number);
    case DataType.INT64:
      return reader(proto.int64Data, toNumber);
    case DataType.UINT64:
    case DataType.UINT32:
      return reader(proto.uint64Data, toNumber);
    case DataType.FLOAT16:
      return reader(proto.int32Data, halfToNumber);
    case DataType.BFLOAT16:
      return reader(proto.int32Data, brainToNumber);
    default:
      return reader(proto.int32Data, Number);
  }
}
