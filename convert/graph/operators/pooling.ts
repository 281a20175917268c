/** Maxima, averages and sums over axes of space. */

import type { Form } from "../../form/form.ts";
import { type Layout, reshape, transpose } from "../../form/layout.ts";
import { averagePool, maxPool as maxPoolForm } from "../../form/pooling.ts";
import type { Windows } from "../../form/window.ts";
import type { GraphNode } from "../../onnx/node.ts";
import { Refusal } from "../../refusal.ts";
import { pairOf, spatialLabels, windowsOf } from "../axes.ts";
import type { Builder, Value } from "../builder.ts";
import { applyWeights } from "../weights.ts";
import { rectifiedUpTo } from "./activation.ts";
import { positionwise } from "./dense.ts";
import { magnitudes } from "./piecewise.ts";
import { tournament } from "./tournament.ts";
import { axisWindows, type PaddedWindows } from "./windows.ts";

/**
 * MaxPool along one or two axes of space; of values that may be negative and are not rectified, before or after, value by value.
 * @throws Refusal where its indices are read
 */
export function maxPool(node: GraphNode, builder: Builder): void {
  const [operand] = node.inputs;
  if (node.outputs[1] && builder.graph.consumers(node.outputs[1]).length > 0) {
    throw new Refusal("gives the indices of its maxima; their values are supported");
  }
  const perAxis = poolWindows(node, builder);
  const padded = builder.padded(operand);
  if (!padded) {
    poolMaximum(node, builder, { operand, axes: spatialAxes(builder, operand), perAxis });
    return;
  }
  if ([0, 1].some((axis) => padded.begins.get(axis)))
    throw new Refusal("pads batch or channels with −∞; space is supported");
  const { operand: inner } = padded;
  const moved = perAxis.map((w, k) => ({ ...w, begin: w.begin + (padded.begins.get(k + 2) ?? 0) }));
  const sizes = builder.value(inner).layout.dims.slice(2);
  if (moved.some((windows, k) => divisorsAlong(windows, sizes[k], false).includes(0))) {
    throw new Refusal("takes the maximum of padding alone; windows over values are supported");
  }
  poolMaximum(node, builder, { operand: inner, axes: spatialAxes(builder, inner), perAxis: moved });
}

/** GlobalMaxPool: the maximum over all of space, as `maxPool`. */
export function globalMaxPool(node: GraphNode, builder: Builder): void {
  const [operand] = node.inputs;
  poolMaximum(node, builder, wholeAxes(builder, operand, spatialAxes(builder, operand)));
}

/** ReduceMax over any axes, over those of space as `maxPool`. */
export function reduceMax(node: GraphNode, builder: Builder): void {
  const axes = reducedAxes(node, builder);
  const pooling = wholeAxes(builder, node.inputs[0], axes);
  if (axes.length <= 2 && axes.every((axis) => axis >= 2)) poolMaximum(node, builder, pooling);
  else compare(node, builder, 1, pooling);
}

/** ReduceMin over any axes. */
export function reduceMin(node: GraphNode, builder: Builder): void {
  compare(node, builder, -1, wholeAxes(builder, node.inputs[0], reducedAxes(node, builder)));
}

/** The largest or smallest of windows, value by value. */
function compare(node: GraphNode, builder: Builder, sign: 1 | -1, { operand, axes, perAxis }: Pooling): void {
  const [result] = node.outputs;
  const { form, layout } = builder.value(tournament(builder, sign, operand, axes, perAxis));
  builder.set(result, builder.held(result, form, layout));
  builder.reshape(result, builder.graph.dims(result));
}

/**
 * AveragePool along one or two axes of space, with or without its padding in the count.
 * @throws Refusal for more axes
 */
export function averagePoolNode(node: GraphNode, builder: Builder): void {
  const [operand] = node.inputs;
  const perAxis = poolWindows(node, builder);
  const input = builder.graph.dims(operand).slice(2);
  const includePad = node.int("count_include_pad", 0) !== 0;
  const divisors = perAxis.map((windows, k) => divisorsAlong(windows, input[k], includePad));
  poolAverage(node, builder, { operand, axes: spatialAxes(builder, operand), perAxis }, divisors);
}

/** GlobalAveragePool: the average over all of space. */
export function globalAveragePool(node: GraphNode, builder: Builder): void {
  average(node, builder, spatialAxes(builder, node.inputs[0]), true);
}

