/** Windows along axes of tensors, as windows over rows and columns of maps. */

import { canonical, toChannels, toPositions } from "../form/canonical.ts";
import { type Label, wholeLabel } from "../form/layout.ts";
import type { Windows } from "../form/window.ts";
import { Refusal } from "../refusal.ts";
import type { Pair } from "../wiring.ts";
import type { Value } from "./builder.ts";

/** Windows along one axis of a tensor. */
export interface AxisWindows {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** Padding at the beginning. */
  readonly begin: number;
  /** Number of positions. */
  readonly size: number;
}

/**
 * The label of each of some axes of a tensor along which windows move. An axis of size 1 takes a label that is free.
 * @returns the value, rearranged where its layout does not allow it as it is, and the labels in the order of the axes
 * @throws Refusal for more than two axes, or axes that mix rows, columns and channels however they are arranged
 */
export function spatialLabels(value: Value, axes: readonly number[]): { value: Value; labels: ("h" | "w")[] } {
  if (axes.length > 2) {
    throw new Refusal(`its windows move along ${axes.length} axes; one or two axes of space are supported`);
  }
  const direct = directLabels(value, axes);
  if (direct) return { value, labels: direct };
  for (const arrange of [canonical, toChannels, toPositions]) {
    const rearranged = arrange(value, axes);
    const labels = directLabels(rearranged, axes);
    if (labels) return { value: rearranged, labels };
  }
  throw new Refusal("its windows move along an axis that mixes rows, columns and channels; plain axes are supported");
}

/** The label of each of some axes of a tensor as it is; null where its layout does not allow it. */
export function directLabels(value: Value, axes: readonly number[]): ("h" | "w")[] | null {
  const labels = axes.map((axis) => wholeLabel(value.layout, axis));
  if (labels.some((label) => label === undefined || label === "c")) return null;
  const free = (["h", "w"] as const).filter((label) => {
    const size = label === "h" ? value.form.height : value.form.width;
    return size === 1 && !labels.includes(label);
  });
  const prefer = axes.length === 1 ? free.toReversed() : free;
  const result: ("h" | "w")[] = [];
  for (const label of labels as (Label | null)[]) {
    const chosen = label ?? prefer.shift();
    if (chosen !== "h" && chosen !== "w") return null;
    result.push(chosen);
  }
  return result;
}

/** A pair (height, width) from values per axis and their labels, with another value for a label that no axis has. */
export function pairOf<T>(
  labels: readonly ("h" | "w")[],
  values: readonly T[],
  otherwise: (axis: 0 | 1) => T,
): readonly [T, T] {
  const along = (label: "h" | "w", axis: 0 | 1) => {
    const k = labels.indexOf(label);
    return k < 0 ? otherwise(axis) : values[k];
  };
  return [along("h", 0), along("w", 1)];
}

/**
 * Windows over a map from the windows along a tensor's axes.
 * @param otherwise kernel and number of positions along rows and columns where no axis has that label
 */
export function windowsOf(
  labels: readonly ("h" | "w")[],
  perAxis: readonly AxisWindows[],
  otherwise: { readonly kernel: Pair; readonly size: Pair },
): Windows {
  const pick = (field: keyof AxisWindows, [rows, columns]: Pair): Pair =>
    pairOf(
      labels,
      perAxis.map((windows) => windows[field]),
      (axis) => [rows, columns][axis],
    );
  return {
    kernel: pick("kernel", otherwise.kernel),
    stride: pick("stride", [1, 1]),
    dilation: pick("dilation", [1, 1]),
    offset: pick("begin", [0, 0]),
    size: pick("size", otherwise.size),
  };
}
