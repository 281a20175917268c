/** Reads the GGUF v3 container of docs/format.md: typed keys and named tensors, nothing about spikes. */

/** GGUF's numbers for the types of values. */
export const ValueType = {
  u8: 0,
  i8: 1,
  u16: 2,
  i16: 3,
  u32: 4,
  i32: 5,
  f32: 6,
  bool: 7,
  string: 8,
  array: 9,
  u64: 10,
  i64: 11,
  f64: 12,
} as const;

/** GGUF's numbers for the types of tensors. */
export const TensorType = { f32: 0, i8: 24, i16: 25, i32: 26 } as const;

export type Scalar = number | string | boolean;

export interface Entry {
  /** Type of the value or, for an array, of its elements. */
  type: number;
  value: Scalar | Scalar[];
}

export interface RawTensor {
  name: string;
  type: number;
  /** Fastest dimension first, as stored. */
  dimensions: number[];
  /** Bytes from the start of the data section. */
  offset: number;
  data: Uint8Array;
}

export interface Container {
  version: number;
  alignment: number;
  keys: Map<string, Entry>;
  tensors: RawTensor[];
  /** Where, in the file, the header ends and the data section starts. */
  headerEnd: number;
  dataStart: number;
}

/** Bytes of one element of a tensor type. */
export function elementSize(type: number): number {
  if (type === TensorType.i8) return 1;
  if (type === TensorType.i16) return 2;
  if (type === TensorType.f32 || type === TensorType.i32) return 4;
  throw new Error(`tensor type ${type} has no meaning here`);
}

/** Reads a well-formed container; throws on anything else, without promising a helpful message. */
export function readContainer(bytes: Uint8Array): Container {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;

  const take = (count: number): number => {
    const start = at;
    at += count;
    return start;
  };
  const u32 = () => view.getUint32(take(4), true);
  const u64 = () => Number(view.getBigUint64(take(8), true));
  const text = () => {
    const length = u64();
    const start = take(length);
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(start, start + length));
  };
  const scalar = (type: number): Scalar => {
    switch (type) {
      case ValueType.u8:
        return view.getUint8(take(1));
      case ValueType.i8:
        return view.getInt8(take(1));
      case ValueType.u16:
        return view.getUint16(take(2), true);
      case ValueType.i16:
        return view.getInt16(take(2), true);
      case ValueType.u32:
        return u32();
      case ValueType.i32:
        return view.getInt32(take(4), true);
      case ValueType.f32:
        return view.getFloat32(take(4), true);
      case ValueType.bool:
        return view.getUint8(take(1)) !== 0;
      case ValueType.string:
        return text();
      case ValueType.u64:
        return u64();
      case ValueType.i64:
        return Number(view.getBigInt64(take(8), true));
      case ValueType.f64:
        return view.getFloat64(take(8), true);
      default:
        throw new Error(`value type ${type} is unknown`);
    }
  };

  if (String.fromCharCode(...bytes.subarray(0, 4)) !== "GGUF") throw new Error("not a GGUF file");
  take(4);
  const version = u32();
  if (version !== 3) throw new Error(`GGUF version ${version}, not 3`);
  const tensorCount = u64();
  const keyCount = u64();

  const keys = new Map<string, Entry>();
  for (let i = 0; i < keyCount; i++) {
    const name = text();
    const type = u32();
    if (type === ValueType.array) {
      const elementType = u32();
      const length = u64();
      const value: Scalar[] = [];
      for (let n = 0; n < length; n++) value.push(scalar(elementType));
      keys.set(name, { type: elementType, value });
    } else {
      keys.set(name, { type, value: scalar(type) });
    }
  }

  const tensors: RawTensor[] = [];
  for (let i = 0; i < tensorCount; i++) {
    const name = text();
    const dimensions: number[] = [];
    for (let left = u32(); left > 0; left--) dimensions.push(u64());
    tensors.push({ name, dimensions, type: u32(), offset: u64(), data: new Uint8Array() });
  }

  const alignment = Number(keys.get("general.alignment")?.value ?? 32);
  const headerEnd = at;
  const dataStart = Math.ceil(headerEnd / alignment) * alignment;
  for (const tensor of tensors) {
    const start = dataStart + tensor.offset;
    const size = tensor.dimensions.reduce((product, n) => product * n, 1) * elementSize(tensor.type);
    if (start + size > bytes.length) throw new Error(`tensor ${tensor.name} reaches beyond the end of the file`);
    tensor.data = bytes.slice(start, start + size);
  }
  return { version, alignment, keys, tensors, headerEnd, dataStart };
}
