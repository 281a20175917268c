/** Cuts out, pools and pads what a projection reads, so that a plain convolution without padding remains. */

import type { Projection } from "../wiring.ts";
import type { LevelMaps } from "./levels.ts";
import { poolLevels } from "./pooled.ts";

/** The input of a projection's plain convolution: `[C][height][width]` per image. */
interface PaddedInput {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Writes one image's levels, C·height·width of them, from `into[at]` on. */
  fill(image: number, into: Float32Array, at: number): void;
}

/**
 * How to cut out what a projection reads from its source.
 * @param source levels of the projection's source
 */
export function paddedInput(projection: Projection, source: LevelMaps): PaddedInput {
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
      if (pool) poolLevels(pool, source, image, projection.sourceChannels, pooled!);
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
                ? pooled[(sy * mapWidth + sx) * channels + c]
                : source.levels[base + (sy * source.width + sx) * source.channels + c];
            }
            into[at++] = value;
          }
        }
      }
    },
  };
}
