/**
 * Draws ONNX graphs of every supported operator, with any attributes, shapes, operator sets, broadcasting and constants. Some are
 * no valid models: whoever draws them sees whether onnxruntime runs them.
 */

import type { Choices } from "../core/choices.ts";
import { type Attribute, OnnxBuilder } from "./onnx-builder.ts";

interface Tensor {
  readonly name: string;
  readonly dims: readonly number[];
  /** True for the input, scaled and rearranged: padding it is exact only while a sample stands for zero. */
  readonly direct?: boolean;
}

/** Operators whose results are no longer the input's samples, scaled and rearranged. */
const INDIRECT = new Set([
  "Conv",
  "ConvTranspose",
  "MatMul",
  "Gemm",
  "Relu",
  "LeakyRelu",
  "PRelu",
  "Abs",
  "Clip",
  "ReduceL1",
]);

/** Types of elements that a Cast names. */
const [FLOAT, INT32, INT64, DOUBLE] = [1, 6, 7, 11];

const MOST_ELEMENTS = 400;
const MOST_NODES = 7;

const product = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);
const float = (value: number): Attribute => ({ float: value });

/** A drawn graph. */
export interface AnyGraph {
  readonly model: Uint8Array;
  /** Its inputs, by name: their shapes. */
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  /** Operators in the order of the graph, for messages. */
  readonly operators: readonly string[];
}

/** Draws a graph. */
export function anyGraph(choices: Choices): AnyGraph {
  const opset = choices.pick([13, 7, 8, 9, 10, 11, 12, 14, 17, 18, 19, 21]);
  const shapes = [
    [1, 2, 5, 4],
    [1, 3, 4, 4],
    [1, 1, 6, 5],
    [1, 4, 3, 1],
    [1, 2, 7],
    [1, 6],
    [1, 4, 1, 1],
    [1, 3, 2, 6],
    [1, 5, 3],
  ];
  const dims = choices.pick(shapes);
  // Further inputs are alike, so that they meet, or of any shape.
  const others = choices.oneIn(4)
    ? Array.from({ length: choices.integer(1, 2) }, () => choices.pick([dims, ...shapes]))
    : [];
  const inputs = Object.fromEntries([dims, ...others].map((shape, k) => [k === 0 ? "input" : `input${k}`, shape]));
  const g = new OnnxBuilder({ opset, inputs, seed: choices.integer(1, 1000) });
  const drawing = new Drawing(g, choices, opset);
  for (const [name, shape] of Object.entries(inputs)) drawing.tensors.push({ name, dims: shape, direct: true });
  const given = drawing.tensors.length;
  const nodes = given + choices.integer(1, MOST_NODES - 1);
  for (let attempts = 0; drawing.tensors.length <= nodes && attempts < 30; attempts++) drawing.step();
  const last = drawing.tensors.at(-1)!;
  const outputs = new Set([drawing.end(last), choices.pick([last, ...drawing.tensors.slice(given)]).name]);
  g.output(...outputs);
  return { model: g.encode(), inputs, operators: g.graph.node!.map(({ opType }) => opType!) };
}

class Drawing {
  readonly tensors: Tensor[] = [];
  readonly #g: OnnxBuilder;
  readonly #choices: Choices;
  readonly #opset: number;

  constructor(g: OnnxBuilder, choices: Choices, opset: number) {
    this.#g = g;
    this.#choices = choices;
    this.#opset = opset;
  }

  /** Adds a node, where the operator that was drawn can have the tensor that was drawn. */
  step(): void {
    const x = this.#tensor();
    const count = this.#g.graph.node!.length;
    const made = this.#choices.pick(this.#makers).call(this, x);
    const small = made?.dims.every((n) => n >= 1 && n <= 16) && product(made.dims) <= MOST_ELEMENTS;
    const { opType } = this.#g.graph.node!.at(-1) ?? {};
    const direct = x.direct === true && !INDIRECT.has(opType ?? "");
    if (made && small && made.dims.length >= 1 && made.dims.length <= 5) this.tensors.push({ ...made, direct });
    else this.#g.graph.node!.length = count;
  }

  /** What may follow at an output. */
  end(x: Tensor): string {
    const c = this.#choices;
    if (!c.oneIn(8)) return x.name;
    const op = c.pick(["Softmax", "Sigmoid", "LogSoftmax", "Tanh", "ArgMax", "TopK"]);
    const axis = x.dims.length - 1;
    if (op === "TopK") {
      const outputs = [`values${this.tensors.length}`, `indices${this.tensors.length}`];
      const count = c.integer(1, x.dims[axis]);
      if (this.#opset < 10) this.#g.op(op, [x.name], { axis, k: count }, { outputs });
      else this.#g.op(op, [x.name, this.#g.ints([count])], { axis }, { outputs });
      return outputs[0];
    }
    const ended = this.#op(op, [x.name], op === "Sigmoid" || op === "Tanh" ? {} : { axis });
    if (op === "ArgMax" || !c.oneIn(3)) return ended;
    // What follows an ending is left out with it.
    return c.pick([
      () => this.#op("Mul", [ended, this.#g.floats([], [100])]),
      () => this.#op("Reshape", [ended, this.#g.ints([-1])]),
      () => this.#op("Cast", [this.#op("Floor", [ended])], { to: INT32 }),
    ])();
  }

  #tensor(): Tensor {
    return this.#choices.pick([this.tensors.at(-1)!, ...this.tensors]);
  }