/** ReduceMean over any axes. */
export function reduceMean(node: GraphNode, builder: Builder): void {
  average(node, builder, reducedAxes(node, builder), true);
}

/** ReduceL1 over any axes: the sum of relu(x) + relu(−x). */
export function reduceL1(node: GraphNode, builder: Builder): void {
  const [operand] = node.inputs;
  average(node, builder, reducedAxes(node, builder), false, [magnitudes(builder, operand)]);
}

/** ReduceSum over any axes. */
export function reduceSum(node: GraphNode, builder: Builder): void {
  average(node, builder, reducedAxes(node, builder), false);
}

function average(
  node: GraphNode,
  builder: Builder,
  axes: readonly number[],
  divide: boolean,
  [operand] = node.inputs,
): void {
  if (axes.length > 2) {
    sumTogether(node, builder, axes, divide, operand);
    return;
  }
  const pooling = wholeAxes(builder, operand, axes);
  const divisors = pooling.perAxis.map(({ kernel }) => [divide ? kernel : 1]);
  poolAverage(node, builder, pooling, divisors);
}

/** The sum over more axes than windows have, as a product with ones over all of them as one axis. */
function sumTogether(
  node: GraphNode,
  builder: Builder,
  axes: readonly number[],
  divide: boolean,
  operand: string,
): void {
  const [result] = node.outputs;
  const value = builder.value(operand);
  const { dims } = value.layout;
  const kept = dims.map((_, k) => k).filter((k) => !axes.includes(k));
  const inputs = axes.reduce((product, k) => product * dims[k], 1);
  const others = kept.map((k) => dims[k]);
  const together = `${operand} together for ${result}`;
  builder.set(together, {
    ...value,
    layout: reshape(transpose(value.layout, [...kept, ...axes]), [...others, inputs])!,
  });
  const { macs } = builder;
  applyWeights(
    builder,
    together,
    {
      channelAxis: others.length,
      ...positionwise([...others, inputs], others.length),
      outputs: 1,
      groups: 1,
      data: new Float64Array(inputs).fill(divide ? 1 / inputs : 1),
      strides: [inputs, 1, 1],
      bias: null,
      dims: [...others, 1],
    },
    result,
  );
  // Nothing that was trained.
  builder.macs = macs;
  builder.reshape(result, builder.graph.dims(result));
}

/** How many values a window's sum is divided by, per position along an axis. */
function divisorsAlong(windows: PaddedWindows, input: number, includePad: boolean): number[] {
  const { kernel, stride, dilation, begin, end, size } = windows;
  const [low, high] = includePad ? [-begin, input + end] : [0, input];
  return Array.from({ length: size }, (_, position) => {
    let count = 0;
    for (let k = 0; k < kernel; k++) {
      const x = position * stride + k * dilation - begin;
      if (x >= low && x < high) count++;
    }
    return count;
  });
}

const spatialAxes = (builder: Builder, operand: string): number[] =>
  builder.graph.dims(operand).flatMap((_, k) => (k >= 2 ? [k] : []));

function reducedAxes(node: GraphNode, builder: Builder): number[] {
  const dims = builder.graph.dims(node.inputs[0]);
  const name = node.inputs[1];
  const given = node.ints("axes") ?? (name ? [...builder.constant(name, "its list of axes").data] : []);
  if (given.length === 0 && node.int("noop_with_empty_axes", 0) !== 0) return [];
  const all = given.length === 0 ? dims.map((_, k) => k) : given.map((k) => (k < 0 ? k + dims.length : k));
  return all.filter((k) => dims[k] > 1).sort((a, b) => a - b);
}

function poolWindows(node: GraphNode, builder: Builder): PaddedWindows[] {
  const input = builder.graph.dims(node.inputs[0]).slice(2);
  const output = builder.graph.dims(node.outputs[0]).slice(2);
  return axisWindows(node, node.ints("kernel_shape") ?? [], input, output);
}

/** One window over all of some axes. */
function wholeAxes(builder: Builder, operand: string, axes: readonly number[]): Pooling {
  const { dims } = builder.value(operand).layout;
  const perAxis = axes.map((k) => ({ kernel: dims[k], stride: 1, dilation: 1, begin: 0, end: 0, size: 1 }));
  return { operand, axes, perAxis };
}

