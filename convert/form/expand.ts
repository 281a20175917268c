/** Repeats axes of size 1, as broadcasting does. */

import { type Form, repeatPosition, selectChannels } from "./form.ts";
import { type Digit, type Label, type Layout, reshape, wholeLabel } from "./layout.ts";

/** A form and how a tensor lays it out. */
interface Laid {
  readonly form: Form;
  readonly layout: Layout;
}

/**
 * A tensor broadcast to a larger shape, its rank included.
 * @param like a layout of that shape, whose labels the repeated axes take where they are free
 */
export function expand<T extends Laid>(value: T, dims: readonly number[], like?: Layout): T {
  const missing = dims.length - value.layout.dims.length;
  let { form } = value;
  let layout =
    missing > 0 ? reshape(value.layout, [...Array<number>(missing).fill(1), ...value.layout.dims])! : value.layout;
  dims.forEach((size, axis) => {
    if (layout.dims[axis] === size) return;
    ({ form, layout } = repeatAxis({ form, layout }, axis, size, like));
  });
  return { ...value, form, layout };
}

function repeatAxis({ form, layout }: Laid, axis: number, size: number, like?: Layout): Laid {
  const dims = layout.dims.map((n, k) => (k === axis ? size : n));
  const placed = (digit: Digit) => ({ dims, axes: layout.axes.map((digits, k) => (k === axis ? [digit] : digits)) });
  const free = (["w", "h", "c"] as const).filter((label) => sizeOf(form, label) === 1);
  const usual = ([undefined, "c", "h", "w"] as const)[axis];
  const label = [like && wholeLabel(like, axis), usual, ...free].find((l) => l && free.includes(l));
  if (!label) {
    const list = Array.from({ length: size * form.channels }, (_, k) => k % form.channels);
    return { form: selectChannels(form, list), layout: placed({ label: "c", size, stride: form.channels }) };
  }
  const repeated =
    label === "c"
      ? selectChannels(form, Array<number>(size).fill(0))
      : repeatPosition(form, label === "h" ? 0 : 1, size);
  return { form: repeated, layout: placed({ label, size, stride: 1 }) };
}

const sizeOf = (form: Form, label: Label): number => ({ h: form.height, w: form.width, c: form.channels })[label];