  #floats(dims: readonly number[]): string {
    return this.#g.random(dims, -1, 1);
  }

  #op(op: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    return this.#g.op(op, inputs, attributes);
  }

  readonly #makers: readonly ((x: Tensor) => Tensor | null)[] = [
    this.#relu,
    this.#conv,
    this.#conv,
    this.#withConstant,
    this.#withConstant,
    this.#unary,
    this.#withTensor,
    this.#pool,
    this.#reduce,
    this.#reshape,
    this.#transpose,
    this.#slice,
    this.#gather,
    this.#split,
    this.#concat,
    this.#pad,
    this.#repeat,
    this.#resize,
    this.#convTranspose,
    this.#blocks,
    this.#matMul,
    this.#gemm,
    this.#batchNorm,
    this.#pRelu,
    this.#globalPool,
    this.#cast,
    this.#reshapeByShape,
    this.#padLow,
    this.#rare,
    this.#byDefault,
    this.#byDefault,
    this.#byAxes,
    this.#byAxes,
    this.#autoPadded,
    this.#constantNode,
  ];

  #relu(x: Tensor): Tensor {
    return { name: this.#op("Relu", [x.name]), dims: x.dims };
  }

  #unary(x: Tensor): Tensor {
    const c = this.#choices;
    const bound = () => c.integer(0, 20) / 10 - 1;
    const makers: (() => string)[] = [
      () => this.#op("LeakyRelu", [x.name], { alpha: float(c.pick([0.1, 0.5, -0.3, 1.5])) }),
      () => this.#op("Abs", [x.name]),
      () => this.#op("Neg", [x.name]),
      () => this.#op("Identity", [x.name]),
      () =>
        this.#op("HardSigmoid", [x.name], { alpha: float(c.pick([0.2, 0.5, -0.4])), beta: float(c.pick([0.5, 0])) }),
      () => this.#op("Dropout", [x.name]),
      () => this.#op("Sum", [x.name]),
      () => this.#op("Max", [x.name]),
      () => this.#op("Mean", [x.name]),
      () => this.#op("Min", [x.name]),
      () => this.#op("Clip", [x.name]),
      () => {
        const low = bound();
        const high = low + c.integer(1, 15) / 10;
        if (this.#opset < 11) return this.#op("Clip", [x.name], { min: float(low), max: float(high) });
        const bounds = [this.#g.floats([], [low]), this.#g.floats([], [high])];
        const kept = c.pick([bounds, bounds.slice(0, 1), ["", bounds[1]]]);
        return this.#op("Clip", [x.name, ...kept]);
      },
      () => (this.#opset < 9 ? this.#op("Neg", [x.name]) : this.#shrink(x)),
      () => (this.#opset < 10 ? this.#op("Abs", [x.name]) : this.#op("ThresholdedRelu", [x.name], { alpha: float(0) })),
    ];
    return { name: c.pick(makers)(), dims: x.dims };
  }

  #shrink(x: Tensor): string {
    const bias = this.#choices.pick([0.5, 0.25]);
    return this.#op("Shrink", [x.name], { lambd: float(bias), bias: float(bias) });
  }

  /** A constant's shape that goes with another: some axes left out or of size 1, some larger where the other's are 1. */
  #constantDims(dims: readonly number[]): number[] {
    const c = this.#choices;
    const own = dims.map((n) => {
      if (c.oneIn(3)) return 1;
      return n === 1 && c.oneIn(3) ? c.integer(2, 3) : n;
    });
    const fewer = own.slice(c.integer(0, c.oneIn(2) ? own.length : 0));
    return c.oneIn(8) && fewer.length === own.length ? [c.pick([1, 2]), ...fewer] : fewer;
  }

  #broadcast(a: readonly number[], b: readonly number[]): number[] | null {
    const rank = Math.max(a.length, b.length);
    const at = (dims: readonly number[], k: number) => dims[k - rank + dims.length] ?? 1;
    const result = Array.from({ length: rank }, (_, k) => Math.max(at(a, k), at(b, k)));
    const fits = (dims: readonly number[]) => result.every((n, k) => at(dims, k) === n || at(dims, k) === 1);
    return fits(a) && fits(b) ? result : null;
  }

  #withConstant(x: Tensor): Tensor | null {
    const c = this.#choices;
    const shape = this.#constantDims(x.dims);
    const dims = this.#broadcast(x.dims, shape);
    const op = c.pick(
      x.direct ? ["Mul", "Max", "Min", "Div"] : ["Add", "Mul", "Max", "Min", "Sub", "Div", "Sum", "Mean"],
    );
    if (!dims) return null;
    if (op === "Div") return { name: this.#op(op, [x.name, this.#g.random(shape, 0.5, 2)]), dims };
    const alike = this.#g.floats(shape, new Float32Array(product(shape)).fill(c.pick([0, 0.25, -0.5])));
    const operands = [x.name, c.oneIn(3) ? alike : this.#floats(shape)];
    return { name: this.#op(op, c.oneIn(2) ? operands.reverse() : operands), dims };
  }

  #withTensor(x: Tensor): Tensor | null {
    const c = this.#choices;
    const fitting = this.tensors.filter((t) => this.#broadcast(t.dims, x.dims));
    const others = [c.pick(fitting), ...(c.oneIn(4) ? [c.pick(fitting)] : [])];
    const op = c.pick(["Add", "Sub", "Max", "Min", "Mean", "Sum"]);
    const operands = [x, ...(op === "Add" || op === "Sub" ? others.slice(0, 1) : others)];
    const dims = operands.reduce<number[] | null>((all, t) => all && this.#broadcast(all, t.dims), [...x.dims]);
    return (
      dims && {
        name: this.#op(
          op,
          operands.map(({ name }) => name),
        ),
        dims,
      }
    );
  }

  /** Windows along the spatial axes. */
  #windows(x: Tensor, { dilated = true, most = 3 } = {}) {
    const c = this.#choices;
    const sizes = x.dims.slice(2);
    const kernel = sizes.map((n) => c.integer(1, Math.min(n, most)));
    const strides = sizes.map(() => c.integer(1, 3));
    const dilations = sizes.map(() => (dilated && c.oneIn(4) ? 2 : 1));
    const begins = kernel.map((n) => (c.oneIn(2) ? c.integer(0, n - 1) : 0));
    const ends = kernel.map((n) => (c.oneIn(2) ? c.integer(0, n - 1) : 0));
    const auto = c.oneIn(6) ? c.pick(["SAME_UPPER", "SAME_LOWER", "VALID"]) : null;
    const extents = kernel.map((n, k) => (n - 1) * dilations[k] + 1);
    const count = (ceil: boolean) =>
      sizes.map((n, k) => {
        if (auto?.startsWith("SAME")) return Math.ceil(n / strides[k]);
        const padded = n + (auto ? 0 : begins[k] + ends[k]) - extents[k];
        return (ceil ? Math.ceil : Math.floor)(padded / strides[k]) + 1;
      });
    const attributes: Record<string, Attribute> = {
      kernel_shape: kernel,
      strides,
      ...(dilations.some((n) => n > 1) && { dilations }),
      ...(auto ? { auto_pad: auto } : { pads: [...begins, ...ends] }),
    };
    return { attributes, count, kernel, dilations };
  }

  #conv(x: Tensor): Tensor | null {
    if (x.dims.length < 3 || x.dims.length > 4) return null;
    const c = this.#choices;
    const [batch, channels] = x.dims;
    const group = c.pick([1, 1, channels, ...(channels % 2 ? [] : [2])]);
    const outputs = group * c.integer(1, 3);
    const { attributes, count, kernel } = this.#windows(x);
    const weight = this.#floats([outputs, channels / group, ...kernel]);
    const bias = c.oneIn(2) ? [] : [this.#floats([outputs])];
    const name = this.#op("Conv", [x.name, weight, ...bias], { ...attributes, group });
    return { name, dims: [batch, outputs, ...count(false)] };
  }

  #convTranspose(x: Tensor): Tensor | null {
    if (x.dims.length < 3 || x.dims.length > 4) return null;
    const c = this.#choices;
    const [batch, channels, ...sizes] = x.dims;
    const group = c.pick([1, channels]);
    const perGroup = c.integer(1, 2);
    const kernel = sizes.map(() => c.integer(1, 3));
    const strides = sizes.map(() => c.integer(1, 2));
    const extra = strides.map((stride) => (c.oneIn(3) ? stride - 1 : 0));
    const [begins, ends] = [0, 1].map(() => kernel.map((n) => (c.oneIn(2) ? c.integer(0, n - 1) : 0)));
    const dilations = sizes.map(() => (c.oneIn(4) ? 2 : 1));
    const count = sizes.map(
      (n, k) => (n - 1) * strides[k] + (kernel[k] - 1) * dilations[k] + 1 + extra[k] - begins[k] - ends[k],
    );
    const weight = this.#floats([channels, perGroup, ...kernel]);
    const placed = c.oneIn(6) ? { output_shape: count } : { pads: [...begins, ...ends], output_padding: extra };
    const attributes = { kernel_shape: kernel, strides, group, dilations, ...placed };
    return { name: this.#op("ConvTranspose", [x.name, weight], attributes), dims: [batch, perGroup * group, ...count] };
  }

  #pool(x: Tensor): Tensor | null {
    if (x.dims.length < 3 || x.dims.length > 4) return null;
    const c = this.#choices;
    const isMax = c.oneIn(2);
    const { attributes, count } = this.#windows(x, { dilated: isMax && this.#opset >= 10 });
    const ceil = this.#opset >= 10 && c.oneIn(4);
    const more: Record<string, Attribute> = { ...(ceil && { ceil_mode: 1 }) };
    if (!isMax) more.count_include_pad = c.integer(0, 1);
    const name = this.#op(isMax ? "MaxPool" : "AveragePool", [x.name], { ...attributes, ...more });
    return { name, dims: [...x.dims.slice(0, 2), ...count(ceil)] };
  }

  #globalPool(x: Tensor): Tensor | null {
    if (x.dims.length < 3 || x.dims.length > 4) return null;
    const op = this.#choices.pick(["GlobalAveragePool", "GlobalMaxPool"]);
    return { name: this.#op(op, [x.name]), dims: [...x.dims.slice(0, 2), ...x.dims.slice(2).map(() => 1)] };
  }

  #reduce(x: Tensor): Tensor {
    const c = this.#choices;
    const op = c.pick(["ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceL1"]);
    const axes = x.dims.map((_, k) => k).filter(() => c.oneIn(2));
    const chosen = axes.length > 0 ? axes : [x.dims.length - 1];
    const keepdims = c.integer(0, 1);
    // Without a list of axes it is over all.
    if (c.oneIn(8)) return { name: this.#op(op, [x.name], { keepdims: 1 }), dims: x.dims.map(() => 1) };
    const written = chosen.map((k) => (c.oneIn(3) && this.#opset >= 11 ? k - x.dims.length : k));
    const asInput = this.#opset >= (op === "ReduceSum" ? 13 : 18);
    const name = asInput
      ? this.#op(op, [x.name, this.#g.ints(written)], { keepdims })
      : this.#op(op, [x.name], { keepdims, axes: written });
    const dims = x.dims.map((n, k) => (chosen.includes(k) ? 1 : n));
    return { name, dims: keepdims ? dims : dims.filter((_, k) => !chosen.includes(k)) };
  }

  #reshape(x: Tensor): Tensor | null {
    const c = this.#choices;
    const kind = c.integer(0, 3);
    if (kind === 0) {
      const axis = c.integer(0, x.dims.length);
      const dims = [product(x.dims.slice(0, axis)), product(x.dims.slice(axis))];
      const written = this.#opset >= 11 && axis < x.dims.length && c.oneIn(3) ? axis - x.dims.length : axis;
      return { name: this.#op("Flatten", [x.name], { axis: written }), dims };
    }
    if (kind === 1) {
      const axes = x.dims.flatMap((n, k) => (n === 1 && !c.oneIn(3) ? [k] : []));
      if (axes.length === 0) return null;
      if (c.oneIn(4)) return { name: this.#op("Squeeze", [x.name]), dims: x.dims.filter((n) => n !== 1) };
      return { name: this.#axesOp("Squeeze", x, axes), dims: x.dims.filter((_, k) => !axes.includes(k)) };
    }
    if (kind === 2) {
      const axis = c.integer(0, x.dims.length);
      return { name: this.#axesOp("Unsqueeze", x, [axis]), dims: x.dims.toSpliced(axis, 0, 1) };
    }
    let rest = product(x.dims);
    const dims: number[] = [];
    for (const factor of [2, 3, 5, 7]) {
      while (rest % factor === 0) {
        if (dims.length === 0 || (dims.length < 4 && c.oneIn(2))) dims.push(factor);
        else dims[c.integer(0, dims.length - 1)] *= factor;
        rest /= factor;
      }
    }
    if (rest > 1) dims.push(rest);
    if (c.oneIn(2)) dims.unshift(1);
    const written = [...dims];
    if (c.oneIn(3) && dims.length > 0) written[c.integer(0, dims.length - 1)] = -1;
    // A zero takes the size from the operand.
    const zeros = c.oneIn(3);
    for (const [k, n] of written.entries()) if (zeros && n === x.dims[k]) written[k] = 0;
    return { name: this.#op("Reshape", [x.name, this.#g.ints(written)]), dims };
  }

  #axesOp(op: string, x: Tensor, axes: number[]): string {
    if (this.#opset >= 13) return this.#op(op, [x.name, this.#g.ints(axes)]);
    return this.#op(op, [x.name], { axes });
  }

  #transpose(x: Tensor): Tensor {
    const c = this.#choices;
    const left = x.dims.map((_, k) => k);
    const perm: number[] = [];
    while (left.length > 0) perm.push(left.splice(c.integer(0, left.length - 1), 1)[0]);
    return { name: this.#op("Transpose", [x.name], { perm }), dims: perm.map((k) => x.dims[k]) };
  }

  #slice(x: Tensor): Tensor | null {
    const c = this.#choices;
    if (this.#opset < 10 || c.oneIn(3)) return this.#sliceAll(x);
    const axis = c.integer(0, x.dims.length - 1);
    const size = x.dims[axis];
    const backwards = c.oneIn(4);
    const step = c.integer(1, 3);
    const start = c.integer(0, size - 1);
    const stop = c.integer(start + 1, size);
    const count = Math.ceil((stop - start) / step);
    const [from, to, by] = backwards ? [stop - 1, start > 0 ? start - 1 : -1000, -step] : [start, stop, step];
    const lists = [[from], [to], [c.oneIn(3) ? axis - x.dims.length : axis], [by]].map((list) => this.#g.ints(list));
    return { name: this.#op("Slice", [x.name, ...lists]), dims: x.dims.with(axis, count) };
  }

  /** Forwards, along several axes. */
  #sliceAll(x: Tensor): Tensor {
    const c = this.#choices;
    const starts = x.dims.map((n) => c.integer(0, Math.min(1, n - 1)));
    const ends = x.dims.map((n, k) => c.pick([n, Math.max(starts[k] + 1, n - 1), 2 ** 31 - 1]));
    const dims = x.dims.map((n, k) => Math.min(n, ends[k]) - starts[k]);
    if (this.#opset < 10) return { name: this.#op("Slice", [x.name], { starts, ends }), dims };
    return { name: this.#op("Slice", [x.name, this.#g.ints(starts), this.#g.ints(ends)]), dims };
  }

  #gather(x: Tensor): Tensor {
    const c = this.#choices;
    const axis = c.integer(0, x.dims.length - 1);
    if (c.oneIn(4)) {
      // Indices of no axis, or of two.
      const shape = c.pick([[], [1, 2], [2, 2]]);
      const indices = Array.from({ length: product(shape) }, () => c.integer(0, x.dims[axis] - 1));
      const written = this.#g.initializer({ dims: shape, dataType: INT64, int64Data: indices });
      const name = this.#op("Gather", [x.name, written], { axis });
      return { name, dims: x.dims.toSpliced(axis, 1, ...shape) };
    }
    const indices = Array.from({ length: c.integer(1, 4) }, () => c.integer(0, x.dims[axis] - 1));
    const written = indices.map((k) => (c.oneIn(4) && this.#opset >= 11 ? k - x.dims[axis] : k));
    return {
      name: this.#op("Gather", [x.name, this.#g.ints(written)], { axis }),
      dims: x.dims.with(axis, indices.length),
    };
  }

  #split(x: Tensor): Tensor | null {
    const c = this.#choices;
    const axis = c.integer(0, x.dims.length - 1);
    if (x.dims[axis] < 2) return null;
    if (c.oneIn(3)) {
      const parts = c.pick([2, 3].filter((n) => x.dims[axis] % n === 0));
      if (!parts) return null;
      const outputs = Array.from({ length: parts }, (_, k) => `parts${this.tensors.length}_${k}`);
      this.#g.op("Split", [x.name], { axis, ...(this.#opset >= 18 && { num_outputs: parts }) }, { outputs });
      return { name: c.pick(outputs), dims: x.dims.with(axis, x.dims[axis] / parts) };
    }
    const first = c.integer(1, x.dims[axis] - 1);
    const sizes = [first, x.dims[axis] - first];
    const outputs = [0, 1].map((k) => `split${this.tensors.length}_${k}`);
    if (this.#opset >= 13) this.#g.op("Split", [x.name, this.#g.ints(sizes)], { axis }, { outputs });
    else this.#g.op("Split", [x.name], { axis, split: sizes }, { outputs });
    const k = c.integer(0, 1);
    return { name: outputs[k], dims: x.dims.with(axis, sizes[k]) };
  }

  #concat(x: Tensor): Tensor {
    const c = this.#choices;
    const axis = c.integer(0, x.dims.length - 1);
    const alike = this.tensors.filter(
      ({ dims }) => dims.length === x.dims.length && dims.every((n, k) => k === axis || n === x.dims[k]),
    );
    const others = [c.pick(alike), ...(c.oneIn(4) ? [c.pick(alike)] : [])];
    const constant = (): Tensor => {
      const dims = axis === 0 ? x.dims : x.dims.with(axis, c.integer(1, 3));
      return { name: this.#g.random(dims, -1, 1), dims };
    };
    const joined = [...(c.oneIn(6) ? [constant()] : []), x, ...others, ...(c.oneIn(6) ? [constant()] : [])];
    return {
      name: this.#op(
        "Concat",
        joined.map(({ name }) => name),
        { axis },
      ),
      dims: x.dims.with(
        axis,
        joined.reduce((sum, { dims }) => sum + dims[axis], 0),
      ),
    };
  }

  #pad(x: Tensor): Tensor | null {
    const c = this.#choices;
    if (this.#opset < 11) return null;
    const mode = c.pick(["constant", "constant", "edge", "reflect", ...(this.#opset >= 19 ? ["wrap"] : [])]);
    const draw = () =>
      x.dims.map((n) =>
        c.oneIn(2)
          ? c.integer(mode === "constant" ? -1 : 0, mode === "reflect" || mode === "wrap" ? Math.min(2, n - 1) : 2)
          : 0,
      );
    const [begins, ends] = [draw(), draw()];
    const value = mode === "constant" && !x.direct && c.oneIn(2) ? [this.#g.floats([], [c.pick([0.5, -0.25])])] : [];
    const name = this.#op("Pad", [x.name, this.#g.ints([...begins, ...ends]), ...value], { mode });
    return { name, dims: x.dims.map((n, k) => n + begins[k] + ends[k]) };
  }

  #repeat(x: Tensor): Tensor | null {
    const c = this.#choices;
    if (c.oneIn(2)) {
      const repeats = x.dims.map(() => (c.oneIn(3) ? 2 : 1));
      return { name: this.#op("Tile", [x.name, this.#g.ints(repeats)]), dims: x.dims.map((n, k) => n * repeats[k]) };
    }
    if (this.#opset < 8) return null;
    const wanted = this.#constantDims(x.dims);
    const dims = this.#broadcast(x.dims, wanted);
    return dims && { name: this.#op("Expand", [x.name, this.#g.ints(wanted)]), dims };
  }

  #resize(x: Tensor): Tensor | null {
    const c = this.#choices;
    const rank = x.dims.length;
    if (rank < 3 || rank > 4) return null;
    const factors = x.dims.map((_, k) => (k < 2 ? 1 : c.pick([2, 1, 3, 0.5, 1.5])));
    const mode = c.pick(["nearest", "linear"]);
    const dims = x.dims.map((n, k) => Math.floor(n * factors[k]));
    if (dims.includes(0)) return null;
    const scales = this.#g.floats([rank], factors);
    if (this.#opset < 9) return null;
    if (this.#opset < 10) return { name: this.#op("Upsample", [x.name, scales], { mode }), dims };
    if (this.#opset < 11) return { name: this.#op("Resize", [x.name, scales], { mode }), dims };
    const place = c.pick(["half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"]);
    const nearest_mode = c.pick(["round_prefer_floor", "floor", "ceil", "round_prefer_ceil"]);
    const attributes = { mode, coordinate_transformation_mode: place, ...(mode === "nearest" && { nearest_mode }) };
    const none = this.#g.floats([0], []);
    const inputs = c.oneIn(3) ? [x.name, none, none, this.#g.ints(dims)] : [x.name, none, scales];
    return { name: this.#op("Resize", inputs, attributes), dims };
  }

  #blocks(x: Tensor): Tensor | null {
    if (x.dims.length !== 4) return null;
    const [batch, channels, height, width] = x.dims;
    if (this.#choices.oneIn(2)) {
      if (height % 2 || width % 2) return null;
      return {
        name: this.#op("SpaceToDepth", [x.name], { blocksize: 2 }),
        dims: [batch, channels * 4, height / 2, width / 2],
      };
    }
    if (channels % 4) return null;
    const mode = this.#opset >= 11 ? { mode: this.#choices.pick(["DCR", "CRD"]) } : {};
    return {
      name: this.#op("DepthToSpace", [x.name], { blocksize: 2, ...mode }),
      dims: [batch, channels / 4, height * 2, width * 2],
    };
  }

  #matMul(x: Tensor): Tensor | null {
    const c = this.#choices;
    const size = c.integer(1, 4);
    if (c.oneIn(3)) {
      if (x.dims.length < 2) return null;
      const rows = x.dims.at(-2)!;
      const name = this.#op("MatMul", [this.#floats([size, rows]), x.name]);
      return { name, dims: x.dims.with(-2, size) };
    }
    const vector = c.oneIn(6);
    const matrix = this.#floats(vector ? [x.dims.at(-1)!] : [x.dims.at(-1)!, size]);
    const dims = vector ? x.dims.slice(0, -1) : x.dims.with(-1, size);
    return { name: this.#op("MatMul", [x.name, matrix]), dims };
  }

  #gemm(x: Tensor): Tensor | null {
    const c = this.#choices;
    if (x.dims.length !== 2) return null;
    const transA = c.oneIn(3) ? 1 : 0;
    const transB = c.integer(0, 1);
    const [rows, inner] = transA ? x.dims.toReversed() : x.dims;
    const outputs = c.integer(1, 5);
    const weight = this.#floats(transB ? [outputs, inner] : [inner, outputs]);
    const bias = this.#floats(c.pick([[outputs], [1], [rows, outputs], [rows, 1], [1, outputs]]));
    const attributes = { transA, transB, alpha: float(c.pick([1, 0.5])), beta: float(c.pick([1, -2])) };
    return { name: this.#op("Gemm", [x.name, weight, bias], attributes), dims: [rows, outputs] };
  }

  /** There and back; or only to what it is already. */
  #cast(x: Tensor): Tensor {
    const between = this.#choices.oneIn(2) ? this.#op("Cast", [x.name], { to: DOUBLE }) : x.name;
    return { name: this.#op("Cast", [between], { to: FLOAT }), dims: x.dims };
  }

  /** A flattening as exporters write it, by arithmetic with the operand's shape. */
  #reshapeByShape(x: Tensor): Tensor | null {
    if (x.dims.length < 2) return null;
    const shape = this.#op("Shape", [x.name]);
    const kept = this.#op("Gather", [shape, this.#g.ints([0])]);
    const wanted = this.#op("Concat", [kept, this.#g.ints([-1])], { axis: 0 });
    const dims = [x.dims[0], product(x.dims.slice(1))];
    return { name: this.#op("Reshape", [x.name, wanted]), dims };
  }

  /** Padding with −∞ before a maximum. */
  #padLow(x: Tensor): Tensor | null {
    if (this.#opset < 11 || x.dims.length < 3 || x.dims.length > 4) return null;
    const c = this.#choices;
    const sizes = x.dims.slice(2);
    const [begins, ends] = [0, 1].map(() => sizes.map(() => c.integer(0, 1)));
    const low = this.#g.floats([], [c.pick([Number.NEGATIVE_INFINITY, -3.4028234663852886e38])]);
    const padded = this.#op("Pad", [x.name, this.#g.ints([0, 0, ...begins, 0, 0, ...ends]), low]);
    const kernel = sizes.map(() => 2);
    const strides = sizes.map(() => c.integer(1, 2));
    const name = this.#op("MaxPool", [padded], { kernel_shape: kernel, strides });
    const count = sizes.map((n, k) => Math.floor((n + begins[k] + ends[k] - 2) / strides[k]) + 1);
    return { name, dims: [...x.dims.slice(0, 2), ...count] };
  }

  /** What is refused, wherever it stands. */
  #rare(x: Tensor): Tensor | null {
    const c = this.#choices;
    if (!c.oneIn(4)) return null;
    const axes = x.dims.map((_, k) => k);
    const op = c.pick(["Exp", "Softplus", "Sin", "Reciprocal", "ReduceL2", "ReduceSumSquare", "ReduceLogSumExp"]);
    if (!op.startsWith("Reduce")) return { name: this.#op(op, [x.name]), dims: x.dims };
    const one = { keepdims: 1 };
    const name =
      this.#opset >= 18 ? this.#op(op, [x.name, this.#g.ints(axes)], one) : this.#op(op, [x.name], { ...one, axes });
    return { name, dims: x.dims.map(() => 1) };
  }

  /** What attributes and operands are when they are left out. */
  #byDefault(x: Tensor): Tensor | null {
    const c = this.#choices;
    const [batch, channels, ...sizes] = x.dims;
    const rank = x.dims.length;
    const spatial = rank === 3 || rank === 4;
    const same = (name: string): Tensor => ({ name, dims: x.dims });
    const makers: (() => Tensor | null)[] = [
      () => same(this.#op("LeakyRelu", [x.name])),
      () => same(this.#op("HardSigmoid", [x.name])),
      () => ({ name: this.#op("Transpose", [x.name]), dims: x.dims.toReversed() }),
      () => (rank < 2 ? null : { name: this.#op("Flatten", [x.name]), dims: [batch, product(x.dims.slice(1))] }),
      () => {
        if (this.#opset < 11 || rank !== 2) return null;
        return { name: this.#op("Gemm", [x.name, this.#floats([channels, 3])]), dims: [batch, 3] };
      },
      () => {
        if (!spatial || sizes.some((n) => n < 2)) return null;
        const weight = this.#floats([2, channels, ...sizes.map(() => 2)]);
        return { name: this.#op("Conv", [x.name, weight]), dims: [batch, 2, ...sizes.map((n) => n - 1)] };
      },
      () => {
        if (!spatial || sizes.some((n) => n < 2)) return null;
        const name = this.#op(c.pick(["MaxPool", "AveragePool"]), [x.name], { kernel_shape: sizes.map(() => 2) });
        return { name, dims: [batch, channels, ...sizes.map((n) => n - 1)] };
      },
      () => {
        if (!spatial) return null;
        const weight = this.#floats([channels, 2, ...sizes.map(() => 2)]);
        return { name: this.#op("ConvTranspose", [x.name, weight]), dims: [batch, 2, ...sizes.map((n) => n + 1)] };
      },
      () => {
        const op = c.pick(["ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceL1"]);
        if (this.#opset < 18) return { name: this.#op(op, [x.name]), dims: x.dims.map(() => 1) };
        // Over no axes it is the operand, or what becomes of each value alone.
        return same(this.#op(op, [x.name, this.#g.ints([])], { noop_with_empty_axes: 1 }));
      },
      () => {
        if (this.#opset < 12) return null;
        const ratio = this.#g.floats([], [0.5]);
        const outputs = [`dropped${this.tensors.length}`, `mask${this.tensors.length}`];
        return same(this.#g.op("Dropout", [x.name, ratio], {}, { outputs: c.oneIn(2) ? outputs : [outputs[0]] }));
      },
      () => {
        if (channels === undefined || x.dims[0] % 2 || this.#opset >= 18) return null;
        const outputs = [0, 1].map((k) => `halves${this.tensors.length}_${k}`);
        this.#g.op("Split", [x.name], {}, { outputs });
        return { name: c.pick(outputs), dims: [x.dims[0] / 2, ...x.dims.slice(1)] };
      },
      () => {
        if (!spatial || sizes.some((n) => n < 2)) return null;
        const name = this.#op("MaxPool", [x.name], { kernel_shape: sizes.map(() => 2), storage_order: 1 });
        return { name, dims: [batch, channels, ...sizes.map((n) => n - 1)] };
      },
    ];
    return c.pick(makers)();
  }

  /** What may name some axes, forwards or from the end. */
  #byAxes(x: Tensor): Tensor | null {
    const c = this.#choices;
    const rank = x.dims.length;
    const axis = c.integer(0, rank - 1);
    const written = c.oneIn(2) ? axis : axis - rank;
    const makers: (() => Tensor | null)[] = [
      () => {
        if (this.#opset < 18) return null;
        const [begin, end] = [c.integer(0, 2), c.integer(-1, 1)];
        const pads = [x.name, this.#g.ints([begin, end]), "", this.#g.ints([written])];
        if (x.direct) return null;
        return { name: this.#op("Pad", pads), dims: x.dims.with(axis, x.dims[axis] + begin + end) };
      },
      () => {
        if (this.#opset >= 11 || x.direct) return null;
        const ends = x.dims.map((_, k) => (k === axis ? c.integer(-1, 2) : 0));
        const mode = c.pick(["constant", "edge"]);
        const pads = [...x.dims.map(() => 0), ...(mode === "edge" ? ends.map((n) => Math.max(0, n)) : ends)];
        const filling = mode === "constant" ? { value: float(c.pick([0, 0.5])) } : {};
        const dims = x.dims.map((n, k) => n + pads[rank + k]);
        return { name: this.#op("Pad", [x.name], { mode, pads, ...filling }), dims };
      },
      () => {
        if (this.#opset < 18 || rank < 3 || axis < 2) return null;
        const count = c.pick([2, 3, 1, 5]) * x.dims[axis];
        const mode = c.pick(["nearest", "linear"]);
        const place = c.pick(
          ["half_pixel", "asymmetric", "align_corners", "half_pixel_symmetric"].slice(0, this.#opset < 19 ? 3 : 4),
        );
        const attributes = { mode, coordinate_transformation_mode: place, axes: [axis] };
        const dims = x.dims.with(axis, count);
        if (c.oneIn(2)) return { name: this.#op("Resize", [x.name, "", "", this.#g.ints([count])], attributes), dims };
        const scales = this.#g.floats([1], [count / x.dims[axis]]);
        return { name: this.#op("Resize", [x.name, "", scales], attributes), dims };
      },
      () => {
        if (this.#opset < 18 || rank !== 4) return null;
        const half = this.#g.ints([1, x.dims[1], Math.max(1, x.dims[2] >> 1), Math.max(1, x.dims[3] >> 1)]);
        const name = this.#op("Resize", [x.name, "", "", half], { mode: "linear", antialias: 1 });
        return { name, dims: [1, x.dims[1], Math.max(1, x.dims[2] >> 1), Math.max(1, x.dims[3] >> 1)] };
      },
      () => {
        if (this.#opset < 11) return null;
        const joined = [x.name, ...(c.oneIn(2) ? [x.name] : [])];
        return {
          name: this.#op("Concat", joined, { axis: written }),
          dims: x.dims.with(axis, joined.length * x.dims[axis]),
        };
      },
      () => {
        if (this.#opset < 13) return null;
        const places = [axis, rank + 1].map((k) => (c.oneIn(2) ? k : k - rank - 2));
        const dims = [...x.dims.toSpliced(axis, 0, 1), 1];
        return { name: this.#op("Unsqueeze", [x.name, this.#g.ints(places)]), dims };
      },
      () => {
        if (this.#opset < 18 || x.dims[axis] < 3) return null;
        // The last part is the smaller.
        const size = Math.ceil(x.dims[axis] / 2);
        const outputs = [0, 1].map((k) => `uneven${this.tensors.length}_${k}`);
        this.#g.op("Split", [x.name], { axis: written, num_outputs: 2 }, { outputs });
        const k = c.integer(0, 1);
        return { name: outputs[k], dims: x.dims.with(axis, k === 0 ? size : x.dims[axis] - size) };
      },
      () => {
        if (this.#opset < 10) return null;
        const ends = [c.pick([2 ** 53 - 1, -1, 2 ** 31 - 1])];
        const size = ends[0] < 0 ? x.dims[axis] - 1 : x.dims[axis];
        if (size < 1) return null;
        const name = this.#op("Slice", [x.name, this.#g.ints([0]), this.#g.ints(ends), this.#g.ints([written])]);
        return { name, dims: x.dims.with(axis, size) };
      },
      () => {
        if (this.#opset < 19 || rank !== 4 || x.dims[2] < 3 || x.dims[3] < 3) return null;
        const attributes = {
          kernel_shape: [2, 2],
          dilations: [2, c.integer(1, 2)],
          count_include_pad: c.integer(0, 1),
        };
        const dims = [...x.dims.slice(0, 2), x.dims[2] - 2, x.dims[3] - attributes.dilations[1]];
        return { name: this.#op("AveragePool", [x.name], attributes), dims };
      },
    ];
    return c.pick(makers)();
  }

  /** A transposed convolution whose padding follows from its strides. */
  #autoPadded(x: Tensor): Tensor | null {
    const c = this.#choices;
    if (x.dims.length < 3 || x.dims.length > 4) return null;
    const [batch, channels, ...sizes] = x.dims;
    const strides = sizes.map(() => c.integer(1, 2));
    const kernel = strides.map((stride) => stride + c.integer(0, 1));
    const weight = this.#floats([channels, 2, ...kernel]);
    const auto_pad = c.pick(["SAME_UPPER", "SAME_LOWER", "VALID"]);
    const name = this.#op("ConvTranspose", [x.name, weight], { strides, auto_pad });
    const count = sizes.map((n, k) => (auto_pad === "VALID" ? (n - 1) * strides[k] + kernel[k] : n * strides[k]));
    return { name, dims: [batch, 2, ...count] };
  }

  /** A sum with what a node gives that has no operands. */
  #constantNode(x: Tensor): Tensor | null {
    const c = this.#choices;
    if (this.#opset < 12 || x.direct) return null;
    const value = c.integer(-8, 8) / 8;
    const constant = c.pick([
      () => this.#op("Constant", [], { value_float: float(value) }),
      () =>
        this.#op("ConstantOfShape", [this.#g.ints([x.dims.at(-1)!])], {
          value: { dims: [1], dataType: FLOAT, floatData: [value] },
        }),
      () => this.#op("Cast", [this.#op("Constant", [], { value_int: Math.round(8 * value) })], { to: FLOAT }),
      () => this.#op("Expand", [this.#g.floats([1], [value]), this.#g.ints(x.dims)]),
    ])();
    return { name: this.#op(c.pick(["Add", "Sub", "Mul", "Max"]), [x.name, constant]), dims: x.dims };
  }

  #batchNorm(x: Tensor): Tensor | null {
    if (x.dims.length < 2 || x.direct) return null;
    return { name: this.#g.batchNorm(x.name, x.dims[1]), dims: x.dims };
  }

  #pRelu(x: Tensor): Tensor | null {
    const shape = x.dims
      .map((n) => (this.#choices.oneIn(2) ? 1 : n))
      .slice(this.#choices.integer(0, x.dims.length - 1));
    return { name: this.#op("PRelu", [x.name, this.#floats(shape)]), dims: x.dims };
  }
}
