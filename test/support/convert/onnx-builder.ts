/** Builds small ONNX models. */

import { onnx } from "../../../convert/onnx/schema/onnx.js";
import { random } from "../random.ts";

const { AttributeType } = onnx.AttributeProto;
export const { DataType } = onnx.TensorProto;

export type Attribute = number | string | readonly number[] | { float: number } | onnx.ITensorProto;

export interface BuilderOptions {
  readonly opset?: number;
  /** Declared shape of the input; a string is a symbolic size. */
  readonly input?: readonly (number | string)[];
  /** In place of it: inputs by name. */
  readonly inputs?: Readonly<Record<string, readonly (number | string)[]>>;
  readonly seed?: number;
}

/** Builds small ONNX models: every operator gives the name of its first output, to be used as an input of the next. */
export class OnnxBuilder {
  readonly input = "input";
  readonly graph: onnx.IGraphProto;
  readonly #opset: number;
  readonly #next: () => number;
  #count = 0;

  constructor({ opset = 13, input = ["N", 2, 7, 6], inputs = { input }, seed = 1 }: BuilderOptions = {}) {
    this.#opset = opset;
    this.#next = random(seed);
    this.graph = {
      name: "test",
      node: [],
      initializer: [],
      output: [],
      input: Object.entries(inputs).map(([name, dims]) => this.value(name, dims)),
    };
  }

  value(name: string, dims: readonly (number | string)[], elemType: number = DataType.FLOAT) {
    const dim = dims.map((d) => (typeof d === "string" ? { dimParam: d } : { dimValue: d }));
    return { name, type: { tensorType: { elemType, shape: { dim } } } };
  }

  /** An operator; `outputs` names more than one output. */
  op(
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    {
      name = "",
      domain = "",
      outputs = [`${type.toLowerCase()}${this.#count++}`],
    }: {
      name?: string;
      domain?: string;
      outputs?: readonly string[];
    } = {},
  ): string {
    const attribute = Object.entries(attributes).map(([key, value]) => encodeAttribute(key, value));
    this.graph.node!.push({
      opType: type,
      name: name || outputs[0],
      domain,
      input: [...inputs],
      output: [...outputs],
      attribute,
    });
    return outputs[0];
  }

  /** A float initializer. */
  floats(dims: readonly number[], data: ArrayLike<number>): string {
    return this.initializer({ dims: [...dims], dataType: DataType.FLOAT, rawData: bytesOf(Float32Array.from(data)) });
  }

  /** A float initializer of random numbers in [low, high). */
  random(dims: readonly number[], low = -1, high = 1): string {
    return this.floats(dims, this.numbers(dims, low, high));
  }

  numbers(dims: readonly number[], low = -1, high = 1): number[] {
    const count = dims.reduce((product, n) => product * n, 1);
    return Array.from({ length: count }, () => low + (high - low) * this.#next());
  }

  /** An int64 initializer: a list. */
  ints(values: readonly number[]): string {
    return this.initializer({ dims: [values.length], dataType: DataType.INT64, int64Data: [...values] });
  }

  initializer(tensor: onnx.ITensorProto): string {
    const name = `c${this.#count++}`;
    this.graph.initializer!.push({ ...tensor, name });
    return name;
  }

  /** A convolution with random weights and bias. */
  conv(
    x: string,
    inputs: number,
    outputs: number,
    kernel: readonly number[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string {
    const groups = (attributes.group as number | undefined) ?? 1;
    const weight = this.random([outputs, inputs / groups, ...kernel]);
    const bias = this.random([outputs], -0.5, 0.5);
    return this.op("Conv", [x, weight, bias], { kernel_shape: [...kernel], ...attributes });
  }

  relu(x: string): string {
    return this.op("Relu", [x]);
  }

  /** Batch normalisation with random parameters, some gains negative. */
  batchNorm(x: string, channels: number): string {
    const parameters = [
      this.random([channels], -1, 2),
      this.random([channels]),
      this.random([channels]),
      this.random([channels], 0.5, 2),
    ];
    return this.op("BatchNormalization", [x, ...parameters]);
  }

  output(...names: readonly string[]): void {
    for (const name of names) this.graph.output!.push({ name });
  }

  encode(): Uint8Array {
    const model = { irVersion: 7, opsetImport: [{ domain: "", version: this.#opset }], graph: this.graph };
    return onnx.ModelProto.encode(model).finish();
  }
}

export const bytesOf = (values: ArrayBufferView): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

function encodeAttribute(name: string, value: Attribute): onnx.IAttributeProto {
  if (typeof value === "string") return { name, type: AttributeType.STRING, s: new TextEncoder().encode(value) };
  if (typeof value === "number") return { name, type: AttributeType.INT, i: value };
  if ("float" in value) return { name, type: AttributeType.FLOAT, f: value.float };
  if (Array.isArray(value)) return { name, type: AttributeType.INTS, ints: [...value] };
  return { name, type: AttributeType.TENSOR, t: value as onnx.ITensorProto };
}
