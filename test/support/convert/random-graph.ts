/** Random ONNX graphs of supported operators. */

import { random } from "../random.ts";
import { OnnxBuilder } from "./onnx-builder.ts";

interface Tensor {
  readonly name: string;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Values that cannot be negative, so that they may be max-pooled. */
  readonly rectified: boolean;
  /** Linear in the input: padding it is exact only while a sample stands for zero. */
  readonly direct: boolean;
}

/** A random feed-forward graph of convolutions, rectifications, pooling and whatever is linear between them. */
export function randomGraph(seed: number, steps: number): OnnxBuilder {
  const next = random(seed);
  const below = (n: number) => Math.floor(next() * n);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)];
  const first: Tensor = {
    name: "input",
    channels: 1 + below(3),
    height: 6 + below(6),
    width: 6 + below(6),
    rectified: false,
    direct: true,
  };
  const g = new OnnxBuilder({ input: ["N", first.channels, first.height, first.width], seed: seed + 1 });
  const tensors: Tensor[] = [first];

  const window = (size: number, most: number) => {
    const kernel = 1 + below(Math.min(most, size));
    const stride = 1 + below(3);
    const begin = below(kernel);
    const end = below(kernel);
    return { kernel, stride, begin, end, size: Math.floor((size + begin + end - kernel) / stride) + 1 };
  };
  const windows = (x: Tensor) => {
    const [h, w] = [window(x.height, 3), window(x.width, 3)];
    const attributes = {
      kernel_shape: [h.kernel, w.kernel],
      strides: [h.stride, w.stride],
      pads: [h.begin, w.begin, h.end, w.end],
    };
    return { attributes, height: h.size, width: w.size };
  };
  const conv = (x: Tensor): Tensor => {
    const group = pick([1, 1, 1, x.channels, ...(x.channels % 2 ? [] : [2])]);
    const channels = group * (1 + below(3));
    const { attributes, height, width } = windows(x);
    const weight = g.random([channels, x.channels / group, ...attributes.kernel_shape]);
    // Mostly positive: few channels are dead.
    const name = g.op("Conv", [x.name, weight, g.random([channels], -0.25, 1)], { ...attributes, group });
    return { name, channels, height, width, rectified: false, direct: x.direct };
  };
  const relu = (x: Tensor): Tensor => ({ ...x, name: g.relu(x.name), rectified: true, direct: false });
  const makers: ((x: Tensor) => Tensor | null)[] = [
    conv,
    conv,
    (x) => relu(conv(x)),
    (x) => relu(conv(x)),
    relu,
    (x) => ({
      ...x,
      name: g.op("Clip", [x.name, g.floats([], [0]), g.floats([], [0.5])]),
      rectified: true,
      direct: false,
    }),
    (x) => (x.direct ? null : { ...x, name: g.batchNorm(x.name, x.channels), rectified: false }),
    (x) => ({ ...x, name: g.op("Mul", [x.name, g.random([x.channels, 1, 1])]), rectified: false }),
    (x) => {
      if (x.direct) return null;
      return { ...x, name: g.op("Sub", [g.random([x.height, x.width]), x.name]), rectified: false };
    },
    (x) => {
      const { attributes, height, width } = windows(x);
      return x.rectified ? { ...x, name: g.op("MaxPool", [x.name], attributes), height, width } : null;
    },
    (x) => {
      const { attributes, height, width } = windows(x);
      const count_include_pad = below(2);
      return { ...x, name: g.op("AveragePool", [x.name], { ...attributes, count_include_pad }), height, width };
    },
    (x) => {
      const same = tensors.filter((t) => t.channels === x.channels && t.height === x.height && t.width === x.width);
      const other = pick(same);
      if (x.direct || other.direct) return null;
      return { ...x, name: g.op(pick(["Add", "Sub"]), [x.name, other.name]), rectified: false };
    },
    (x) => {
      const other = pick(tensors.filter((t) => t.height === x.height && t.width === x.width));
      const channels = x.channels + other.channels;
      if (channels > 12) return null;
      const rectified = x.rectified && other.rectified;
      return {
        ...x,
        name: g.op("Concat", [x.name, other.name], { axis: 1 }),
        channels,
        rectified,
        direct: x.direct || other.direct,
      };
    },
    (x) => {
      const step = 1 + below(2);
      const start = below(2);
      if (x.height < 3) return null;
      const name = g.op("Slice", [x.name, g.ints([start]), g.ints([x.height]), g.ints([2]), g.ints([step])]);
      return { ...x, name, height: Math.ceil((x.height - start) / step) };
    },
    (x) => {
      const start = below(x.channels);
      const name = g.op("Slice", [x.name, g.ints([start]), g.ints([x.channels]), g.ints([1])]);
      return { ...x, name, channels: x.channels - start };
    },
    (x) => {
      const [before, after, top, left] = [below(2), below(2), below(2), below(3) - 1];
      if (x.width + left < 1) return null;
      const name = g.op("Pad", [x.name, g.ints([0, before, top, left, 0, after, 0, 0])]);
      return { ...x, name, channels: x.channels + before + after, height: x.height + top, width: x.width + left };
    },
    (x) => ({ ...x, name: g.op("Transpose", [x.name], { perm: [0, 1, 3, 2] }), height: x.width, width: x.height }),
  ];
  for (let step = 0; step < steps; ) {
    const made = pick(makers)(pick(tensors.slice(-3)));
    if (!made || made.height < 1 || made.width < 1 || made.height > 14 || made.width > 14) continue;
    tensors.push(made);
    step++;
  }
  g.output(...new Set([tensors.at(-1)!.name, pick(tensors.slice(1)).name]));
  return g;
}
