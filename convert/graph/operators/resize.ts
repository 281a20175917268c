/** Operators that resample and repeat: Resize, Upsample, Tile, Expand, DepthToSpace, SpaceToDepth. */

import { toChannels } from "../../form/canonical.ts";
import { expand as expandValue } from "../../form/expand.ts";
import { embed, type Form, scale, selectChannels, slicePositions, sum } from "../../form/form.ts";
import { type Digit, reshape as reshapeLayout, transpose, wholeLabel } from "../../form/layout.ts";
import type { GraphNode } from "../../onnx/node.ts";
import { Refusal } from "../../refusal.ts";
import type { Builder, Value } from "../builder.ts";
import { take } from "../take.ts";

/** Expand: broadcast to a larger shape. */
export function expand(node: GraphNode, builder: Builder): void {
  const [result] = node.outputs;
  const dims = builder.graph.dims(result);
  const { form, layout } = expandValue(builder.identity(node.inputs[0]), dims);
  builder.set(result, builder.held(result, form, layout));
}

/** Tile by constant repeats. */
export function tile(node: GraphNode, builder: Builder): void {
  const [operand, repeatsName] = node.inputs;
  const [result] = node.outputs;
  const repeats = builder.constant(repeatsName, "its list of repeats").data;
  let value = builder.identity(operand);
  repeats.forEach((count, axis) => {
    const size = value.layout.dims[axis];
    value = take(
      value,
      axis,
      Array.from({ length: size * count }, (_, k) => k % size),
    );
  });
  builder.set(result, builder.held(result, value.form, value.layout));
}

/** DepthToSpace, in either mode: blocks of channels become blocks of positions. */
export function depthToSpace(node: GraphNode, builder: Builder): void {
  const [batch, channels, ...space] = builder.value(node.inputs[0]).layout.dims;
  const block = node.int("blocksize", 1);
  const depth = channels / block ** 2;
  const [height, width] = space;
  rearrange(
    node,
    builder,
    node.string("mode", "DCR") === "DCR"
      ? { split: [batch, block, block, depth, height, width], order: [0, 3, 4, 1, 5, 2] }
      : { split: [batch, depth, block, block, height, width], order: [0, 1, 4, 2, 5, 3] },
  );
}

/** SpaceToDepth: blocks of positions become channels. */
export function spaceToDepth(node: GraphNode, builder: Builder): void {
  const [batch, channels, height, width] = builder.value(node.inputs[0]).layout.dims;
  const block = node.int("blocksize", 1);
  rearrange(node, builder, {
    split: [batch, channels, height / block, block, width / block, block],
    order: [0, 3, 5, 1, 2, 4],
  });
}

/** The same elements: split into other axes, these in another order, and joined again. */
function rearrange(
  node: GraphNode,
  builder: Builder,
  { split, order }: { readonly split: readonly number[]; readonly order: readonly number[] },
): void {
  const [operand] = node.inputs;
  const [result] = node.outputs;
  const dims = builder.graph.dims(result);
  const moved = ({ layout }: Pick<Value, "layout">) => {
    const apart = reshapeLayout(layout, split);
    return apart && reshapeLayout(transpose(apart, order), dims);
  };
  const direct = moved(builder.value(operand));
  if (direct) {
    builder.relabel(operand, result, direct);
    return;
  }
  const flat = toChannels(builder.value(operand));
  builder.set(result, builder.held(result, flat.form, moved(flat)!));
}

/** What one element along an axis is made of: indices of the operand and their weights. */
type Mixture = readonly (readonly [index: number, weight: number])[];

/**
 * Resize and Upsample, nearest or linear, along axes of space and channels.
 * @throws Refusal for cubic interpolation, or what depends on a region
 */
export function resize(node: GraphNode, builder: Builder): void {
  const [operand] = node.inputs;
  const [result] = node.outputs;
  const from = builder.graph.dims(operand);
  const to = builder.graph.dims(result);
  const scales = scalesOf(node, builder, from, to);
  let value = builder.identity(operand);
  from.forEach((size, axis) => {
    if (size === to[axis] && scales[axis] === 1) return;
    value = resampled(value, axis, mixtures(node, size, to[axis], scales[axis]));
  });
  builder.set(result, builder.held(result, value.form, value.layout));
}

