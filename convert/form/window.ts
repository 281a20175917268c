/** Windows over maps, and what they read of a source through the terms of a form. */

import type { Pair } from "../wiring.ts";
import type { IdentityTerm, Reading, Region } from "./form.ts";

/** Windows over a map: position n covers the taps n·stride + k·dilation − offset, k < kernel, along each axis. */
export interface Windows {
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly dilation: Pair;
  readonly offset: Pair;
  /** Number of positions: height and width of the result. */
  readonly size: Pair;
}

/**
 * True where windows laid over a term can read the source directly: no tap falls outside the term's region, where the
 * form is zero, and yet inside the source.
 */
export function canReadThrough(term: Reading, windows: Windows): boolean {
  if (term.stride.some((n) => n === 0)) return false;
  return ([0, 1] as const).every((axis) => {
    const { kernel, stride, dilation, offset, size } = windows;
    // Where the region holds all that reads the source, no tap can fall beside it.
    const first = Math.ceil(term.offset[axis] / term.stride[axis]);
    const last = Math.floor((term.offset[axis] + term.size[axis] - 1) / term.stride[axis]);
    if (first > last || (isInside(term.region, axis, first) && isInside(term.region, axis, last))) return true;
    for (let n = 0; n < size[axis]; n++) {
      for (let k = 0; k < kernel[axis]; k++) {
        const y = n * stride[axis] + k * dilation[axis] - offset[axis];
        const x = y * term.stride[axis] - term.offset[axis];
        if (!isInside(term.region, axis, y) && x >= 0 && x < term.size[axis]) return false;
      }
    }
    return true;
  });
}

/** True where row (axis 0) or column (axis 1) y lies in a region. */
export const isInside = (region: Region, axis: 0 | 1, y: number): boolean =>
  y >= region[axis] && y < region[axis] + region[2 + axis];

/** Stride, dilation and offset in the source of windows laid over a term. */
export function composed(
  term: Pick<IdentityTerm, "stride" | "offset">,
  windows: Windows,
): { stride: Pair; dilation: Pair; offset: Pair } {
  const along = (f: (axis: 0 | 1) => number): Pair => [f(0), f(1)];
  return {
    stride: along((a) => windows.stride[a] * term.stride[a]),
    dilation: along((a) => windows.dilation[a] * term.stride[a]),
    offset: along((a) => windows.offset[a] * term.stride[a] + term.offset[a]),
  };
}

/**
 * The positions along an axis from the first to the last whose window has a tap inside the map.
 * @param positions first and count; the first is returned with count 0 where no window has
 */
export function touching(
  { kernel, stride, dilation, offset }: Pick<Windows, "kernel" | "stride" | "dilation" | "offset">,
  map: Pair,
  axis: 0 | 1,
  positions: Pair,
): Pair {
  const touches = (n: number) => {
    for (let k = 0; k < kernel[axis]; k++) {
      const x = n * stride[axis] + k * dilation[axis] - offset[axis];
      if (x >= 0 && x < map[axis]) return true;
    }
    return false;
  };
  let [first] = positions;
  let end = positions[0] + positions[1];
  while (first < end && !touches(first)) first++;
  while (end > first && !touches(end - 1)) end--;
  return [first, end - first];
}
