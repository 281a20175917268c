/**
 * ResNet20 as tfjs reads it, a model of layers with the weights of the ONNX file: nothing but Python makes one of an ONNX file, and a
 * converter would add nothing here. That it is the same network is seen by the answers, which the bench compares.
 */

import { readFileSync } from "node:fs";
import { onnx } from "../../convert/onnx/schema/onnx.js";

interface Weight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

interface Tensor {
  readonly dims: readonly number[];
  readonly values: Float32Array;
}

/** Weights and biases of the nodes of a type, in the order of the graph. */
function parametersOf(graph: onnx.IGraphProto, type: string): { weight: Tensor; bias: Tensor }[] {
  const tensors = new Map((graph.initializer ?? []).map((tensor) => [tensor.name, tensor]));
  const read = (name: string): Tensor => {
    const { dims, rawData } = tensors.get(name)!;
    return { dims: dims!.map(Number), values: new Float32Array(Uint8Array.from(rawData!).buffer) };
  };
  const nodes = (graph.node ?? []).filter(({ opType }) => opType === type);
  return nodes.map(({ input }) => ({ weight: read(input![1]), bias: read(input![2]) }));
}

/** From out × in × rows × columns to rows × columns × in × out. */
function channelsLast({ dims: [out, inner, rows, columns], values }: Tensor): Tensor {
  const moved = new Float32Array(values.length);
  for (let o = 0; o < out; o++) {
    for (let i = 0; i < inner; i++) {
      for (let k = 0; k < rows * columns; k++)
        moved[(k * inner + i) * out + o] = values[(o * inner + i) * rows * columns + k];
    }
  }
  return { dims: [rows, columns, inner, out], values: moved };
}

/** A shortcut to half the size and twice the channels, of which the outer ones are zero, as a convolution. */
function shortcut(inner: number): Tensor {
  const values = new Float32Array(inner * 2 * inner);
  for (let i = 0; i < inner; i++) values[i * 2 * inner + i + inner / 2] = 1;
  return { dims: [1, 1, inner, 2 * inner], values };
}

/** The files `model.json` and `weights.bin` of the network in an ONNX file. */
export function layersModel(path: string): Readonly<Record<"model.json" | "weights.bin", Buffer>> {
  const { graph } = onnx.ModelProto.decode(readFileSync(path));
  const convolutions = parametersOf(graph!, "Conv");
  const layers: object[] = [];
  const weights: Weight[] = [];
  const add = (type: string, config: object, from: readonly string[]): string => {
    const name = `${type.toLowerCase()}_${layers.length}`;
    const inbound = from.length > 0 ? [from.map((source) => [source, 0, 0, {}])] : [];
    layers.push({ name, class_name: type, config: { name, ...config }, inbound_nodes: inbound });
    return name;
  };
  const convolve = (from: string, weight: Tensor, bias: Tensor | null, stride: number): string => {
    const [rows, columns, , filters] = weight.dims;
    const padded = stride > 1 && rows > 1 ? add("ZeroPadding2D", { padding: [1, 1] }, [from]) : from;
    const padding = stride > 1 ? "valid" : "same";
    const config = {
      filters,
      kernel_size: [rows, columns],
      strides: [stride, stride],
      padding,
      use_bias: bias !== null,
    };
    const name = add("Conv2D", config, [padded]);
    weights.push({ name: `${name}/kernel`, shape: weight.dims, values: weight.values });
    if (bias) weights.push({ name: `${name}/bias`, shape: bias.dims, values: bias.values });
    return name;
  };
  const next = (from: string, stride = 1): string => {
    const { weight, bias } = convolutions.shift()!;
    return convolve(from, channelsLast(weight), bias, stride);
  };
  const rectify = (from: string): string => add("Activation", { activation: "relu" }, [from]);

  const input = add("InputLayer", { batch_input_shape: [null, 32, 32, 3], dtype: "float32" }, []);
  let last = rectify(next(input));
  for (let stage = 0; stage < 3; stage++) {
    for (let block = 0; block < 3; block++) {
      const halved = stage > 0 && block === 0;
      const inner = next(rectify(next(last, halved ? 2 : 1)));
      const direct = halved ? convolve(last, shortcut(8 * 2 ** stage), null, 2) : last;
      last = rectify(add("Add", {}, [inner, direct]));
    }
  }
  const pooled = add("GlobalAveragePooling2D", {}, [last]);
  const [{ weight, bias }] = parametersOf(graph!, "Gemm");
  const [units, features] = weight.dims;
  const output = add("Dense", { units, activation: "linear" }, [pooled]);
  const kernel = Float32Array.from(
    weight.values,
    (_, k) => weight.values[(k % units) * features + Math.floor(k / units)],
  );
  weights.push({ name: `${output}/kernel`, shape: [features, units], values: kernel });
  weights.push({ name: `${output}/bias`, shape: [units], values: bias.values });

  const config = { name: "resnet20", layers, input_layers: [[input, 0, 0]], output_layers: [[output, 0, 0]] };
  const manifest = weights.map(({ name, shape }) => ({ name, shape, dtype: "float32" }));
  const model = {
    format: "layers-model",
    modelTopology: { class_name: "Model", config },
    weightsManifest: [{ paths: ["weights.bin"], weights: manifest }],
  };
  const bytes = weights.map(({ values }) => Buffer.from(values.buffer, values.byteOffset, values.byteLength));
  return { "model.json": Buffer.from(JSON.stringify(model)), "weights.bin": Buffer.concat(bytes) };
}
