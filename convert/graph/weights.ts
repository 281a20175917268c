/** Applies the trained weights of convolutions and dense layers to tensors. */

import { canonical } from "../form/canonical.ts";
import { addConstant, type Form } from "../form/form.ts";
import { type Digit, offsets } from "../form/layout.ts";
import { type Convolution, convolve } from "../form/linear.ts";
import { type AxisPhases, convolutionPhases, convolvePhases, type Phased, phased } from "../form/phases.ts";
import { zeroWeights } from "../form/zero-weights.ts";
import { Refusal } from "../refusal.ts";
import { type AxisWindows, directLabels, pairOf, spatialLabels, windowsOf } from "./axes.ts";
import type { Builder, Value } from "./builder.ts";

/** Trained weights over a tensor: a sum over one of its axes and over windows along others. */
export interface Weights {
  readonly channelAxis: number;
  readonly spatialAxes: readonly number[];
  /** One per spatial axis. */
  readonly windows: readonly AxisWindows[];
  readonly outputs: number;
  readonly groups: number;
  /** `[outputs][inputs / groups][taps…]` at the given strides. */
  readonly data: Float32Array | Float64Array;
  readonly strides: readonly [output: number, input: number, tap: number];
  readonly bias: Float64Array | null;
  /** Shape of the result, whose axes are the operand's. */
  readonly dims: readonly number[];
}

/**
 * Applies weights to a tensor and sets the result.
 * @throws Refusal where the operand's axes cannot be those of a convolution over a map
 */
export function applyWeights(builder: Builder, operand: string, weights: Weights, result: string): void {
  const { channelAxis, spatialAxes, windows, outputs, groups, dims } = weights;
  const taps = windows.reduce((product, w) => product * w.kernel, 1);
  const positions = windows.reduce((product, w) => product * w.size, 1);
  const applyPhased = (value: Value) => {
    if (directLabels(value, spatialAxes)) return null;
    const source = phased(value, channelAxis, spatialAxes);
    const found = source && convolvePhased(builder, source, weights);
    return found && { ...found, inputs: value.layout.dims[channelAxis] };
  };
  const apply = (operandValue: Value) => {
    const between = applyPhased(operandValue);
    if (between) return between;
    let { value, labels } = spatialLabels(operandValue, spatialAxes);
    if (groups > 1 && !isDepthwise(value, weights)) ({ value, labels } = spatialLabels(canonical(value), spatialAxes));
    checkAxes(value, weights);
    const inputs = operandValue.layout.dims[channelAxis];
    const form = convolve(value.form, convolution(value, labels, weights), builder.samples);
    if (!form) return null;
    const channels: readonly Digit[] = isDepthwise(value, weights)
      ? value.layout.axes[channelAxis]
      : outputs > 1
        ? [{ label: "c", size: outputs, stride: 1 }]
        : [];
    const axes = dims.map((size, axis): readonly Digit[] => {
      if (axis === channelAxis) return channels;
      const k = spatialAxes.indexOf(axis);
      return k >= 0 && size > 1 ? [{ label: labels[k], size, stride: 1 }] : [];
    });
    return { form, axes, inputs };
  };
  const applied = apply(builder.identity(operand)) ?? apply(builder.materialise(operand));
  if (!applied) throw new Refusal("its operand cannot be carried by populations");
  const { axes, inputs } = applied;
  builder.macs += (outputs * positions * inputs * taps) / groups;

  let { form } = applied;
  if (weights.bias) {
    const { c } = offsets(
      { dims, axes },
      dims.map((_, k) => (k === channelAxis ? 1 : 0)),
      [1, 1, form.channels],
    );
    form = addConstant(
      form,
      Float64Array.from(c, (k) => weights.bias![k]),
    );
  }
  builder.set(result, builder.held(result, form, { dims, axes }));
}

/** The same between phases; null where the result has no such phases, or the operand must become a population. */
function convolvePhased(
  builder: Builder,
  source: Phased,
  weights: Weights,
): { form: Form; axes: readonly (readonly Digit[])[] } | null {
  const { windows, data, strides, outputs, groups } = weights;
  const along = pairOf(
    source.labels,
    windows.map((w, k) => convolutionPhases(w, source.phases[source.labels[k] === "h" ? 0 : 1])),
    () => convolutionPhases({ kernel: 1, stride: 1, dilation: 1, begin: 0, size: 1 }, 1),
  );
  const [rows, columns] = along;
  if (!rows || !columns) return null;
  const [stepY, stepX] = tapStrides(source.labels, windows);
  const form = convolvePhases(
    source,
    {
      axes: [rows, columns],
      outputs,
      groups,
      weight: (o, i, y, x) => data[o * strides[0] + i * strides[1] + (y * stepY + x * stepX) * strides[2]],
    },
    builder.samples,
  );
  return form && { form, axes: phasedAxes(weights, source.labels, [rows, columns]) };
}

