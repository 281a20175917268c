/** Reads quantised operators as what they stand for: the operator on real numbers, between DequantizeLinear and QuantizeLinear. */

import { onnx } from "./schema/onnx.js";
import { addConstant, constantReaders, type Tensor } from "./tensor.ts";

const { DataType } = onnx.TensorProto;
const { AttributeType } = onnx.AttributeProto;

type Attributes = onnx.IAttributeProto[];

/** A quantised operand: tensor, scale and zero point by name; the latter may be missing. */
type Operand = readonly [tensor: string, scale: string, zero: string | undefined];

/**
 * Rewrites the quantised operators of a graph, in place. Weights become floats, once; what has other than constant weights stays
 * as it is, and is refused later.
 */
export function dequantise(graph: onnx.IGraphProto): void {
  const nodes = graph.node ?? [];
  if (!nodes.some(({ opType, domain }) => QUANTISED.has(opType ?? "") || domain === CONTRIBUTED)) return;
  const rewriter = new Rewriter(graph);
  graph.node = nodes.flatMap((node) => rewriter.rewrite(node) ?? [node]);
}

/** The domain of onnxruntime's own operators. */
const CONTRIBUTED = "com.microsoft";

/** Operators of the standard that compute with integers. */
const QUANTISED = new Set([
  ...["QLinearConv", "QLinearMatMul", "ConvInteger", "MatMulInteger", "DynamicQuantizeLinear", "QuantizeLinear"],
]);

/** Operators that give integers in another order, or the largest of some: the same on the numbers that these stand for. */
const KEEP_ORDER = new Set([
  ...["Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Identity", "MaxPool", "Slice", "Gather", "Split"],
  ...["Concat", "DepthToSpace", "SpaceToDepth", "Expand", "Tile"],
]);

/** What may read the scale, or the zero point, that DynamicQuantizeLinear gives. */
const READS_SCALE = new Set(["Mul", "DequantizeLinear"]);
const READS_ZERO = new Set(["ConvInteger", "MatMulInteger", "DequantizeLinear"]);

class Rewriter {
  readonly #graph: onnx.IGraphProto;
  readonly #constants = new Map<string, () => Tensor>();
  readonly #readers = new Map<string, onnx.INodeProto[]>();
  readonly #outputs: ReadonlySet<string>;
  /** Zero points of what was quantised by its own range, and is now not quantised at all. */
  readonly #dynamicZeros = new Set<string>();
  /** Scale and zero point of what was quantised. */
  readonly #steps = new Map<string, Operand>();
  /** Floats made of a constant. */
  readonly #floats = new Map<string, string>();
  /** Values of constants as texts. */
  readonly #keys = new Map<string, string>();
  readonly #prefix: string;
  #count = 0;
  #made: onnx.INodeProto[] = [];

