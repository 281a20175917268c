/** Operators that cut, join and pad tensors. */

import { broadcast } from "../../form/broadcast.ts";
import { canonical } from "../../form/canonical.ts";
import { addConstant, beside, constantMap, embed, type Form } from "../../form/form.ts";
import { type Label, wholeLabel } from "../../form/layout.ts";
import type { GraphNode } from "../../onnx/node.ts";
import type { Tensor } from "../../onnx/tensor.ts";
import { Refusal } from "../../refusal.ts";
import type { Builder, Value } from "../builder.ts";
import { combine, UNLIKE_AXES } from "../combine.ts";
import { take } from "../take.ts";
import { endsIn } from "./ending.ts";

/** A label's place in the sizes of a form. */
const PLACE = { h: 0, w: 1, c: 2 } as const;

const sizes = (form: Form): [number, number, number] => [form.height, form.width, form.channels];

/**
 * Slice along any axes, forwards or backwards.
 * @throws Refusal where it takes nothing, or as `take`
 */
export function slice(node: GraphNode, builder: Builder): void {
  const [operand, ...names] = node.inputs;
  const dims = builder.graph.dims(operand);
  const list = (k: number, attribute: string) =>
    names[k] ? [...builder.constant(names[k], `its '${attribute}'`).data] : node.ints(attribute);
  const starts = list(0, "starts") ?? [];
  const ends = list(1, "ends") ?? [];
  const axes = (list(2, "axes") ?? starts.map((_, k) => k)).map((k) => (k < 0 ? k + dims.length : k));
  const steps = list(3, "steps") ?? starts.map(() => 1);
  let value = builder.value(operand);
  axes.forEach((axis, k) => {
    value = take(value, axis, sliced(dims[axis], starts[k], ends[k], steps[k]));
  });
  builder.set(node.outputs[0], builder.held(node.outputs[0], value.form, value.layout));
}

/** The indices that a slice takes from an axis. */
function sliced(size: number, start: number, end: number, step: number): number[] {
  const fromEnd = (k: number) => (k < 0 ? k + size : k);
  const clamp = (k: number, low: number, high: number) => Math.min(Math.max(fromEnd(k), low), high);
  const indices: number[] = [];
  if (step > 0) {
    const last = clamp(end, 0, size);
    for (let k = clamp(start, 0, size); k < last; k += step) indices.push(k);
  } else {
    const last = clamp(end, -1, size - 1);
    for (let k = clamp(start, 0, size - 1); k > last; k += step) indices.push(k);
  }
  return indices;
}

/**
 * Split into the sizes that the run showed, as slices.
 * @throws Refusal as `slice`
 */
export function split(node: GraphNode, builder: Builder): void {
  const [operand] = node.inputs;
  const dims = builder.graph.dims(operand);
  const axis = node.int("axis", 0) < 0 ? node.int("axis", 0) + dims.length : node.int("axis", 0);
  let start = 0;
  for (const result of node.outputs) {
    if (!result) continue;
    const size = builder.graph.dims(result)[axis];
    const indices = Array.from({ length: size }, (_, k) => start + k);
    const { form, layout } = take(builder.value(operand), axis, indices);
    builder.set(result, builder.held(result, form, layout));
    start += size;
  }
}

/**
 * Gather by a constant of indices, of any shape.
 * @throws Refusal for computed indices, or as `take`
 */
export function gather(node: GraphNode, builder: Builder): void {
  const [operand, indexName] = node.inputs;
  const [result] = node.outputs;
  const dims = builder.graph.dims(operand);
  const axis = node.int("axis", 0) < 0 ? node.int("axis", 0) + dims.length : node.int("axis", 0);
  const index = builder.constant(indexName, "its list of indices");
  const indices = Array.from(index.data, (k) => (k < 0 ? k + dims[axis] : k));
  const { form, layout } = take(builder.value(operand), axis, indices);
  builder.set(result, builder.held(result, form, layout));
  builder.reshape(result, builder.graph.dims(result));
}

/** What pads so low that it stands for nothing: the maxima that read it never give it. */
const NOTHING = -1e30;

/**
 * Pad with a constant, with values of the edge, mirrored or from the other end; negative padding crops.
 * @throws Refusal for other modes, or an axis that mixes rows, columns and channels
 */
