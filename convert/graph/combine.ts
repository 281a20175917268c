/** Brings tensors that are added or joined onto forms whose axes mean the same. */

import { canonical, likePositions, toChannels } from "../form/canonical.ts";
import { expand } from "../form/expand.ts";
import type { Form } from "../form/form.ts";
import { type Label, type Layout, reshape, wholeLabel } from "../form/layout.ts";
import type { Builder, Value } from "./builder.ts";

/** Why tensors of no such forms are refused. */
export const UNLIKE_AXES = "combines tensors whose axes are rows, columns and channels in different orders";

/**
 * Tensors to be added (no `axis`), broadcast where they are smaller, or joined along an axis, over forms whose rows, columns and channels mean the same.
 * @param dims shape of the result
 * @param flatten whether positions may be turned into channels
 * @returns the forms in the order given, the result's layout, and the label that runs along `axis`; null where there are
 *   no such forms
 */
export function combine(
  builder: Builder,
  tensors: readonly string[],
  dims: readonly number[],
  { axis, flatten = true }: { readonly axis?: number; readonly flatten?: boolean } = {},
): { forms: Form[]; layout: Layout; label: Label | null } | null {
  if (axis === undefined) {
    for (const tensor of tensors) {
      if (elements(builder.value(tensor).layout.dims) !== elements(dims)) builder.identity(tensor);
    }
  }
  const separate = separateInput(builder, tensors);
  const whole = separate.find(({ layout }) => elements(layout.dims) === elements(dims));
  const like = whole && axis === undefined ? reshape(whole.layout, dims) : null;
  const values = separate.map(({ form, layout }) =>
    axis === undefined ? expand({ form, layout }, dims, like ?? undefined) : { form, layout },
  );
  const direct: readonly Arrangement[] = [
    { of: (list) => list, join: joinedLabel },
    { of: (list) => list.map(canonical), join: joinedLabel },
  ];
  const rearranged: readonly Arrangement[] = [
    { of: likePositions, join: leadingChannels },
    { of: (list) => list.map(toChannels), join: joinedLabel },
  ];
  for (const { of, join } of flatten ? [...direct, ...rearranged] : direct) {
    const arranged = of(values);
    const joined = axis === undefined ? null : join(arranged, axis);
    if (joined === undefined) continue;
    const others = arranged.map(({ layout }) => layout.axes.filter((_, k) => k !== axis));
    if (!others.every((axes) => sameAxes(axes, others[0]))) continue;
    const axes = arranged[0].layout.axes.map((digits, k) => {
      if (k !== axis || !joined) return digits;
      return dims[k] > 1 ? [{ label: joined.label, size: dims[k], stride: joined.stride }] : [];
    });
    return { forms: arranged.map(({ form }) => form), layout: { dims, axes }, label: joined?.label ?? null };
  }
  return null;
}

/** A form and how a tensor lays it out. */
type Laid = Pick<Value, "form" | "layout">;

/** The label that runs along a joined axis, and how far apart its coordinates lie. */
type Joined = { readonly label: Label; readonly stride: number };

/** A way to bring tensors onto forms whose axes mean the same, and what then runs along the axis that is joined. */
interface Arrangement {
  of(values: readonly Laid[]): readonly Laid[];
  join(values: readonly Laid[], axis: number): Joined | undefined;
}

/** Whether the digits of all axes are the same. */
function sameAxes(a: Layout["axes"], b: Layout["axes"]): boolean {
  const text = (axes: Layout["axes"]) =>
    JSON.stringify(axes.map((digits) => digits.map(({ label, size, stride }) => [label, size, stride])));
  return text(a) === text(b);
}

const elements = (dims: readonly number[]): number => dims.reduce((product, n) => product * n, 1);

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

/** The channels along an axis in every value, as the most significant of several parts; undefined where they are not. */
function leadingChannels(values: readonly Laid[], axis: number): Joined | undefined {
  const strides = values.map(({ form, layout }) => form.channels / layout.dims[axis]);
  const leads = values.every(({ layout }, k) => {
    const [digit, ...more] = layout.axes[axis];
    return more.length === 0 && (!digit || (digit.label === "c" && digit.stride === strides[k]));
  });
  return leads && strides.every((stride) => stride === strides[0]) ? { label: "c", stride: strides[0] } : undefined;
}

/** The label along an axis in every value; undefined where there is none. */
function joinedLabel(values: readonly Laid[], axis: number): Joined | undefined {
  const labels = new Set(values.map(({ layout }) => wholeLabel(layout, axis)));
  labels.delete(null);
  const size = ({ form }: Pick<Laid, "form">, label: Label) =>
    ({ h: form.height, w: form.width, c: form.channels })[label];
  const fits = (label: Label) => values.every((value) => size(value, label) === value.layout.dims[axis]);
  const usual = ([undefined, "c", "h", "w"] as const)[axis];
  const candidates = labels.size > 0 ? [...labels] : [usual, "c" as const, "h" as const, "w" as const];
  if (labels.size > 1) return undefined;
  const label = candidates.find((found) => found && fits(found));
  return label ? { label, stride: 1 } : undefined;
}