  constructor(graph: onnx.IGraphProto) {
    this.#graph = graph;
    const reader = constantReaders();
    const define = (name: string, tensor: onnx.ITensorProto) => this.#constants.set(name, reader(tensor, name));
    for (const tensor of graph.initializer ?? []) define(tensor.name ?? "", tensor);
    for (const node of graph.node ?? []) {
      const value = node.opType === "Constant" ? node.attribute?.find(({ name }) => name === "value")?.t : null;
      if (value) define(node.output?.[0] ?? "", value);
      for (const name of node.input ?? []) {
        const readers = this.#readers.get(name);
        if (readers) readers.push(node);
        else this.#readers.set(name, [node]);
      }
    }
    this.#outputs = new Set((graph.output ?? []).map(({ name }) => name ?? ""));
    const names = [...(graph.node ?? []).flatMap((node) => node.output ?? []), ...this.#constants.keys()];
    let prefix = "real";
    while (names.some((name) => name.startsWith(prefix))) prefix += ":";
    this.#prefix = prefix;
  }

  /** The nodes that stand for a quantised one; null for any other, and for one that is not understood. */
  rewrite(node: onnx.INodeProto): onnx.INodeProto[] | null {
    this.#made = [];
    return this.#understood(node) ? this.#made : null;
  }

  #understood(node: onnx.INodeProto): boolean {
    const input = (k: number) => node.input?.[k] || undefined;
    const operand = (k: number): Operand | null => {
      const [tensor, scale] = [input(k), input(k + 1)];
      return tensor !== undefined && scale !== undefined ? [tensor, scale, input(k + 2)] : null;
    };
    const result = (k: number): Operand | null => {
      const scale = input(k);
      return scale === undefined ? null : ["", scale, input(k + 1)];
    };
    const standard = !node.domain || node.domain === "ai.onnx";
    if (!standard && node.domain !== CONTRIBUTED) return false;
    switch (node.opType) {
      case "QLinearConv":
        return standard && this.#convolution(node, operand(0), operand(3), result(6), input(8));
      case "QLinearMatMul":
        return standard && this.#product(node, operand(0), operand(3), result(6));
      case "ConvInteger":
        return standard && this.#integers(node, "Conv", 0);
      case "MatMulInteger":
        return standard && this.#integers(node, "MatMul", -1);
      case "DynamicQuantizeLinear":
        return standard && this.#dynamic(node);
      case "DequantizeLinear":
      case "QuantizeLinear":
        return this.#conversion(node, standard);
      case "QGemm":
        return !standard && this.#gemm(node, operand(0), operand(3), input(6), result(7));
      case "QLinearAdd":
        return !standard && this.#elementwise(node, "Add", [operand(0), operand(3)], result(6));
      case "QLinearMul":
        return !standard && this.#elementwise(node, "Mul", [operand(0), operand(3)], result(6));
      case "QLinearAveragePool":
        return !standard && this.#unary(node, "AveragePool", operand(0), result(3));
      case "QLinearGlobalAveragePool":
        return !standard && this.#unary(node, "GlobalAveragePool", operand(0), result(3));
      case "QLinearLeakyRelu":
        return !standard && this.#unary(node, "LeakyRelu", operand(0), result(3));
      case "QLinearSigmoid":
        return !standard && this.#unary(node, "Sigmoid", operand(0), result(3));
      case "QLinearSoftmax":
        return !standard && this.#unary(node, "Softmax", operand(0), result(3));
      case "QLinearConcat":
        return !standard && this.#concatenation(node);
      default:
        return standard && KEEP_ORDER.has(node.opType ?? "") && this.#kept(node);
    }
  }