/** What one step along the rows and the columns of a kernel adds to the index of a tap. */
export function tapStrides(labels: readonly ("h" | "w")[], windows: readonly AxisWindows[]): [number, number] {
  const steps: [number, number] = [0, 0];
  let step = 1;
  for (let k = labels.length - 1; k >= 0; k--) {
    steps[labels[k] === "h" ? 0 : 1] = step;
    step *= windows[k].kernel;
  }
  return steps;
}

/** The axes of a result with phases. */
export function phasedAxes(
  { channelAxis, spatialAxes, outputs, dims }: Pick<Weights, "channelAxis" | "spatialAxes" | "outputs" | "dims">,
  labels: readonly ("h" | "w")[],
  along: readonly [AxisPhases, AxisPhases],
): (readonly Digit[])[] {
  return dims.map((_, axis): readonly Digit[] => {
    if (axis === channelAxis) return outputs > 1 ? [{ label: "c", size: outputs, stride: 1 }] : [];
    const k = spatialAxes.indexOf(axis);
    if (k < 0) return [];
    const label = labels[k];
    const { size, phases } = along[label === "h" ? 0 : 1];
    const stride = label === "h" ? along[1].phases * outputs : outputs;
    const digits: readonly Digit[] = [
      { label, size, stride: 1 },
      { label: "c", size: phases, stride },
    ];
    return digits.filter((digit) => digit.size > 1);
  });
}

/** One weight kernel per channel, so that channels may stand in any order. */
function isDepthwise(value: Value, { groups, outputs, channelAxis }: Weights): boolean {
  const onlyChannels = value.layout.axes[channelAxis].every((digit) => digit.label === "c");
  return groups > 1 && groups === outputs && groups === value.form.channels && onlyChannels;
}

function checkAxes({ layout }: Value, { channelAxis, spatialAxes, groups }: Weights): void {
  const others = layout.axes.some((digits, k) => digits.length > 0 && k !== channelAxis && !spatialAxes.includes(k));
  if (others) throw new Refusal("its operand has more axes than channels and two of space; fewer are supported");
  if (groups > 1 && layout.axes[channelAxis].some((digit) => digit.label !== "c")) {
    throw new Refusal("its groups mix positions and channels; groups of channels are supported");
  }
}

function convolution(value: Value, labels: readonly ("h" | "w")[], weights: Weights): Convolution {
  const { form, layout } = value;
  const { channelAxis, outputs, groups, data, strides } = weights;
  const windows = windowsOf(labels, weights.windows, { kernel: [form.height, form.width], size: [1, 1] });
  const steps = layout.dims.map((_, k) => (k === channelAxis ? 1 : 0));
  const channelOf = offsets(layout, steps, [form.height, form.width, form.channels]);
  const tapSteps = tapStrides(labels, weights.windows);
  const [kernelHeight, kernelWidth] = windows.kernel;
  const inputs = form.channels / groups;
  const permuted = isDepthwise(value, weights);
  const weight = zeroWeights(outputs * kernelHeight * kernelWidth * inputs);
  const inSpace = [labels.includes("h"), labels.includes("w")];
  let at = 0;
  for (let o = 0; o < outputs; o++) {
    const row = (permuted ? channelOf.c[o] : o) * strides[0];
    for (let ky = 0; ky < kernelHeight; ky++) {
      for (let kx = 0; kx < kernelWidth; kx++) {
        const tap = (inSpace[0] ? ky * tapSteps[0] : 0) + (inSpace[1] ? kx * tapSteps[1] : 0);
        const position = (inSpace[0] ? 0 : channelOf.h[ky]) + (inSpace[1] ? 0 : channelOf.w[kx]);
        const from = row + tap * strides[2] + position * strides[1];
        for (let i = 0; i < inputs; i++) {
          weight[at++] = data[from + (groups > 1 ? i : channelOf.c[i]) * strides[1]];
        }
      }
    }
  }
  return { windows, outputs, groups, weight, structural: false };
}
