/** Takes indices of a tensor's axis, in any order and repeated or not. */

import { canonical, toChannels } from "../form/canonical.ts";
import { expand } from "../form/expand.ts";
import { type Form, selectChannels, slicePositions, takePositions } from "../form/form.ts";
import { type Digit, type Label, type Layout, rowMajor, wholeLabel } from "../form/layout.ts";
import { Refusal } from "../refusal.ts";

/** A form and how a tensor lays it out. */
interface Laid {
  readonly form: Form;
  readonly layout: Layout;
}

/**
 * The given indices of an axis, which stays.
 * @throws Refusal for none, or where a large map would have to be rearranged
 */
export function take<T extends Laid>(value: T, axis: number, indices: readonly number[]): T {
  const size = value.layout.dims[axis];
  if (indices.length === size && indices.every((index, k) => index === k)) return value;
  if (indices.length === 0) throw new Refusal("takes nothing of an axis; at least one index is supported");
  const dims = value.layout.dims.map((n, k) => (k === axis ? indices.length : n));
  if (size === 1) return expand(value, dims);
  const ordered = canonical(value);
  const label = wholeLabel(ordered.layout, axis);
  const form = label ? taken(ordered.form, label, indices) : null;
  if (!label || !form) return takeFlat(value, axis, indices, dims);
  const axes = ordered.layout.axes.map((digits, k) => {
    if (k !== axis) return digits;
    return indices.length > 1 ? [{ label, size: indices.length, stride: 1 }] : [];
  });
  return { ...ordered, form, layout: { dims, axes } };
}

function taken(form: Form, label: Label, indices: readonly number[]): Form | null {
  if (label === "c") return selectChannels(form, indices);
  const axis = label === "h" ? 0 : 1;
  const step = indices.length > 1 ? indices[1] - indices[0] : 1;
  if (step >= 1 && indices.every((index, k) => index === indices[0] + k * step)) {
    return slicePositions(form, axis, { start: indices[0], step, count: indices.length });
  }
  return takePositions(form, axis, indices);
}

/** The same over a form of one position, whose channels are all elements in the tensor's order. */
function takeFlat<T extends Laid>(value: T, axis: number, indices: readonly number[], dims: readonly number[]): T {
  const flat = toChannels(value);
  const inner = rowMajor(flat.layout.dims)[axis];
  const outer = flat.form.channels / inner / flat.layout.dims[axis];
  const list: number[] = [];
  for (let o = 0; o < outer; o++) {
    for (const index of indices) {
      for (let k = 0; k < inner; k++) list.push((o * flat.layout.dims[axis] + index) * inner + k);
    }
  }
  const strides = rowMajor(dims);
  const axes = dims.map((size, k): Digit[] => (size > 1 ? [{ label: "c", size, stride: strides[k] }] : []));
  return { ...flat, form: selectChannels(flat.form, list), layout: { dims, axes } };
}
