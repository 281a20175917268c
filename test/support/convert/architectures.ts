/** Architectures that people export, small, with random weights of a size that keeps activations alive (He et al. 2015). */

import { type Attribute, OnnxBuilder } from "./onnx-builder.ts";

const PADDED = { pads: [1, 1, 1, 1] };

type Attributes = Readonly<Record<string, Attribute>>;

/** Builds a net of convolutions, each followed by batch normalisation. */
class Net {
  readonly g: OnnxBuilder;

  constructor(size: number, seed: number) {
    this.g = new OnnxBuilder({ input: ["N", 3, size, size], seed });
  }

  conv(x: string, inputs: number, outputs: number, size: number, attributes: Attributes = {}): string {
    const each = inputs / ((attributes.group as number | undefined) ?? 1);
    const limit = Math.sqrt(6 / (each * size * size));
    const padded = size > 1 && !attributes.auto_pad ? PADDED : {};
    const weight = this.g.random([outputs, each, size, size], -limit, limit);
    return this.g.op("Conv", [x, weight], { kernel_shape: [size, size], ...padded, ...attributes });
  }

  norm(x: string, channels: number): string {
    const parameters = [
      [0.8, 1.2],
      [-0.2, 0.2],
      [-0.1, 0.1],
      [0.8, 1.2],
    ].map(([low, high]) => this.g.random([channels], low, high));
    return this.g.op("BatchNormalization", [x, ...parameters]);
  }

  relu(x: string): string {
    return this.g.relu(x);
  }

  relu6(x: string): string {
    return this.g.op("Clip", [x, this.g.floats([], [0]), this.g.floats([], [6])]);
  }

  classes(x: string, channels: number): OnnxBuilder {
    const mean = this.g.op("Flatten", [this.g.op("GlobalAveragePool", [x])]);
    const limit = Math.sqrt(6 / channels);
    this.g.output(this.g.op("Gemm", [mean, this.g.random([channels, 10], -limit, limit)]));
    return this.g;
  }
}

/** Outputs and stride of every block. */
const MOBILE: readonly (readonly [number, number])[] = [
  [16, 1],
  [24, 2],
  [24, 1],
  [32, 2],
  [32, 1],
  [48, 2],
  [48, 1],
  [64, 2],
  [64, 1],
];

export function mobileNetV1(): OnnxBuilder {
  const net = new Net(32, 1);
  let channels = 8;
  let x = net.relu6(net.norm(net.conv(net.g.input, 3, channels, 3), channels));
  for (const [outputs, stride] of MOBILE) {
    const set = { group: channels, strides: [stride, stride], auto_pad: "SAME_UPPER" };
    x = net.relu6(net.norm(net.conv(x, channels, channels, 3, set), channels));
    x = net.relu6(net.norm(net.conv(x, channels, outputs, 1), outputs));
    channels = outputs;
  }
  return net.classes(x, channels);
}

export function mobileNetV2(): OnnxBuilder {
  const net = new Net(32, 2);
  let channels = 8;
  let x = net.relu6(net.norm(net.conv(net.g.input, 3, channels, 3), channels));
  for (const [outputs, stride] of [
    [8, 1],
    [12, 2],
    [12, 1],
    [16, 2],
    [16, 1],
    [24, 1],
    [32, 2],
    [32, 1],
  ]) {
    const wide = 4 * channels;
    const set = { group: wide, strides: [stride, stride] };
    const expanded = net.relu6(net.norm(net.conv(x, channels, wide, 1), wide));
    const filtered = net.relu6(net.norm(net.conv(expanded, wide, wide, 3, set), wide));
    const narrow = net.norm(net.conv(filtered, wide, outputs, 1), outputs);
    x = stride === 1 && channels === outputs ? net.g.op("Add", [x, narrow]) : narrow;
    channels = outputs;
  }
  return net.classes(net.relu6(net.norm(net.conv(x, channels, 64, 1), 64)), 64);
}

export function denseNet(): OnnxBuilder {
  const net = new Net(32, 3);
  const growth = 6;
  let channels = 12;
  let x = net.conv(net.g.input, 3, channels, 3, { strides: [2, 2] });
  for (let block = 0; block < 3; block++) {
    for (let layer = 0; layer < 4; layer++) {
      const narrow = net.conv(net.relu(net.norm(x, channels)), channels, 4 * growth, 1);
      const grown = net.conv(net.relu(net.norm(narrow, 4 * growth)), 4 * growth, growth, 3);
      x = net.g.op("Concat", [x, grown], { axis: 1 });
      channels += growth;
    }
    x = net.relu(net.norm(x, channels));
    if (block === 2) break;
    x = net.conv(x, channels, channels / 2, 1);
    channels /= 2;
    x = net.g.op("AveragePool", [x], { kernel_shape: [2, 2], strides: [2, 2] });
  }
  return net.classes(x, channels);
}

export function inception(): OnnxBuilder {
  const net = new Net(32, 4);
  const unit = (x: string, inputs: number, outputs: number, size: number) =>
    net.relu(net.norm(net.conv(x, inputs, outputs, size), outputs));
  let channels = 16;
  let x = unit(net.g.input, 3, channels, 3);
  for (let module = 0; module < 4; module++) {
    const pooled = net.g.op("MaxPool", [x], { kernel_shape: [3, 3], ...PADDED });
    const branches = [
      unit(x, channels, 8, 1),
      unit(unit(x, channels, 8, 1), 8, 12, 3),
      unit(unit(unit(x, channels, 4, 1), 4, 6, 3), 6, 6, 3),
      unit(pooled, channels, 6, 1),
    ];
    x = net.g.op("Concat", branches, { axis: 1 });
    channels = 32;
    if (module % 2 === 0) {
      x = net.g.op("MaxPool", [x], { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 });
    }
  }
  return net.classes(x, channels);
}

export function preActivationResNet(): OnnxBuilder {
  const net = new Net(32, 5);
  let channels = 8;
  let x = net.conv(net.g.input, 3, channels, 3);
  for (const outputs of [8, 8, 8, 16, 16, 16, 32, 32, 32]) {
    const stride = outputs > channels ? 2 : 1;
    const active = net.relu(net.norm(x, channels));
    const first = net.conv(active, channels, outputs, 3, { strides: [stride, stride] });
    const second = net.conv(net.relu(net.norm(first, outputs)), outputs, outputs, 3);
    const shortcut = stride > 1 ? net.conv(active, channels, outputs, 1, { strides: [stride, stride] }) : x;
    x = net.g.op("Add", [second, shortcut]);
    channels = outputs;
  }
  return net.classes(net.relu(net.norm(x, channels)), channels);
}