export function pad(node: GraphNode, builder: Builder): void {
  const [operand, padsName, valueName, axesName] = node.inputs;
  const [result] = node.outputs;
  const mode = node.string("mode", "constant");
  const pads = node.ints("pads") ?? [...builder.constant(padsName, "its padding").data];
  const filling = valueName ? builder.constant(valueName, "its value").data[0] : node.float("value", 0);
  const { dims } = builder.value(operand).layout;
  const axes = axesName
    ? Array.from(builder.constant(axesName, "its axes").data, (k) => (k < 0 ? k + dims.length : k))
    : Array.from({ length: dims.length }, (_, k) => k);
  if (mode === "constant" && filling <= NOTHING) {
    padWithNothing(node, builder, { axes, pads });
    return;
  }
  let value = builder.value(operand);
  axes.forEach((axis, k) => {
    const [begin, end] = [pads[k], pads[k + axes.length]];
    value =
      mode === "constant"
        ? padAxis(value, axis, { begin, end, filling })
        : take(value, axis, paddedIndices(mode, dims[axis], begin, end));
  });
  builder.set(result, builder.held(result, value.form, value.layout));
}

/** The indices that a padded axis takes from the axis. */
function paddedIndices(mode: string, size: number, begin: number, end: number): number[] {
  const period = 2 * (size - 1);
  const modulo = (k: number, n: number) => ((k % n) + n) % n;
  const mirrored = (k: number) => Math.min(modulo(k, period), period - modulo(k, period));
  const inside: Readonly<Record<string, (k: number) => number>> = {
    edge: (k) => Math.min(Math.max(k, 0), size - 1),
    reflect: (k) => (size > 1 ? mirrored(k) : 0),
    wrap: (k) => modulo(k, size),
  };
  const index = inside[mode];
  if (!index) throw new Refusal(`pads by '${mode}'; constant, edge, reflect and wrap are supported`);
  return Array.from({ length: size + begin + end }, (_, k) => index(k - begin));
}

/** Padding with −∞: the padding of the maxima that read it. */
function padWithNothing(
  node: GraphNode,
  builder: Builder,
  { axes, pads }: { readonly axes: readonly number[]; readonly pads: readonly number[] },
): void {
  const [operand] = node.inputs;
  const [result] = node.outputs;
  const readers = builder.graph.consumers(result);
  if (builder.graph.isOutput(result) || readers.some(({ op }) => op !== "MaxPool") || pads.some((n) => n < 0)) {
    throw new Refusal("pads with −∞; that is supported where nothing but a MaxPool reads it");
  }
  const begins = new Map(axes.map((axis, k) => [axis, pads[k]]));
  builder.setPadded(result, { operand, begins });
}

/** Padding of one axis; negative where it crops. */
interface Padding {
  readonly begin: number;
  readonly end: number;
  /** Value of what is added. */
  readonly filling: number;
}

function padAxis(value: Value, axis: number, { begin, end, filling }: Padding): Value {
  if (begin === 0 && end === 0) return value;
  const size = value.layout.dims[axis];
  const cropped = Array.from(
    { length: size + Math.min(0, begin) + Math.min(0, end) },
    (_, k) => k - Math.min(0, begin),
  );
  const inner = canonical(take(value, axis, cropped));
  const [before, after] = [Math.max(0, begin), Math.max(0, end)];
  const label = wholeLabel(inner.layout, axis) ?? freeLabel(inner, axis);
  if (!label) throw new Refusal(`pads axis ${axis}, which mixes rows, columns and channels; plain axes are supported`);
  const total = cropped.length + before + after;
  const layout = {
    dims: inner.layout.dims.map((n, k) => (k === axis ? total : n)),
    axes: inner.layout.axes.map((digits, k) =>
      k === axis && total > 1 ? [{ label, size: total, stride: 1 }] : digits,
    ),
  };
  const size3 = sizes(inner.form);
  const at: [number, number, number] = [0, 0, 0];
  size3[PLACE[label]] = total;
  at[PLACE[label]] = before;
  const form = embed(inner.form, size3, at);
  const outside = { label, start: before, count: cropped.length };
  return { ...inner, form: filling === 0 ? form : filled(form, outside, filling), layout };
}

