/** Convolutions with constant weights: Conv and ConvTranspose. */

import { addConstant } from "../../form/form.ts";
import { offsets } from "../../form/layout.ts";
import { convolvePhases, type Phased, phased, transposedPhases } from "../../form/phases.ts";
import type { GraphNode } from "../../onnx/node.ts";
import { Refusal } from "../../refusal.ts";
import { type AxisWindows, pairOf, spatialLabels } from "../axes.ts";
import type { Builder, Value } from "../builder.ts";
import { take } from "../take.ts";
import { applyWeights, phasedAxes, tapStrides } from "../weights.ts";
import { axisWindows } from "./windows.ts";

/**
 * Conv along one or two axes, any stride, dilation, padding and groups, with constant weights `[O][I/groups][taps…]`
 * and bias `[O]`.
 * @throws Refusal for computed weights, or windows along more axes
 */
export function conv(node: GraphNode, builder: Builder): void {
  const [operand, weightName, biasName] = node.inputs;
  const [result] = node.outputs;
  const weight = builder.constant(weightName, "its weight");
  const bias = biasName ? Float64Array.from(builder.constant(biasName, "its bias").data) : null;
  const [outputs, inputs, ...kernel] = weight.dims;
  const taps = kernel.reduce((product, n) => product * n, 1);
  const dims = builder.graph.dims(result);
  const spatialAxes = kernel.map((_, k) => k + 2);
  applyWeights(
    builder,
    operand,
    {
      channelAxis: 1,
      spatialAxes,
      windows: axisWindows(node, kernel, builder.graph.dims(operand).slice(2), dims.slice(2)),
      outputs,
      groups: node.int("group", 1),
      data: weight.data,
      strides: [inputs * taps, taps, 1],
      bias,
      dims,
    },
    result,
  );
}

/**
 * ConvTranspose along one or two axes, any stride, dilation, padding, output padding and groups, with constant weights
 * `[I][O/groups][taps…]` and bias `[O]`. The strides are phases of the result.
 * @throws Refusal for computed weights, or windows along more axes
 */
export function convTranspose(node: GraphNode, builder: Builder): void {
  const [operand, weightName, biasName] = node.inputs;
  const [result] = node.outputs;
  const weight = builder.constant(weightName, "its weight");
  const bias = biasName ? Float64Array.from(builder.constant(biasName, "its bias").data) : null;
  const groups = node.int("group", 1);
  const [inputs, perGroup, ...kernel] = weight.dims;
  const outputs = perGroup * groups;
  const dims = builder.graph.dims(result);
  const spatialAxes = kernel.map((_, k) => k + 2);
  const windows = transposedWindows(node, kernel, builder.graph.dims(operand).slice(2), dims.slice(2));
  const taps = kernel.reduce((product, n) => product * n, 1);
  const { data } = weight;

  const attempt = (value: Value) => {
    const source = asPhases(value, spatialAxes);
    const none = { kernel: 1, stride: 1, dilation: 1, begin: 0, size: 1 };
    const along = pairOf(
      source.labels,
      windows.map((w, k) => transposedPhases(w, source.phases[source.labels[k] === "h" ? 0 : 1])),
      () => transposedPhases(none, 1),
    );
    const [stepY, stepX] = tapStrides(source.labels, windows);
    const form = convolvePhases(
      source,
      {
        axes: along,
        outputs,
        groups,
        weight: (o, i, y, x) => {
          const group = Math.floor(o / perGroup);
          const input = (group * inputs) / groups + i;
          return data[(input * perGroup + (o % perGroup)) * taps + y * stepY + x * stepX];
        },
      },
      builder.samples,
    );
    return (
      form && {
        form,
        axes: phasedAxes({ channelAxis: 1, spatialAxes, outputs, dims }, source.labels, along),
        along,
        source,
      }
    );
  };
  const found = attempt(builder.identity(operand)) ?? attempt(builder.materialise(operand));
  if (!found) throw new Refusal("its operand cannot be carried by populations");
  const { axes, along, source } = found;
  builder.macs += builder.graph.dims(operand).reduce((product, n) => product * n, 1) * perGroup * taps;
  // The phases may reach beyond the result, which is then cut.
  const reached = dims.map((size, axis) => {
    const k = spatialAxes.indexOf(axis);
    if (k < 0) return size;
    const { phases, size: positions } = along[source.labels[k] === "h" ? 0 : 1];
    return phases * positions;
  });
  let { form } = found;
  if (bias) {
    const layout = { dims: reached, axes };
    const { c } = offsets(
      layout,
      dims.map((_, k) => (k === 1 ? 1 : 0)),
      [1, 1, form.channels],
    );
    form = addConstant(
      form,
      Float64Array.from(c, (k) => bias[k]),
    );
  }
  const whole = builder.held(result, form, { dims: reached, axes });
  const cut = dims.reduce(
    (value, size, axis) =>
      take(
        value,
        axis,
        Array.from({ length: size }, (_, k) => k),
      ),
    whole,
  );
  builder.set(result, builder.held(result, cut.form, cut.layout));
}

/** The operand as a map with phases, or without where it must be rearranged. */
function asPhases(value: Value, spatialAxes: readonly number[]): Phased {
  const direct = phased(value, 1, spatialAxes);
  if (direct) return direct;
  const arranged = phased(spatialLabels(value, spatialAxes).value, 1, spatialAxes);
  if (!arranged) throw new Refusal("its operand has more axes than channels and two of space; fewer are supported");
  return arranged;
}

/** Windows of a transposed convolution; `size` is that of the result. */
function transposedWindows(
  node: GraphNode,
  kernel: readonly number[],
  input: readonly number[],
  output: readonly number[],
): AxisWindows[] {
  const auto = node.string("auto_pad", "NOTSET");
  return kernel.map((size, k) => {
    const stride = node.ints("strides")?.[k] ?? 1;
    const dilation = node.ints("dilations")?.[k] ?? 1;
    const whole = stride * (input[k] - 1) + (node.ints("output_padding")?.[k] ?? 0) + (size - 1) * dilation + 1;
    let begin = node.ints("pads")?.[k] ?? 0;
    if (auto === "VALID") begin = 0;
    else if (auto !== "NOTSET" || node.ints("output_shape")) {
      const total = Math.max(0, whole - output[k]);
      begin = auto === "SAME_UPPER" ? Math.floor(total / 2) : Math.ceil(total / 2);
    }
    return { kernel: size, stride, dilation, begin, size: output[k] };
  });
}
