/** Networks of exactly the shapes of torchvision's VGG16 and 19, ResNet18, 34 and 50, and MobileNetV2, with seeded random weights. */

import { onnx } from "../convert/onnx/schema/onnx.js";

const { DataType } = onnx.TensorProto;
const { AttributeType } = onnx.AttributeProto;

/** A 2×2 max pool among the output channels of VGG's convolutions. */
const POOL = 0;
const VGG = {
  vgg16: [64, 64, POOL, 128, 128, POOL, 256, 256, 256, POOL, 512, 512, 512, POOL, 512, 512, 512, POOL],
  vgg19: [
    ...[64, 64, POOL, 128, 128, POOL, 256, 256, 256, 256, POOL, 512, 512, 512, 512, POOL],
    ...[512, 512, 512, 512, POOL],
  ],
};
/** Blocks of the four stages, and whether they are bottlenecks. */
const RESNET = {
  resnet18: { blocks: [2, 2, 2, 2], bottleneck: false },
  resnet34: { blocks: [3, 4, 6, 3], bottleneck: false },
  resnet50: { blocks: [3, 4, 6, 3], bottleneck: true },
};

export const PAPER_MODELS = [...Object.keys(RESNET), ...Object.keys(VGG)];

const CLASSES = 1000;

/** Side of the input, and the input's shape. */
const SIDE = 224;

type Attributes = Readonly<Record<string, number | readonly number[]>>;

/** A batch normalisation whose statistics are still to be filled in. */
export interface Normalisation {
  /** What it normalises. */
  readonly input: string;
  readonly mean: Float32Array;
  readonly variance: Float32Array;
}

class Graph {
  readonly node: onnx.INodeProto[] = [];
  readonly initializer: onnx.ITensorProto[] = [];
  readonly normalisations: Normalisation[] = [];
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Weights of mean 0 that keep the size of activations behind a ReLU. */
  weights(dims: readonly number[], gain = 1): string {
    const fanIn = dims.slice(1).reduce((product, n) => product * n, 1);
    const width = gain * Math.sqrt(24 / fanIn);
    const data = new Float32Array(dims[0] * fanIn);
    let state = this.#state;
    for (let k = 0; k < data.length; k++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      data[k] = width * (state / 2 ** 32 - 0.5);
    }
    this.#state = state;
    return this.#constant(dims, data);
  }