/** Sets the constant outside [start, start + count) along a label. */
function filled(
  form: Form,
  { label, start, count }: { readonly label: Label; readonly start: number; readonly count: number },
  filling: number,
): Form {
  const map = new Float64Array(form.height * form.width * form.channels);
  for (let at = 0; at < map.length; at++) {
    const position = Math.floor(at / form.channels);
    const index = { h: Math.floor(position / form.width), w: position % form.width, c: at % form.channels }[label];
    if (index < start || index >= start + count) map[at] = filling;
  }
  return addConstant({ ...form, constant: constantMap(form) }, map);
}

/** A label for an axis of size 1: by position where that is free, else any that is. */
function freeLabel(value: Value, axis: number): Label | undefined {
  if (value.layout.dims[axis] !== 1) return undefined;
  const free = (["h", "w", "c"] as const).filter((label) => sizes(value.form)[PLACE[label]] === 1);
  const usual = ([undefined, "c", "h", "w"] as const)[axis];
  return usual && free.includes(usual) ? usual : free[0];
}

/**
 * Concat of tensors and constants along a whole axis; at an output, of tensors that lie side by side in no map, as parts.
 * @throws Refusal for unlike axes inside the network, or with a constant among them
 */
export function concat(node: GraphNode, builder: Builder): void {
  const [result] = node.outputs;
  const dims = builder.graph.dims(result);
  const axis = node.int("axis", 1) < 0 ? node.int("axis", 1) + dims.length : node.int("axis", 1);
  const tensors = node.inputs.filter((name) => builder.has(name));
  const onlyTensors = tensors.length === node.inputs.length;
  if (node.inputs.length === 1 && builder.partsOf(tensors[0]).length === 1) {
    builder.relabel(tensors[0], result, builder.value(tensors[0]).layout);
    return;
  }
  // At an output, tensors that lie side by side in no map are given one by one.
  const ends = endsIn(result, builder.graph);
  const apart = ends && tensors.some((tensor) => builder.partsOf(tensor).length > 1 || builder.value(tensor).ended);
  const combined = apart ? null : combine(builder, tensors, dims, { axis, flatten: !ends });
  if (!combined) {
    if (!ends) throw new Refusal(UNLIKE_AXES);
    if (!onlyTensors) throw new Refusal("joins a constant to an output that is given in parts; tensors are supported");
    builder.joinParts(result, tensors, axis);
    return;
  }
  const { forms, layout, label } = combined;
  const place = PLACE[label!];
  const stride = layout.axes[axis][0]?.stride ?? 1;
  const left = [...forms];
  const parts = node.inputs.map((name): Part => {
    if (!builder.has(name)) return { constant: builder.constant(name, "what it joins") };
    return { form: left.shift()!, length: builder.graph.dims(name)[axis] };
  });
  const size = (part: Part) => ("form" in part ? sizes(part.form)[place] : part.constant.dims[axis] * stride);
  const whole = sizes(forms[0]);
  whole[place] = parts.reduce((total, part) => total + size(part), 0);
  let start = 0;
  const placed: { form: Form; start: number }[] = [];
  for (const part of parts) {
    if ("form" in part) placed.push({ form: part.form, start });
    start += size(part);
  }
  const joined = beside(placed, whole, place);
  const form = onlyTensors
    ? joined
    : addConstant(joined, broadcast({ dims, data: constantsOf(parts, dims, axis) }, joined, layout));
  builder.set(result, builder.held(result, form, layout));
}

/** What is joined: a tensor, with its length along the axis, or a constant. */
type Part = { readonly form: Form; readonly length: number } | { readonly constant: Tensor };

/** The joined tensor with its constants alone, row-major; zero where the tensors are. */
function constantsOf(parts: readonly Part[], dims: readonly number[], axis: number): Float64Array {
  const inner = dims.slice(axis + 1).reduce((product, n) => product * n, 1);
  const row = dims[axis] * inner;
  const all = new Float64Array(dims.reduce((product, n) => product * n, 1));
  let start = 0;
  for (const part of parts) {
    if ("form" in part) {
      start += part.length * inner;
      continue;
    }
    const { data } = part.constant;
    const length = part.constant.dims[axis] * inner;
    for (let from = 0, at = start; from < data.length; from += length, at += row) {
      all.set(data.subarray(from, from + length), at);
    }
    start += length;
  }
  return all;
}