  /** The operator on what its operands' integers stand for, quantised again. */
  #kept(node: onnx.INodeProto): boolean {
    const input = node.input ?? [];
    const outputs = (node.output ?? []).filter((name) => name !== "");
    const operands = node.opType === "Concat" ? input : input.slice(0, 1);
    const steps = operands.map((name) => this.#steps.get(name));
    const key = (operand: Operand | undefined) =>
      operand && [operand[1], operand[2]].map((name) => this.#key(name)).join();
    if (!steps[0] || steps.some((one) => key(one) !== key(steps[0]))) return false;
    if (node.opType === "MaxPool" && outputs.length > 1) return false;
    const reals = operands.map((name, k) => this.#real([name, steps[k]![1], steps[k]![2]]));
    const results = outputs.map((name) => this.#name(name));
    this.#made.push({ ...node, input: [...reals, ...input.slice(operands.length)], output: results });
    results.forEach((result, k) => {
      const [, scale, zero] = steps[0]!;
      this.#op("QuantizeLinear", [result, scale, ...(zero === undefined ? [] : [zero])], [], "", outputs[k]);
      this.#steps.set(outputs[k], ["", scale, zero]);
    });
    return true;
  }

  /** What tells one scale or zero point from another: its value, where it is a constant. */
  #key(name = ""): string {
    let key = this.#keys.get(name);
    if (key === undefined) {
      const tensor = name === "" ? null : this.#tensor(name);
      key = tensor ? `=${tensor.data}` : name;
      this.#keys.set(name, key);
    }
    return key;
  }

  #convolution(
    node: onnx.INodeProto,
    x: Operand | null,
    w: Operand | null,
    y: Operand | null,
    bias: string | undefined,
  ): boolean {
    const weight = w && this.#constant(w, 0);
    if (!x || !w || !y || !weight) return false;
    const added = bias === undefined ? [] : [this.#bias(bias, x[1], w[1])];
    if (added.includes(null)) return false;
    const sum = this.#op("Conv", [this.#real(x), weight, ...(added as string[])], node.attribute ?? [], node.name);
    return this.#quantised(node, sum, y);
  }

  #product(node: onnx.INodeProto, a: Operand | null, b: Operand | null, y: Operand | null): boolean {
    if (!a || !b || !y) return false;
    const factors = [this.#constant(a, -2) ?? this.#real(a), this.#constant(b, -1) ?? this.#real(b)];
    return this.#quantised(node, this.#op("MatMul", factors, [], node.name), y);
  }

  #gemm(
    node: onnx.INodeProto,
    a: Operand | null,
    b: Operand | null,
    bias: string | undefined,
    y: Operand | null,
  ): boolean {
    const transposed = node.attribute?.some(({ name, i }) => name === "transB" && Number(i) !== 0);
    const weight = b && this.#constant(b, transposed ? 0 : -1);
    if (!a || !weight) return false;
    const alpha = node.attribute?.find(({ name }) => name === "alpha")?.f ?? 1;
    const added = bias === undefined ? [] : [this.#bias(bias, a[1], b[1], alpha)];
    if (added.includes(null)) return false;
    const factors = [this.#real(a), weight, ...(added as string[])];
    // Without a scale of its own the result is real.
    if (!y) return this.#op("Gemm", factors, node.attribute ?? [], node.name, node.output?.[0]) !== "";
    return this.#quantised(node, this.#op("Gemm", factors, node.attribute ?? [], node.name), y);
  }

  #elementwise(node: onnx.INodeProto, op: string, operands: readonly (Operand | null)[], y: Operand | null): boolean {
    if (!y || operands.includes(null)) return false;
    const reals = (operands as readonly Operand[]).map((operand) => this.#constant(operand, 0) ?? this.#real(operand));
    return this.#quantised(node, this.#op(op, reals, [], node.name), y);
  }

  #unary(node: onnx.INodeProto, op: string, x: Operand | null, y: Operand | null): boolean {
    const own = ["channels_last", "opset"];
    const last = node.attribute?.some(({ name, i }) => name === "channels_last" && Number(i) !== 0);
    if (!x || !y || last) return false;
    const attributes = (node.attribute ?? []).filter(({ name }) => !own.includes(name ?? ""));
    return this.#quantised(node, this.#op(op, [this.#real(x)], attributes, node.name), y);
  }

  #concatenation(node: onnx.INodeProto): boolean {
    const [scale, zero, ...rest] = node.input ?? [];
    if (!scale || rest.length === 0 || rest.length % 3 !== 0) return false;
    const parts: string[] = [];
    for (let k = 0; k < rest.length; k += 3) parts.push(this.#real([rest[k], rest[k + 1], rest[k + 2] || undefined]));
    const joined = this.#op("Concat", parts, node.attribute ?? [], node.name);
    return this.#quantised(node, joined, ["", scale, zero || undefined]);
  }

  /** A product whose result are integers: those of the operand and the weights, less their zero points. */
  #integers(node: onnx.INodeProto, op: string, axis: number): boolean {
    const [x, w, zero, weightZero] = node.input ?? [];
    const [result = ""] = node.output ?? [];
    if (!x || !w) return false;
    if (this.#outputs.has(result) || this.#readers.get(result)?.some(({ opType }) => opType !== "Cast")) return false;
    const one = this.#float("one", [], [1]);
    const weight = this.#constant([w, one, weightZero || undefined], axis);
    if (!weight) return false;
    const operand = zero && this.#dynamicZeros.has(zero) ? x : this.#real([x, one, zero || undefined]);
    this.#op(op, [operand, weight], node.attribute ?? [], node.name, result);
    return true;
  }

  /** A range of the operand's own is none at all: the integers stand for its values, in units of one. */
  #dynamic(node: onnx.INodeProto): boolean {
    const [x] = node.input ?? [];
    const [y = "", scale = "", zero = ""] = node.output ?? [];
    const readBy = (tensor: string, allowed: ReadonlySet<string>) =>
      !this.#outputs.has(tensor) && (this.#readers.get(tensor) ?? []).every(({ opType }) => allowed.has(opType ?? ""));
    if (!x || this.#outputs.has(y) || !readBy(scale, READS_SCALE) || !readBy(zero, READS_ZERO)) return false;
    this.#op("Identity", [x], [], node.name, y);
    this.#float(scale, [], [1], scale);
    this.#dynamicZeros.add(zero);
    return true;
  }

  #conversion(node: onnx.INodeProto, standard: boolean): boolean {
    const [x, scale, zero] = node.input ?? [];
    if (node.opType === "QuantizeLinear" && this.#tensor(scale)?.data.length === 1) {
      this.#steps.set(node.output?.[0] ?? "", ["", scale, zero || undefined]);
    }
    if (zero && this.#dynamicZeros.has(zero)) {
      this.#op("Identity", [x], [], node.name, node.output?.[0] ?? "");
      return true;
    }
    if (standard) return false;
    this.#made.push({ ...node, domain: "" });
    return true;
  }

  /** DequantizeLinear of an operand. */
  #real([tensor, scale, zero]: Operand): string {
    return this.#op("DequantizeLinear", [tensor, scale, ...(zero === undefined ? [] : [zero])]);
  }