/** Windows along some axes of a tensor. */
interface Pooling {
  readonly operand: string;
  readonly axes: readonly number[];
  /** One per axis. */
  readonly perAxis: readonly PaddedWindows[];
}

/** The operand with its pooled axes known, and the windows over its form. */
interface Placed {
  readonly value: Value;
  readonly axes: readonly number[];
  /** One per axis. */
  readonly labels: readonly ("h" | "w")[];
  readonly windows: Windows;
}

function place(value: Value, { axes, perAxis }: Pooling): Placed {
  const placed = axes.length > 2 ? null : spatialLabels(value, axes);
  if (!placed) throw new Refusal(`pools along ${axes.length} axes; one or two axes of space are supported`);
  const { labels } = placed;
  const { height, width } = placed.value.form;
  const windows = windowsOf(labels, perAxis, { kernel: [1, 1], size: [height, width] });
  return { value: placed.value, axes, labels, windows };
}

function finish(node: GraphNode, builder: Builder, { value, axes, labels }: Placed, form: Form): void {
  const [result] = node.outputs;
  const dims = builder.graph.dims(result);
  const full = value.layout.dims.map((size, k) => {
    const at = axes.indexOf(k);
    if (at < 0) return size;
    return labels[at] === "h" ? form.height : form.width;
  });
  const layout: Layout = {
    dims: full,
    axes: value.layout.axes.map((digits, k) => {
      const at = axes.indexOf(k);
      if (at < 0) return digits;
      return full[k] > 1 ? [{ label: labels[at], size: full[k], stride: 1 }] : [];
    }),
  };
  builder.set(result, builder.held(result, form, layout));
  builder.reshape(result, dims);
}

function poolMaximum(node: GraphNode, builder: Builder, pooling: Pooling): void {
  const { operand } = pooling;
  const attempt = (value: Value) => {
    const placed = place(value, pooling);
    const form = maxPoolForm(placed.value.form, placed.windows);
    return form && { placed, form };
  };
  let found = attempt(builder.value(operand));
  if (!found && builder.isNonNegative(operand)) found = attempt(builder.materialise(operand));
  if (!found) {
    // max(0, max x) = max(max(0, x)), with a ceiling as well: where only one rectification follows, it may come first.
    const ceiling = builder.isNonNegative(operand)
      ? Number.POSITIVE_INFINITY
      : laterRectification(node.outputs[0], builder);
    if (ceiling === null) {
      compare(node, builder, 1, pooling);
      return;
    }
    const rectified = builder.rectify(operand, ceiling, operand);
    const { layout } = builder.value(operand);
    found = attempt({ form: rectified, layout, view: { tensor: operand, layout } });
  }
  if (!found) {
    compare(node, builder, 1, pooling);
    return;
  }
  finish(node, builder, found.placed, found.form);
}

/** The one ceiling up to which every reader of a tensor, seen through what only passes it on, rectifies it; else null. */
function laterRectification(tensor: string, builder: Builder): number | null {
  if (builder.graph.isOutput(tensor)) return null;
  const ceilings = builder.graph.consumers(tensor).map((reader) => {
    const passes = ["Identity", "Dropout", "Reshape", "Flatten"].includes(reader.op);
    return passes ? laterRectification(reader.outputs[0], builder) : rectifiedUpTo(reader, builder);
  });
  return ceilings.length > 0 && ceilings.every((ceiling) => ceiling === ceilings[0]) ? ceilings[0] : null;
}

/** @param divisors what sums are divided by, per axis and position */
function poolAverage(
  node: GraphNode,
  builder: Builder,
  pooling: Pooling,
  divisors: readonly (readonly number[])[],
): void {
  const { operand } = pooling;
  const attempt = (value: Value) => {
    const placed = place(value, pooling);
    const { windows } = placed;
    const ones = (axis: 0 | 1): readonly number[] => Array<number>(windows.size[axis]).fill(1);
    const split = pairOf(placed.labels, divisors, ones);
    const form = averagePool(placed.value.form, windows, split, builder.samples);
    return form && { placed, form };
  };
  const found = attempt(builder.value(operand)) ?? attempt(builder.materialise(operand));
  if (!found) throw new Refusal("averages values that cannot be carried by populations");
  finish(node, builder, found.placed, found.form);
}
