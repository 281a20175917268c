/** Model files taken apart, changed where nobody should, and put together again, offsets and all. */

import { stateChecksum } from "../../../convert/write/checksum.ts";
import { elementSize, type RawTensor, readContainer, type Scalar, ValueType } from "../../reference/container.ts";

/** As in a file, but that a string may be given as bytes that are not UTF-8. */
export type LooseScalar = Scalar | Uint8Array;

export interface LooseEntry {
  type: number;
  value: LooseScalar | LooseScalar[];
}

export class ModelFile {
  version: number;
  alignment: number;
  keys: [name: string, entry: LooseEntry][];
  tensors: RawTensor[];

  constructor(bytes: Uint8Array) {
    const { version, alignment, keys, tensors } = readContainer(bytes);
    this.version = version;
    this.alignment = alignment;
    this.keys = [...keys];
    this.tensors = tensors;
  }

  entry(key: string): LooseEntry {
    const found = this.keys.find(([name]) => name === key);
    if (found === undefined) throw new Error(`no key ${key}`);
    return found[1];
  }

  /** The array under a key, to be changed in place. */
  column(key: string): LooseScalar[] {
    return this.entry(key).value as LooseScalar[];
  }

  set(key: string, value: LooseScalar): void {
    this.entry(key).value = value;
  }

  add(key: string, type: keyof typeof ValueType, value: LooseScalar | LooseScalar[]): void {
    this.keys.push([key, { type: ValueType[type], value }]);
  }

  remove(key: string): void {
    this.keys = this.keys.filter(([name]) => name !== key);
  }

  tensor(name: string): RawTensor {
    const found = this.tensors.find((tensor) => tensor.name === name);
    if (found === undefined) throw new Error(`no tensor ${name}`);
    return found;
  }

  removeTensor(name: string): void {
    this.tensors = this.tensors.filter((tensor) => tensor.name !== name);
  }

  /** Gives a tensor a type and a shape, fastest dimension first, and as many zero bytes as they need. */
  reshape(name: string, type: number, dimensions: number[]): void {
    const size = dimensions.reduce((product, n) => product * n, 1) * elementSize(type);
    Object.assign(this.tensor(name), { type, dimensions, data: new Uint8Array(size) });
  }

  /** Writes one element of a tensor. */
  poke(name: string, method: "setInt8" | "setInt16" | "setInt32" | "setFloat32", index: number, value: number): void {
    const { data, type } = this.tensor(name);
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    view[method](index * elementSize(type), value, true);
  }

  /** Places tensors one after the other, each aligned. */
  layOut(): void {
    let offset = 0;
    for (const tensor of this.tensors) {
      tensor.offset = offset;
      offset += Math.ceil(tensor.data.length / this.alignment) * this.alignment;
    }
  }

  /** The file's bytes, tensors at the offsets they claim unless those are absurd. */
  bytes(): Uint8Array {
    const out: number[] = [];
    const number = (size: number, write: (view: DataView) => void) => {
      const view = new DataView(new ArrayBuffer(size));
      write(view);
      out.push(...new Uint8Array(view.buffer));
    };
    const u32 = (value: number) => number(4, (view) => view.setUint32(0, value, true));
    const u64 = (value: number) => number(8, (view) => view.setBigUint64(0, BigInt(value), true));
    const text = (value: LooseScalar) => {
      const encoded = value instanceof Uint8Array ? value : new TextEncoder().encode(String(value));
      u64(encoded.length);
      for (const byte of encoded) out.push(byte);
    };
    const scalar = (type: number, value: LooseScalar) => {
      if (type === ValueType.string) text(value);
      else if (type === ValueType.u64 || type === ValueType.i64) u64(Number(value));
      else if (type === ValueType.f64) number(8, (view) => view.setFloat64(0, Number(value), true));
      else if (type === ValueType.f32) number(4, (view) => view.setFloat32(0, Number(value), true));
      else if (type === ValueType.u16 || type === ValueType.i16)
        number(2, (view) => view.setUint16(0, Number(value), true));
      else if (type === ValueType.u32 || type === ValueType.i32) u32(Number(value));
      else out.push(Number(value) & 255);
    };

    out.push(...new TextEncoder().encode("GGUF"));
    u32(this.version);
    u64(this.tensors.length);
    u64(this.keys.length);
    for (const [name, { type, value }] of this.keys) {
      text(name);
      if (Array.isArray(value)) {
        u32(ValueType.array);
        u32(type);
        u64(value.length);
        for (const element of value) scalar(type, element);
      } else {
        u32(type);
        scalar(type, value);
      }
    }
    for (const { name, dimensions, type, offset } of this.tensors) {
      text(name);
      u32(dimensions.length);
      for (const size of dimensions) u64(size);
      u32(type);
      u64(offset);
    }
    const start = Math.ceil(out.length / this.alignment) * this.alignment;
    const placed = this.tensors.filter(({ offset }) => offset < 2 ** 24);
    const end = start + Math.max(0, ...placed.map(({ offset, data }) => offset + data.length));
    const file = new Uint8Array(Math.ceil(end / this.alignment) * this.alignment);
    file.set(out);
    for (const { offset, data } of placed) file.set(data, start + offset);
    stateChecksum(file);
    return file;
  }
}
