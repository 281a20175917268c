/** Pools levels, as the projections that read them do. */

import type { Pair, Pool } from "../wiring.ts";
import type { LevelMaps } from "./levels.ts";

/**
 * The pooled map of one image, `[height][width][C]`.
 * @param channels of the source: the first and how many C
 * @param into receives it
 */
export function poolLevels(
  pool: Pool,
  source: LevelMaps,
  image: number,
  [first, channels]: Pair,
  into: Float32Array | Uint8Array,
): void {
  const { kernel, stride, dilation, offset, size } = pool;
  const { height, width, channels: all, levels } = source;
  into.fill(0);
  for (let y = 0, to = 0; y < size[0]; y++) {
    for (let x = 0; x < size[1]; x++, to += channels) {
      for (let ky = 0; ky < kernel[0]; ky++) {
        const sy = y * stride[0] + ky * dilation[0] - offset[0];
        if (sy < 0 || sy >= height) continue;
        for (let kx = 0; kx < kernel[1]; kx++) {
          const sx = x * stride[1] + kx * dilation[1] - offset[1];
          if (sx < 0 || sx >= width) continue;
          const from = ((image * height + sy) * width + sx) * all + first;
          if (pool.kind === "sum") for (let c = 0; c < channels; c++) into[to + c] += levels[from + c];
          else {
            for (let c = 0; c < channels; c++) {
              const level = levels[from + c];
              if (level > into[to + c]) into[to + c] = level;
            }
          }
        }
      }
    }
  }
}
