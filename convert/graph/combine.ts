/** Brings tensors that are added or joined onto forms whose axes mean the same. */

import { canonical, toChannels } from "../form/canonical.ts";
import type { Form } from "../form/form.ts";
import { type Label, type Layout, reshape, wholeLabel } from "../form/layout.ts";
import { Refusal } from "../refusal.ts";
import type { Builder, Value } from "./builder.ts";

/** Why tensors of no such forms are refused. */
export const UNLIKE_AXES = "combines tensors whose axes are rows, columns and channels in different orders";

/**
 * Tensors to be added (no `axis`) or joined along an axis, over forms whose rows, columns and channels mean the same.
 * @param dims shape of the result
 * @param flatten whether positions may be turned into channels
 * @returns the forms in the order given, the result's layout, and the label that runs along `axis`; null where there are
 *   no such forms
 * @throws Refusal for tensors that would have to be broadcast
 */
export function combine(
  builder: Builder,
  tensors: readonly string[],
  dims: readonly number[],
  { axis, flatten = true }: { readonly axis?: number; readonly flatten?: boolean } = {},
): { forms: Form[]; layout: Layout; label: Label | null } | null {
  const values = separateInput(builder, tensors).map((value) => {
    const target = axis === undefined ? dims : value.layout.dims;
    const layout = reshape(value.layout, target);
    if (!layout) {
      throw new Refusal(`broadcasts [${value.layout.dims}] to [${dims}]; tensors of equal shape are supported`);
    }
    return { form: value.form, layout };
  });
  for (const arrange of flatten ? [null, canonical, toChannels] : [null, canonical]) {
    const arranged = arrange ? values.map(arrange) : values;
    const label = axis === undefined ? null : joinedLabel(arranged, axis);
    if (label === undefined) continue;
    const others = arranged.map(({ layout }) => JSON.stringify(layout.axes.map((a, k) => (k === axis ? null : a))));
    if (others.some((other) => other !== others[0])) continue;
    const axes = arranged[0].layout.axes.map((digits, k) => {
      if (k !== axis || !label) return digits;
      return dims[k] > 1 ? [{ label, size: dims[k], stride: 1 }] : [];
    });
    return { forms: arranged.map(({ form }) => form), layout: { dims, axes }, label };
  }
  return null;
}

/**
 * Samples enter at depth 1 only: what depends on them directly becomes a population where it meets anything deeper.
 */
function separateInput(builder: Builder, tensors: readonly string[]): Value[] {
  const values = tensors.map((tensor) => builder.value(tensor));
  const deep = values.some(({ form }) => builder.depthOf(form) > 0);
  return values.map((value, k) => {
    const direct = value.form.terms.some((term) => term.source === 0);
    return deep && direct ? builder.withoutSamples(tensors[k]) : value;
  });
}

/** The label along an axis in every value; undefined where there is none. */
function joinedLabel(values: readonly Pick<Value, "form" | "layout">[], axis: number): Label | undefined {
  const labels = new Set(values.map(({ layout }) => wholeLabel(layout, axis)));
  labels.delete(null);
  const size = ({ form }: Pick<Value, "form">, label: Label) =>
    ({ h: form.height, w: form.width, c: form.channels })[label];
  const fits = (label: Label) => values.every((value) => size(value, label) === value.layout.dims[axis]);
  if (labels.size > 1) return undefined;
  if (labels.size === 1) {
    const [label] = labels;
    return label && fits(label) ? label : undefined;
  }
  const usual = ([undefined, "c", "h", "w"] as const)[axis];
  return [usual, "c" as const, "h" as const, "w" as const].find((label) => label !== undefined && fits(label));
}
