/** Rearranges forms between positions and channels, so that the axes of a tensor become plain. */

import { Refusal } from "../refusal.ts";
import { embed, type Form, selectChannels, slicePositions, sum } from "./form.ts";
import { type Digit, digitsOf, type Label, type Layout, reshape, rowMajor } from "./layout.ts";

/** A form and how a tensor lays it out. */
interface Laid {
  readonly form: Form;
  readonly layout: Layout;
}

/** Most positions that are turned into channels one by one. */
const MOST_POSITIONS = 1024;

/**
 * The same tensor over a form whose channels stand in the tensor's order, with sub-positions that the tensor counts among its
 * channels (space to depth) made channels, so that every label is a single digit where that is possible.
 */
export function canonical<T extends Laid>(value: T): T {
  let { form, layout } = value;
  for (const [axis, label] of [
    [0, "h"],
    [1, "w"],
  ] as const) {
    for (let digits = digitsOf(layout, label); digits.length > 1; digits = digitsOf(layout, label)) {
      ({ form, layout } = positionsToChannels({ form, layout }, axis, digits.at(-1)!.size));
    }
  }
  return { ...value, ...orderedChannels({ form, layout }) };
}

/**
 * The tensor over a form of one position, all elements channels in the tensor's order.
 * @throws Refusal for more than `MOST_POSITIONS` positions
 */
export function toChannels<T extends Laid>(value: T): T {
  let { form, layout } = value;
  if (form.height * form.width > MOST_POSITIONS) {
    throw new Refusal(
      `mixes ${form.height}×${form.width} positions and channels; up to ${MOST_POSITIONS} positions are supported here`,
    );
  }
  if (form.height > 1) ({ form, layout } = positionsToChannels({ form, layout }, 0, form.height));
  if (form.width > 1) ({ form, layout } = positionsToChannels({ form, layout }, 1, form.width));
  return { ...value, ...orderedChannels({ form, layout }) };
}

/**
 * Tensors of one shape over forms of as many rows and columns: what has more of them than another gives its sub-positions
 * to the channels.
 */
export function likePositions<T extends Laid>(values: readonly T[]): T[] {
  return ([0, 1] as const)
    .reduce<readonly T[]>((list, axis) => {
      const extent = ({ form }: T) => (axis === 0 ? form.height : form.width);
      const least = list.reduce((low, value) => Math.min(low, extent(value)), Number.POSITIVE_INFINITY);
      return list.map((value) => {
        const size = extent(value) / least;
        return size > 1 && Number.isInteger(size) ? { ...value, ...positionsToChannels(value, axis, size) } : value;
      });
    }, values)
    .map((value) => ({ ...value, ...orderedChannels(value) }));
}

/** Makes `⌊y mod size⌋` (or x) the channel's most significant digit. */
function positionsToChannels({ form, layout }: Laid, axis: 0 | 1, size: number): Laid {
  const label: Label = axis === 0 ? "h" : "w";
  const extent = axis === 0 ? form.height : form.width;
  const { channels } = form;
  const slices = Array.from({ length: size }, (_, start) =>
    slicePositions(form, axis, { start, step: size, count: extent / size }),
  );
  const { height, width } = slices[0];
  const stacked = sum(slices.map((slice, k) => embed(slice, [height, width, size * channels], [0, 0, k * channels])));
  const axes = layout.axes.map((digits) =>
    digits.flatMap((digit): Digit[] => {
      if (digit.label !== label) return [digit];
      if (digit.stride >= size) return [{ ...digit, stride: digit.stride / size }];
      if (digit.stride * digit.size <= size) {
        return [{ label: "c", size: digit.size, stride: digit.stride * channels }];
      }
      const low = size / digit.stride;
      return [
        { label, size: digit.size / low, stride: 1 },
        { label: "c", size: low, stride: digit.stride * channels },
      ];
    }),
  );
  return { form: stacked, layout: { dims: layout.dims, axes } };
}

/** Renumbers the channels in the order in which the tensor's axes count them. */
function orderedChannels({ form, layout }: Laid): Laid {
  const digits = layout.axes.flat().filter((digit) => digit.label === "c");
  if (digits.every((digit, k) => k === 0 || digit.stride < digits[k - 1].stride)) return { form, layout };
  let list = [0];
  for (const { size, stride } of digits) {
    list = list.flatMap((base) => Array.from({ length: size }, (_, k) => base + k * stride));
  }
  let stride = list.length;
  const axes = layout.axes.map((axis) =>
    axis.map((digit) => {
      if (digit.label !== "c") return digit;
      stride /= digit.size;
      return { ...digit, stride };
    }),
  );
  return { form: selectChannels(form, list), layout: reshape({ dims: layout.dims, axes }, layout.dims)! };
}

/**
 * The tensor over a form in which one or two of its axes are rows and columns, taken out of the channels.
 * @throws Refusal for more than `MOST_POSITIONS` positions
 */
export function toPositions<T extends Laid>(value: T, axes: readonly number[]): T {
  const { form, layout } = toChannels(value);
  const size = [1, 1, ...axes.map((axis) => layout.dims[axis])].slice(-2) as [number, number];
  if (size[0] * size[1] > MOST_POSITIONS) {
    throw new Refusal(`makes ${size[0]}×${size[1]} positions of channels; up to ${MOST_POSITIONS} are supported`);
  }
  const channels = form.channels / (size[0] * size[1]);
  const strides = rowMajor(layout.dims);
  const [first, second] = axes.length === 2 ? axes : [-1, axes[0]];
  const parts: Form[] = [];
  for (let y = 0; y < size[0]; y++) {
    for (let x = 0; x < size[1]; x++) {
      const list = Array.from({ length: form.channels }, (_, c) => c).filter((c) => {
        const index = (axis: number) => (axis < 0 ? 0 : Math.floor(c / strides[axis]) % layout.dims[axis]);
        return index(first) === y && index(second) === x;
      });
      parts.push(embed(selectChannels(form, list), [size[0], size[1], channels], [y, x, 0]));
    }
  }
  let stride = channels;
  const labelled = layout.dims.map((n, axis): readonly Digit[] => {
    if (n === 1) return [];
    if (axis === first) return [{ label: "h", size: size[0], stride: 1 }];
    if (axis === second) return [{ label: "w", size: size[1], stride: 1 }];
    stride /= layout.dims[axis];
    return [{ label: "c", size: layout.dims[axis], stride }];
  });
  const placed = { dims: layout.dims, axes: labelled };
  return { ...value, form: sum(parts), layout: reshape(placed, layout.dims)! };
}
