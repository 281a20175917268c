import type { Pool, Projection } from "../network/network.ts";

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

/** How to cut out what a projection reads from its source. */
export function stageOf(projection: Projection, source: LevelMaps): Stage {
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
