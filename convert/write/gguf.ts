/** Writes GGUF version 3, the container of docs/format.md. */

const ALIGNMENT = 32;

const GgufType = { u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9, u64: 10, f64: 12 } as const;
const SIZE = { u32: 4, i32: 4, f32: 4, bool: 1, u64: 8, f64: 8 } as const;
type ScalarType = "u32" | "i32" | "f32" | "bool" | "string" | "u64" | "f64";

const TENSOR_TYPE = new Map<unknown, number>([
  [Float32Array, 0],
  [Int8Array, 24],
  [Int16Array, 25],
  [Int32Array, 26],
]);

type TensorData = Float32Array | Int8Array | Int16Array | Int32Array;

/** A tensor of the file. */
export interface Tensor {
  readonly name: string;
  /** Row-major shape, slowest dimension first; stored fastest first. */
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** The value of a key: a scalar, or an array of one type. */
export type Value =
  | { readonly type: ScalarType; readonly value: number | string | boolean }
  | { readonly type: ScalarType; readonly values: readonly (number | string | boolean)[] };

class ByteWriter {
  #bytes = new Uint8Array(1 << 16);
  #view = new DataView(this.#bytes.buffer);
  length = 0;

  #reserve(count: number): number {
    const at = this.length;
    this.length += count;
    if (this.length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.length, this.#bytes.length * 2));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }

  scalar(type: ScalarType, value: number | string | boolean): void {
    if (type === "string") {
      const text = new TextEncoder().encode(String(value));
      this.scalar("u64", text.length);
      this.bytes(text);
      return;
    }
    // Reserving may replace the view, so it comes first.
    const at = this.#reserve(SIZE[type]);
    if (type === "u64") this.#view.setBigUint64(at, BigInt(Number(value)), true);
    else if (type === "f64") this.#view.setFloat64(at, Number(value), true);
    else if (type === "f32") this.#view.setFloat32(at, Number(value), true);
    else if (type === "bool") this.#view.setUint8(at, value ? 1 : 0);
    else if (type === "i32") this.#view.setInt32(at, Number(value), true);
    else this.#view.setUint32(at, Number(value), true);
  }

  bytes(data: Uint8Array): void {
    const at = this.#reserve(data.length);
    this.#bytes.set(data, at);
  }

  align(): void {
    this.#reserve((ALIGNMENT - (this.length % ALIGNMENT)) % ALIGNMENT);
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.length);
  }
}

/** Typed arrays go to the file as they lie in memory; only big-endian machines, which no engine runs on, would differ. */
const rawBytes = (data: TensorData) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** Encodes keys and tensors, in the order given, as one GGUF v3 file. */
export function writeGguf(keys: ReadonlyMap<string, Value>, tensors: readonly Tensor[]): Uint8Array {
  const out = new ByteWriter();
  out.bytes(new TextEncoder().encode("GGUF"));
  out.scalar("u32", 3);
  out.scalar("u64", tensors.length);
  out.scalar("u64", keys.size);
  for (const [key, entry] of keys) {
    out.scalar("string", key);
    if ("values" in entry) {
      out.scalar("u32", GgufType.array);
      out.scalar("u32", GgufType[entry.type]);
      out.scalar("u64", entry.values.length);
      for (const value of entry.values) out.scalar(entry.type, value);
    } else {
      out.scalar("u32", GgufType[entry.type]);
      out.scalar(entry.type, entry.value);
    }
  }
  let offset = 0;
  for (const { name, shape, data } of tensors) {
    out.scalar("string", name);
    out.scalar("u32", shape.length);
    for (const size of [...shape].reverse()) out.scalar("u64", size);
    out.scalar("u32", TENSOR_TYPE.get(data.constructor)!);
    out.scalar("u64", offset);
    offset += Math.ceil(data.byteLength / ALIGNMENT) * ALIGNMENT;
  }
  out.align();
  for (const { data } of tensors) {
    out.bytes(rawBytes(data));
    out.align();
  }
  return out.finish();
}
