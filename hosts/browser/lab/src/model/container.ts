/** The GGUF container of a model file, for a page that shows weights. The core has checked the file before; this trusts it. */

export type Value = number | bigint | boolean | string | readonly Value[];

export interface Tensor {
  readonly type: number;
  /** Where its data begins in the file, and its length in elements. */
  readonly at: number;
  readonly length: number;
}

export interface Container {
  readonly keys: ReadonlyMap<string, Value>;
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/** Numbers of tensor types that a model file has. */
export const TensorType = { f32: 0, i8: 24, i16: 25, i32: 26 } as const;

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Reads keys and where tensors lie. */
export function readContainer(file: Uint8Array): Container {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  let at = 4 + 4;
  const u32 = () => {
    at += 4;
    return view.getUint32(at - 4, true);
  };
  const u64 = () => {
    at += 8;
    return Number(view.getBigUint64(at - 8, true));
  };
  const text = () => {
    const length = u64();
    at += length;
    return utf8.decode(file.subarray(at - length, at));
  };
  const sized = (size: number, read: (at: number) => Value) => (): Value => {
    at += size;
    return read(at - size);
  };
  const scalars: readonly (() => Value)[] = [
    sized(1, (i) => view.getUint8(i)),
    sized(1, (i) => view.getInt8(i)),
    sized(2, (i) => view.getUint16(i, true)),
    sized(2, (i) => view.getInt16(i, true)),
    sized(4, (i) => view.getUint32(i, true)),
    sized(4, (i) => view.getInt32(i, true)),
    sized(4, (i) => view.getFloat32(i, true)),
    sized(1, (i) => view.getUint8(i) !== 0),
    text,
    () => list(),
    sized(8, (i) => view.getBigUint64(i, true)),
    sized(8, (i) => view.getBigInt64(i, true)),
    sized(8, (i) => view.getFloat64(i, true)),
  ];
  const list = (): Value[] => {
    const read = scalars[u32()];
    return Array.from({ length: u64() }, () => read());
  };

  const tensorCount = u64();
  const keyCount = u64();
  const keys = new Map<string, Value>();
  for (let i = 0; i < keyCount; i++) {
    const name = text();
    keys.set(name, scalars[u32()]());
  }
  const infos = Array.from({ length: tensorCount }, () => {
    const name = text();
    const dims = Array.from({ length: u32() }, u64);
    const type = u32();
    return { name, type, length: dims.reduce((product, n) => product * n, 1), offset: u64() };
  });
  const alignment = Number(keys.get("general.alignment") ?? 32);
  const data = Math.ceil(at / alignment) * alignment;
  return {
    keys,
    tensors: new Map(infos.map(({ name, type, length, offset }) => [name, { type, length, at: data + offset }])),
  };
}
