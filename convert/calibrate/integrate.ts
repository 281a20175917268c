/** Integrates what a projection delivers on all calibration images. */

import { runtime } from "../onnx/runtime.ts";
import { onnx } from "../onnx/schema/onnx.js";
import { pause } from "../pause.ts";
import type { Pair, Projection } from "../wiring.ts";
import { ByteProduct, multipliesExactly } from "./byte-product.ts";
import { paddedInput } from "./padded-input.ts";
import { isSparse, type Synapses, scatter } from "./scatter.ts";
import { windowsOf } from "./windows.ts";

/** Images go through onnxruntime in batches of about this many padded values, windows of this many bytes and sums. */
const BATCH_VALUES = 4 << 20;

/** Weights that onnxruntime is given at once; a dense layer may have a hundred million. */
const SESSION_WEIGHTS = 8 << 20;

/**
 * Adds Σ weight·level of one projection to sums: by onnxruntime-web, in integers where weights are of 8 bits, else in single precision,
 * which is exact up to 2^24; calibration needs no more.
 * @param into `[n][H][W][C]` of the target
 * @param images the first and how many n of the calibration images; default all
 */
export async function integrate(
  synapses: Synapses,
  into: Float32Array,
  images: Pair = [0, synapses.source.images],
): Promise<void> {
  const { projection, weight } = synapses;
  const [first, outputs] = projection.targetChannels;
  const size = weight.length / outputs;
  const most = projection.groups > 1 ? outputs : Math.max(1, Math.floor(SESSION_WEIGHTS / size));
  const bytes = weight instanceof Int8Array && projection.groups === 1 && projection.pool?.kind !== "sum";
  const integratePart = isSparse(synapses)
    ? scatter
    : bytes && (await multipliesExactly())
      ? integrateBytes
      : integrateFloats;
  for (let from = 0; from < outputs; from += most) {
    const count = Math.min(most, outputs - from);
    const part: Projection = { ...projection, targetChannels: [first + from, count] };
    const own = { ...synapses, projection: part, weight: weight.subarray(from * size, (from + count) * size) };
    await integratePart(own, into, images);
  }
}

/** In integers: windows of bytes times a matrix of bytes. */
async function integrateBytes(
  { projection, weight, source, target }: Synapses,
  into: Float32Array,
  [first, images]: Pair,
) {
  const [firstTarget, outputs] = projection.targetChannels;
  const [top, left, height, width] = projection.region;
  const product = await ByteProduct.open(weight as Int8Array, outputs);
  try {
    const { inner } = product;
    const windows = windowsOf(projection, source);
    // Whole lines of maps, of one image after the other.
    const lines = images * height;
    const most = Math.max(1, Math.floor(BATCH_VALUES / (Math.max(inner, outputs) * width)));
    const rows = new Uint8Array(Math.min(most, lines) * width * inner);
    for (let start = 0; start < lines; start += most) {
      const end = Math.min(start + most, lines);
      for (let line = start, at = 0; line < end; line++) {
        const y = line % height;
        if (y === 0 || line === start) windows.setImage(first + Math.floor(line / height));
        for (let x = 0; x < width; x++, at += inner) windows.copy(y, x, 0, rows, at);
      }
      const sums = await product.of(rows.subarray(0, (end - start) * width * inner));
      for (let line = start, from = 0; line < end; line++) {
        const [n, y] = [Math.floor(line / height), line % height];
        let to = ((n * target.height + top + y) * target.width + left) * target.channels + firstTarget;
        for (let x = 0; x < width; x++, to += target.channels) {
          for (let o = 0; o < outputs; o++) into[to + o] += sums[from++];
        }
      }
    }
  } finally {
    await product.close();
  }
}

/** In single precision: a convolution. */
async function integrateFloats(
  { projection, weight, source, target }: Synapses,
  into: Float32Array,
  [first, images]: Pair,
): Promise<void> {
  const input = paddedInput(projection, source);
  const [firstTarget, outputs] = projection.targetChannels;
  const [top, left, height, width] = projection.region;
  const { InferenceSession, Tensor } = await runtime();
  const session = await InferenceSession.create(convolution(projection, weight), { executionProviders: ["wasm"] });
  try {
    const size = input.channels * input.height * input.width;
    const batch = Math.max(1, Math.min(images, Math.floor(BATCH_VALUES / size)));
    const padded = new Float32Array(batch * size);
    for (let start = 0; start < images; start += batch) {
      const count = Math.min(batch, images - start);
      for (let k = 0; k < count; k++) input.fill(first + start + k, padded, k * size);
      const x = new Tensor("float32", padded.subarray(0, count * size), [
        count,
        input.channels,
        input.height,
        input.width,
      ]);
      await pause();
      const { y } = await session.run({ x });
      const sums = y.data as Float32Array;
      for (let k = 0, from = 0; k < count; k++) {
        for (let o = 0; o < outputs; o++) {
          for (let row = 0; row < height; row++) {
            let to =
              (((start + k) * target.height + top + row) * target.width + left) * target.channels + firstTarget + o;
            for (let column = 0; column < width; column++, to += target.channels) into[to] += sums[from++];
          }
        }
      }
      y.dispose();
    }
  } finally {
    await session.release();
  }
}

/** An ONNX model of nothing but the projection's convolution, x → y. */
function convolution(projection: Projection, weight: ArrayLike<number>): Uint8Array {
  const { kernel, stride, dilation, groups } = projection;
  const [outputs, inputs] = [projection.targetChannels[1], projection.sourceChannels[1] / groups];
  const taps = kernel[0] * kernel[1];
  const planar = new Float32Array(outputs * inputs * taps);
  for (let o = 0; o < outputs; o++) {
    for (let t = 0; t < taps; t++) {
      for (let i = 0; i < inputs; i++) planar[(o * inputs + i) * taps + t] = weight[(o * taps + t) * inputs + i];
    }
  }
  const ints = (name: string, values: readonly number[]) => ({
    name,
    type: onnx.AttributeProto.AttributeType.INTS,
    ints: [...values],
  });
  const value = (name: string) => ({
    name,
    type: { tensorType: { elemType: onnx.TensorProto.DataType.FLOAT } },
  });
  const model = onnx.ModelProto.create({
    irVersion: 7,
    opsetImport: [{ version: 13 }],
    graph: {
      name: "projection",
      node: [
        {
          opType: "Conv",
          input: ["x", "w"],
          output: ["y"],
          attribute: [
            ints("kernel_shape", kernel),
            ints("strides", stride),
            ints("dilations", dilation),
            { name: "group", type: onnx.AttributeProto.AttributeType.INT, i: groups },
          ],
        },
      ],
      input: [value("x")],
      output: [value("y")],
      initializer: [
        {
          name: "w",
          dataType: onnx.TensorProto.DataType.FLOAT,
          dims: [outputs, inputs, kernel[0], kernel[1]],
          rawData: new Uint8Array(planar.buffer),
        },
      ],
    },
  });
  return onnx.ModelProto.encode(model).finish();
}