function scalesOf(node: GraphNode, builder: Builder, from: readonly number[], to: readonly number[]): number[] {
  if (node.string("keep_aspect_ratio_policy", "stretch") !== "stretch") {
    throw new Refusal("keeps the aspect ratio; sizes or scales for all axes are supported");
  }
  // Scales are the last input before Resize knew sizes, the third from then on.
  const name = node.op === "Resize" && node.inputs.length > 2 ? node.inputs[2] : node.inputs[1];
  const isSized = node.op === "Resize" && Boolean(node.inputs[3]);
  const given = name && !isSized ? [...builder.constant(name, "its scales").data] : node.floats("scales");
  const axes = node.ints("axes")?.map((k) => (k < 0 ? k + from.length : k)) ?? from.map((_, k) => k);
  return from.map((size, axis) => {
    const k = axes.indexOf(axis);
    if (k < 0) return 1;
    return given && given.length > 0 ? given[k] : to[axis] / size;
  });
}

/** What every element along a resampled axis is made of. */
function mixtures(node: GraphNode, size: number, count: number, factor: number): Mixture[] {
  const mode = node.string("mode", "nearest");
  // Upsample, and Resize before it knew how, count from the first element.
  const old = node.op === "Upsample" || node.inputs.length === 2;
  const place = node.string("coordinate_transformation_mode", old ? "asymmetric" : "half_pixel");
  const at = coordinate(place, size, count, factor);
  const last = size - 1;
  if (mode === "nearest") {
    const round = rounding(node.string("nearest_mode", old ? "simple" : "round_prefer_floor"), factor);
    return Array.from({ length: count }, (_, k) => [[Math.min(Math.max(round(at(k)), 0), last), 1]]);
  }
  if (mode !== "linear") throw new Refusal(`interpolates by '${mode}'; nearest and linear are supported`);
  if (node.int("antialias", 0) !== 0 && factor < 1) {
    throw new Refusal("smooths what it shrinks (antialias); interpolation without is supported");
  }
  return Array.from({ length: count }, (_, k) => {
    const x = Math.min(Math.max(at(k), 0), last);
    const low = Math.floor(x);
    const share = x - low;
    if (share === 0) return [[low, 1]];
    return [
      [low, 1 - share],
      [low + 1, share],
    ];
  });
}

function coordinate(mode: string, size: number, count: number, factor: number): (k: number) => number {
  const { fround } = Math;
  const half = (k: number) => fround(fround((k + 0.5) / factor) - 0.5);
  switch (mode) {
    case "half_pixel":
      return half;
    case "pytorch_half_pixel":
      return (k) => (count > 1 ? half(k) : 0);
    case "asymmetric":
      return (k) => fround(k / factor);
    case "align_corners":
      return (k) => (count > 1 ? fround((k * (size - 1)) / (count - 1)) : 0);
    case "tf_half_pixel_for_nn":
      return (k) => fround((k + 0.5) / factor);
    case "half_pixel_symmetric":
      return (k) => (size / 2) * (1 - count / (factor * size)) + half(k);
    default:
      throw new Refusal(`has coordinates by '${mode}'; half_pixel, asymmetric and align_corners are supported`);
  }
}

function rounding(mode: string, factor: number): (x: number) => number {
  switch (mode) {
    case "simple":
      return factor < 1 ? Math.ceil : Math.floor;
    case "floor":
      return Math.floor;
    case "ceil":
      return Math.ceil;
    case "round_prefer_ceil":
      return Math.round;
    default:
      return (x) => Math.ceil(x - 0.5);
  }
}

