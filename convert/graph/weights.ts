/** Applies the trained weights of convolutions and dense layers to tensors. */

import { canonical } from "../form/canonical.ts";
import { addConstant } from "../form/form.ts";
import { type Digit, offsets } from "../form/layout.ts";
import { type Convolution, convolve } from "../form/linear.ts";
import { Refusal } from "../refusal.ts";
import { type AxisWindows, spatialLabels, windowsOf } from "./axes.ts";
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
  const apply = (operandValue: Value) => {
    let { value, labels } = spatialLabels(operandValue, spatialAxes);
    if (groups > 1 && !isDepthwise(value, weights)) ({ value, labels } = spatialLabels(canonical(value), spatialAxes));
    checkAxes(value, weights);
    const inputs = operandValue.layout.dims[channelAxis];
    const form = convolve(value.form, convolution(value, labels, weights), builder.samples);
    return form && { value, labels, form, inputs };
  };
  const applied = apply(builder.identity(operand)) ?? apply(builder.materialise(operand));
  if (!applied) throw new Refusal("its operand cannot be carried by populations");
  const { value, labels, inputs } = applied;
  builder.macs += (outputs * positions * inputs * taps) / groups;

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
  let { form } = applied;
  if (weights.bias) {
    const { c } = offsets(
      { dims, axes },
      dims.map((_, k) => (k === channelAxis ? 1 : 0)),
      [1, 1, outputs],
    );
    form = addConstant(
      form,
      Float64Array.from(c, (k) => weights.bias![k]),
    );
  }
  builder.set(result, builder.held(result, form, { dims, axes }));
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
  const tapSteps = [0, 0];
  let tapStep = 1;
  for (let k = labels.length - 1; k >= 0; k--) {
    tapSteps[labels[k] === "h" ? 0 : 1] = tapStep;
    tapStep *= weights.windows[k].kernel;
  }
  const [kernelHeight, kernelWidth] = windows.kernel;
  const inputs = form.channels / groups;
  const permuted = isDepthwise(value, weights);
  const weight = new Float32Array(outputs * kernelHeight * kernelWidth * inputs);
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