  #constant(dims: readonly number[], data: Float32Array): string {
    const name = `w${this.initializer.length}`;
    this.initializer.push({ name, dims: [...dims], dataType: DataType.FLOAT, rawData: new Uint8Array(data.buffer) });
    return name;
  }

  /** About a standard normal deviate. */
  #bell(): number {
    let sum = -6;
    for (let k = 0; k < 12; k++) {
      this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
      sum += this.#state / 2 ** 32;
    }
    return sum;
  }

  /**
   * A batch normalisation with parameters as spread as trained ones: gains by half an octave, and before a rectification one channel of
   * twenty so low that hardly a value of it passes, the others so high that most do. Were half of them cut off in every layer, as those
   * of plain random weights are, such a deep network would make a disturbance of a hundredth in its first layer one of three quarters at its
   * output, which no trained one does, and nothing could be told by it.
   */
  normalised(x: string, channels: number, { rectified = true, scale = 1 } = {}): string {
    const gain = Float32Array.from({ length: channels }, () => 0.7 * scale * Math.exp(0.5 * this.#bell()));
    const shift = gain.map((g, c) => {
      if (!rectified) return 0.4 * scale * this.#bell();
      return c % 20 === 19 ? -3 * g : g * (1 + 0.4 * this.#bell());
    });
    const mean = new Float32Array(channels);
    const variance = new Float32Array(channels).fill(1);
    this.normalisations.push({ input: x, mean, variance });
    const parameters = [gain, shift, mean, variance].map((data) => this.#constant([channels], data));
    return this.op("BatchNormalization", [x, ...parameters]);
  }

  /** A convolution without bias. */
  plain(x: string, [inputs, outputs]: readonly [number, number], kernel: number, stride = 1, group = 1): string {
    const pad = kernel >> 1;
    const weight = this.weights([outputs, inputs / group, kernel, kernel]);
    const shape = { kernel_shape: [kernel, kernel], strides: [stride, stride], pads: [pad, pad, pad, pad], group };
    return this.op("Conv", [x, weight], shape);
  }

  /** ReLU6, as exporters write it. */
  relu6(x: string): string {
    const [low, high] = [0, 6].map((bound) => this.#constant([], Float32Array.of(bound)));
    return this.op("Clip", [x, low, high]);
  }

  zeros(size: number): string {
    return this.#constant([size], new Float32Array(size));
  }

  op(opType: string, input: string[], attributes: Attributes = {}): string {
    const output = `${opType.toLowerCase()}${this.node.length}`;
    const attribute = Object.entries(attributes).map(([name, value]) =>
      typeof value === "number"
        ? { name, type: AttributeType.INT, i: value }
        : { name, type: AttributeType.INTS, ints: [...value] },
    );
    this.node.push({ opType, name: output, input, output: [output], attribute });
    return output;
  }

  /** A convolution with the batch normalisation folded in, as exporters write it. */
  conv(x: string, inputs: number, outputs: number, kernel: number, stride = 1, gain = 1): string {
    const pad = kernel >> 1;
    const weight = this.weights([outputs, inputs, kernel, kernel], gain);
    const shape = { kernel_shape: [kernel, kernel], strides: [stride, stride], pads: [pad, pad, pad, pad] };
    return this.op("Conv", [x, weight, this.zeros(outputs)], shape);
  }

  relu(x: string): string {
    return this.op("Relu", [x]);
  }

  dense(x: string, inputs: number, outputs: number): string {
    return this.op("Gemm", [x, this.weights([outputs, inputs]), this.zeros(outputs)], { transB: 1 });
  }

  encode(output: string): Uint8Array {
    const tensor = (name: string, dims: readonly number[]) => ({
      name,
      type: { tensorType: { elemType: DataType.FLOAT, shape: { dim: dims.map((dimValue) => ({ dimValue })) } } },
    });
    const graph = {
      name: "paper",
      node: this.node,
      initializer: this.initializer,
      input: [tensor("input", [1, 3, SIDE, SIDE])],
      output: [tensor(output, [1, CLASSES])],
    };
    return onnx.ModelProto.encode({ irVersion: 8, opsetImport: [{ domain: "", version: 13 }], graph }).finish();
  }
}

function vgg(layers: readonly number[]): Uint8Array {
  const g = new Graph(19);
  let x = "input";
  let channels = 3;
  for (const outputs of layers) {
    if (outputs === POOL) x = g.op("MaxPool", [x], { kernel_shape: [2, 2], strides: [2, 2] });
    else {
      x = g.relu(g.conv(x, channels, outputs, 3));
      channels = outputs;
    }
  }
  x = g.op("Flatten", [x]);
  x = g.relu(g.dense(x, channels * 7 * 7, 4096));
  x = g.relu(g.dense(x, 4096, 4096));
  return g.encode(g.dense(x, 4096, CLASSES));
}

function resnet({
  blocks,
  bottleneck,
}: {
  readonly blocks: readonly number[];
  readonly bottleneck: boolean;
}): Uint8Array {
  const g = new Graph(50);
  let x = g.relu(g.conv("input", 3, 64, 7, 2));
  x = g.op("MaxPool", [x], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] });
  let channels = 64;
  for (const [stage, count] of blocks.entries()) {
    const width = 64 * 2 ** stage;
    const outputs = bottleneck ? 4 * width : width;
    for (let k = 0; k < count; k++) {
      const stride = k === 0 && stage > 0 ? 2 : 1;
      const shortcut = stride > 1 || channels !== outputs ? g.conv(x, channels, outputs, 1, stride, 0.7) : x;
      let y = bottleneck ? g.relu(g.conv(x, channels, width, 1)) : x;
      y = g.relu(g.conv(y, bottleneck ? width : channels, width, 3, stride));
      // A branch adds little, so that activations do not grow from block to block.
      y = bottleneck ? g.conv(y, width, outputs, 1, 1, 0.3) : g.conv(y, width, outputs, 3, 1, 0.3);
      x = g.relu(g.op("Add", [y, shortcut]));
      channels = outputs;
    }
  }
  x = g.op("Flatten", [g.op("GlobalAveragePool", [x])]);
  return g.encode(g.dense(x, channels, CLASSES));
}

/** Expansion, output channels, blocks and first stride of MobileNetV2's stages. */
const MOBILE = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

/**
 * A network of exactly the shapes of torchvision's MobileNetV2, with seeded random weights; its batch normalisations stand in it, and are
 * to be given the statistics of some images, the first before the second, by writing into them.
 * @returns the normalisations in the order of the graph, and what gives the model's bytes: whole, or ending at a tensor
 */
export function mobileNetV2(): { normalisations: readonly Normalisation[]; encode: (output?: string) => Uint8Array } {
  const g = new Graph(2);
  let x = g.relu6(g.normalised(g.plain("input", [3, 32], 3, 2), 32));
  let channels = 32;
  for (const [expansion, outputs, count, first] of MOBILE) {
    for (let k = 0; k < count; k++) {
      const width = channels * expansion;
      const stride = k === 0 ? first : 1;
      let y = expansion > 1 ? g.relu6(g.normalised(g.plain(x, [channels, width], 1), width)) : x;
      y = g.relu6(g.normalised(g.plain(y, [width, width], 3, stride, width), width));
      const joins = stride === 1 && channels === outputs;
      // A branch adds little.
      y = g.normalised(g.plain(y, [width, outputs], 1), outputs, { rectified: false, scale: joins ? 0.3 : 1 });
      x = joins ? g.op("Add", [x, y]) : y;
      channels = outputs;
    }
  }
  x = g.relu6(g.normalised(g.plain(x, [channels, 1280], 1), 1280));
  const answer = g.dense(g.op("Flatten", [g.op("GlobalAveragePool", [x])]), 1280, CLASSES);
  return { normalisations: g.normalisations, encode: (output = answer) => g.encode(output) };
}

/** Bytes of the ONNX model of a name of `PAPER_MODELS`. */
export function paperModel(name: string): Uint8Array {
  if (name in VGG) return vgg(VGG[name as keyof typeof VGG]);
  if (name in RESNET) return resnet(RESNET[name as keyof typeof RESNET]);
  throw new Error(`no model '${name}'; there are ${PAPER_MODELS.join(", ")}`);
}
