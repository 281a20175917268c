/** How tensors lay out maps: which axis is rows, columns, channels or a part of them. */

/** An axis of a map: height, width, channels. */
export type Label = "h" | "w" | "c";

/** A part of a label's coordinate: `⌊coordinate / stride⌋ mod size`. */
export interface Digit {
  readonly label: Label;
  readonly size: number;
  readonly stride: number;
}

/**
 * How an ONNX tensor lays out a map H×W×C: for every axis of the tensor the digits of its index, most significant first
 * (none where the axis has size 1). Reshape, Flatten, Squeeze, Unsqueeze and Transpose change the layout and nothing else.
 */
export interface Layout {
  readonly dims: readonly number[];
  readonly axes: readonly (readonly Digit[])[];
}

/**
 * The layout of a tensor each of whose axes is a whole axis of the map, or (null) has size 1.
 * @throws Error for a larger axis without a label, whose elements would have no place in the map
 */
export function plainLayout(dims: readonly number[], labels: readonly (Label | null)[]): Layout {
  const lost = dims.findIndex((size, k) => size > 1 && !labels[k]);
  if (lost >= 0) throw new Error(`axis ${lost} of [${dims}] has no label`);
  return {
    dims,
    axes: dims.map((size, k) => (size > 1 && labels[k] ? [{ label: labels[k], size, stride: 1 }] : [])),
  };
}

/** The same elements in the same row-major order under other sizes, or null where a digit would be split unevenly. */
export function reshape(layout: Layout, dims: readonly number[]): Layout | null {
  const digits = layout.axes.flat().reverse();
  const axes: Digit[][] = [];
  for (const size of dims) {
    const axis: Digit[] = [];
    let rest = size;
    while (rest > 1) {
      const digit = digits.pop();
      if (!digit) return null;
      if (rest % digit.size === 0) {
        axis.push(digit);
        rest /= digit.size;
      } else if (digit.size % rest === 0) {
        const low = digit.size / rest;
        axis.push({ ...digit, size: rest, stride: digit.stride * low });
        digits.push({ ...digit, size: low });
        rest = 1;
      } else return null;
    }
    axes.push(merge(axis));
  }
  return digits.length === 0 ? { dims, axes } : null;
}

/** Joins neighbouring digits that are together one digit. */
function merge(digits: readonly Digit[]): Digit[] {
  const merged: Digit[] = [];
  for (const digit of digits) {
    const last = merged.at(-1);
    if (last && last.label === digit.label && last.stride === digit.stride * digit.size) {
      merged[merged.length - 1] = { ...digit, size: last.size * digit.size };
    } else merged.push(digit);
  }
  return merged;
}

/** The same elements with the axes in another order: axis k of the result is axis `permutation[k]`. */
export function transpose(layout: Layout, permutation: readonly number[]): Layout {
  return { dims: permutation.map((k) => layout.dims[k]), axes: permutation.map((k) => layout.axes[k]) };
}

/** All digits of a label, most significant first. */
export function digitsOf(layout: Layout, label: Label): Digit[] {
  return layout.axes
    .flat()
    .filter((digit) => digit.label === label)
    .sort((a, b) => b.stride - a.stride);
}

/** The label that an axis is the whole of, null for an axis of size 1, undefined for anything else. */
export function wholeLabel(layout: Layout, axis: number): Label | null | undefined {
  const digits = layout.axes[axis];
  if (digits.length === 0) return null;
  return digits.length === 1 && digitsOf(layout, digits[0].label).length === 1 ? digits[0].label : undefined;
}

/** What a coordinate of each label adds to an index that is a sum over the tensor's axes with the given weights. */
interface Offsets {
  readonly h: Int32Array;
  readonly w: Int32Array;
  readonly c: Int32Array;
}

/**
 * Contributions of the coordinates (y, x, c) to `Σ_axis axisIndex·steps[axis]`.
 * @param steps one weight per axis: row-major strides give the flat index, zeros broadcast
 */
export function offsets(layout: Layout, steps: readonly number[], size: readonly [number, number, number]): Offsets {
  const result = { h: new Int32Array(size[0]), w: new Int32Array(size[1]), c: new Int32Array(size[2]) };
  layout.axes.forEach((digits, axis) => {
    let step = steps[axis];
    for (const { label, size, stride } of digits.toReversed()) {
      const into = result[label];
      for (let k = 0; k < into.length; k++) into[k] += (Math.floor(k / stride) % size) * step;
      step *= size;
    }
  });
  return result;
}

/** Row-major strides of a shape. */
export function rowMajor(dims: readonly number[]): number[] {
  const strides = Array<number>(dims.length).fill(1);
  for (let k = dims.length - 2; k >= 0; k--) strides[k] = strides[k + 1] * dims[k + 1];
  return strides;
}

/** Strides of y and x in the row-major tensor and offsets of every c in the tensor, or null where rows or columns lie in no regular steps. */
export function viewOffsets(
  layout: Layout,
  channels: number,
): { readonly strides: readonly [number, number]; readonly channels: Int32Array } | null {
  if (digitsOf(layout, "h").length > 1 || digitsOf(layout, "w").length > 1) return null;
  const { h, w, c } = offsets(layout, rowMajor(layout.dims), [2, 2, channels]);
  return { strides: [h[1], w[1]], channels: c };
}