/** The value with an axis each of whose elements is a mixture of the operand's. */
function resampled(value: Value, axis: number, mixed: readonly Mixture[]): Value {
  const { form, layout } = value;
  const size = layout.dims[axis];
  const count = mixed.length;
  const nearest = mixed.every((mixture) => mixture.length === 1);
  const indices = mixed.map(([[index]]) => index);
  const dims = layout.dims.map((n, k) => (k === axis ? count : n));
  if (size === 1) return { ...value, ...expandValue({ form, layout }, dims) };
  const factor = count / size;
  const whole = Number.isInteger(factor) && factor > 1;
  const withDigit = (digits: readonly Digit[], channels: number) =>
    layout.axes.map((old, k) =>
      k === axis ? [...digits, { label: "c" as const, size: factor, stride: channels }] : old,
    );
  if (nearest && whole && indices.every((index, k) => index === Math.floor(k / factor))) {
    const list = Array.from({ length: factor * form.channels }, (_, k) => k % form.channels);
    return {
      ...value,
      form: selectChannels(form, list),
      layout: { dims, axes: withDigit(layout.axes[axis], form.channels) },
    };
  }
  const label = wholeLabel(layout, axis);
  if (whole && (label === "h" || label === "w")) {
    const space = label === "h" ? 0 : 1;
    requirePieces(form, factor);
    const phases = Array.from({ length: factor }, (_, p) =>
      mixture(
        form,
        space,
        mixed.filter((_, k) => k % factor === p),
      ),
    );
    const place = (phase: Form, p: number) =>
      embed(phase, [form.height, form.width, factor * form.channels], [0, 0, p * form.channels]);
    return {
      ...value,
      form: sum(phases.map(place)),
      layout: { dims, axes: withDigit(layout.axes[axis], form.channels) },
    };
  }
  if (nearest) return take(value, axis, indices);
  if (label !== "h" && label !== "w") {
    throw new Refusal(`interpolates axis ${axis}, which mixes rows, columns and channels; plain axes are supported`);
  }
  const axes = layout.axes.map((digits, k) =>
    k === axis ? (count > 1 ? [{ label, size: count, stride: 1 }] : []) : digits,
  );
  return { ...value, form: mixture(form, label === "h" ? 0 : 1, mixed), layout: { dims, axes } };
}

/** Pieces that a mixture of rows or columns may fall into. */
const MOST_PIECES = 256;

/** Terms that a map may be interpolated in, as many as a form may have. */
const MOST_TERMS = 2 ** 13;

/** @throws Refusal where a form is interpolated by so large a factor that there are too many */
function requirePieces(form: Form, factor: number): void {
  const terms = form.terms.length * factor;
  if (terms > MOST_TERMS) throw new Refusal(`interpolates in ${terms} parts and more; ${MOST_TERMS} are supported`);
}

/** A form each of whose rows (axis 0) or columns is a mixture: pieces of like weights and regular steps. */
function mixture(form: Form, axis: 0 | 1, mixed: readonly Mixture[]): Form {
  const height = axis === 0 ? mixed.length : form.height;
  const width = axis === 1 ? mixed.length : form.width;
  const taps = mixed.reduce((most, { length }) => Math.max(most, length), 0);
  const pieces: Form[] = [];
  for (let tap = 0; tap < taps; tap++) {
    for (let from = 0; from < mixed.length; ) {
      const first = mixed[from][tap];
      if (!first) {
        from++;
        continue;
      }
      const [start, weight] = first;
      const follows = (k: number, step: number) => {
        const next = mixed[from + k]?.[tap];
        return next !== undefined && next[1] === weight && next[0] === start + k * step;
      };
      const step = (mixed[from + 1]?.[tap]?.[0] ?? start + 1) - start;
      let count = 1;
      while (step > 0 && follows(count, step)) count++;
      const rows = slicePositions(form, axis, { start, step: Math.max(1, step), count });
      const weighted = scale(rows, new Float64Array(form.channels).fill(weight));
      pieces.push(embed(weighted, [height, width, form.channels], axis === 0 ? [from, 0, 0] : [0, from, 0]));
      from += count;
    }
  }
  if (pieces.length > MOST_PIECES) {
    throw new Refusal(
      `interpolates in ${pieces.length} pieces; up to ${MOST_PIECES}, or a whole factor, are supported`,
    );
  }
  return sum(pieces);
}
