import onnxProto from "onnx-proto";
import * as ort from "onnxruntime-web";
import type { Pool, Projection } from "../network/network.ts";

const { onnx } = onnxProto;

/** A population's levels on all calibration images: `levels[((n·H + y)·W + x)·C + c]`. */
export interface LevelMaps {
  readonly images: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly levels: Uint8Array;
  /** Sample read outside the map, per channel; null where taps outside contribute nothing. */
  readonly zeroPoint: Uint8Array | null;
}

/** What a projection reads, cut out, pooled and padded so that a plain convolution remains: `[C][height][width]` per image. */
interface Stage {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  fill(image: number, into: Float32Array, at: number): void;
}

/** Images go through onnxruntime in batches of about this many staged values. */
const BATCH_VALUES = 4 << 20;

/**
 * Adds Σ weight·level of one projection, on every calibration image, to `into` (`[n][H][W][C]` of the target). The
 * convolution runs in onnxruntime-web in single precision: exact up to 2^24, and calibration needs no more.
 */
export async function integrate(
  projection: Projection,
  weight: ArrayLike<number>,
  source: LevelMaps,
  target: { readonly height: number; readonly width: number; readonly channels: number },
  into: Float32Array,
): Promise<void> {
  const stage = stageOf(projection, source);
  const [firstTarget, outputs] = projection.targetChannels;
  const [top, left, height, width] = projection.region;
  const session = await ort.InferenceSession.create(convolution(projection, weight), { executionProviders: ["wasm"] });
  const size = stage.channels * stage.height * stage.width;
  const batch = Math.max(1, Math.min(source.images, Math.floor(BATCH_VALUES / size)));
  const staged = new Float32Array(batch * size);
  for (let start = 0; start < source.images; start += batch) {
    const count = Math.min(batch, source.images - start);
    for (let k = 0; k < count; k++) stage.fill(start + k, staged, k * size);
    const x = new ort.Tensor("float32", staged.subarray(0, count * size), [
      count,
      stage.channels,
      stage.height,
      stage.width,
    ]);
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
  await session.release();
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

function stageOf(projection: Projection, source: LevelMaps): Stage {
  const { kernel, stride, dilation, offset, pool } = projection;
  const [first, channels] = projection.sourceChannels;
  const height = (projection.region[2] - 1) * stride[0] + (kernel[0] - 1) * dilation[0] + 1;
  const width = (projection.region[3] - 1) * stride[1] + (kernel[1] - 1) * dilation[1] + 1;
  const mapHeight = pool ? pool.size[0] : source.height;
  const mapWidth = pool ? pool.size[1] : source.width;
  const pooled = pool ? new Float32Array(channels * mapHeight * mapWidth) : null;
  return {
    height,
    width,
    channels,
    fill(image, into, at) {
      if (pool) poolMap(pool, source, image, first, channels, pooled!);
      const base = image * source.height * source.width * source.channels + first;
      for (let c = 0; c < channels; c++) {
        const outside = source.zeroPoint ? source.zeroPoint[first + c] : 0;
        for (let y = 0; y < height; y++) {
          const sy = y - offset[0];
          const rowInside = sy >= 0 && sy < mapHeight;
          for (let x = 0; x < width; x++) {
            const sx = x - offset[1];
            let value = outside;
            if (rowInside && sx >= 0 && sx < mapWidth) {
              value = pooled
                ? pooled[(c * mapHeight + sy) * mapWidth + sx]
                : source.levels[base + (sy * source.width + sx) * source.channels + c];
            }
            into[at++] = value;
          }
        }
      }
    },
  };
}

function poolMap(
  pool: Pool,
  source: LevelMaps,
  image: number,
  first: number,
  channels: number,
  into: Float32Array,
): void {
  const base = image * source.height * source.width * source.channels + first;
  let at = 0;
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < pool.size[0]; y++) {
      for (let x = 0; x < pool.size[1]; x++) {
        let value = 0;
        for (let ky = 0; ky < pool.kernel[0]; ky++) {
          const sy = y * pool.stride[0] + ky * pool.dilation[0] - pool.offset[0];
          if (sy < 0 || sy >= source.height) continue;
          for (let kx = 0; kx < pool.kernel[1]; kx++) {
            const sx = x * pool.stride[1] + kx * pool.dilation[1] - pool.offset[1];
            if (sx < 0 || sx >= source.width) continue;
            const level = source.levels[base + (sy * source.width + sx) * source.channels + c];
            if (pool.kind === "sum") value += level;
            else if (level > value) value = level;
          }
        }
        into[at++] = value;
      }
    }
  }
}