  /** QuantizeLinear of what was computed, as the node's result. */
  #quantised(node: onnx.INodeProto, value: string, [, scale, zero]: Operand): boolean {
    const parameters = [scale, ...(zero === undefined ? [] : [zero])];
    this.#op("QuantizeLinear", [value, ...parameters], [], "", node.output?.[0]);
    this.#steps.set(node.output?.[0] ?? "", ["", scale, zero]);
    return true;
  }

  /**
   * The floats that a constant stands for; null for what is none.
   * @param axis that a list of scales runs along, negative from the end
   */
  #constant([tensor, scale, zero]: Operand, axis: number): string | null {
    const [values, scales] = [this.#tensor(tensor), this.#tensor(scale)];
    const zeros = zero === undefined ? null : this.#tensor(zero);
    if (!values || !scales || (zero !== undefined && !zeros)) return null;
    const key = JSON.stringify([tensor, scale, zero, axis]);
    const known = this.#floats.get(key);
    if (known) return known;
    const { dims, data } = values;
    const along = Math.max(0, axis < 0 ? axis + dims.length : axis);
    const inner = dims.slice(along + 1).reduce((product, n) => product * n, 1);
    const of = (list: Tensor | null, k: number, otherwise: number) =>
      list ? list.data[list.data.length === 1 ? 0 : Math.floor(k / inner) % dims[along]] : otherwise;
    const floats = Float32Array.from(data, (v, k) => (v - of(zeros, k, 0)) * of(scales, k, 1));
    const made = this.#float(tensor, dims, floats);
    this.#floats.set(key, made);
    return made;
  }

  /** A bias, whose scale is the product of those of operand and weights. */
  #bias(bias: string, operandScale: string, weightScale: string, factor = 1): string | null {
    const [values, operand, weights] = [bias, operandScale, weightScale].map((name) => this.#tensor(name));
    if (!values || !operand || !weights) return null;
    const key = JSON.stringify([bias, operandScale, weightScale, factor]);
    const known = this.#floats.get(key);
    if (known) return known;
    const scale = (k: number) => operand.data[0] * weights.data[weights.data.length === 1 ? 0 : k] * factor;
    const last = values.dims.at(-1) ?? 1;
    const made = this.#float(
      bias,
      values.dims,
      Float32Array.from(values.data, (v, k) => v * scale(k % last)),
    );
    this.#floats.set(key, made);
    return made;
  }

  #tensor(name: string): Tensor | null {
    return this.#constants.get(name)?.() ?? null;
  }

  #float(of: string, dims: readonly number[], data: ArrayLike<number>, name = this.#name(of)): string {
    const values = Float32Array.from(data);
    const rawData = new Uint8Array(values.buffer);
    addConstant(this.#graph, { name, dims: [...dims], dataType: DataType.FLOAT, rawData });
    this.#constants.set(name, () => ({ dims, data: values }));
    return name;
  }

  #op(opType: string, input: string[], attribute: Attributes = [], name?: string | null, output?: string): string {
    const result = output ?? this.#name(opType);
    const kept = attribute.filter(({ type }) => type !== AttributeType.GRAPH);
    this.#made.push({ opType, name: name || this.#name(opType), input, output: [result], attribute: kept });
    return result;
  }

  #name(of: string): string {
    return `${this.#prefix}${this.#count++}:${of}`;
  }
}
