/** Integrates what a projection delivers whose windows mostly lie beside the map. */

import type { Pair, Projection } from "../wiring.ts";
import type { LevelMaps } from "./levels.ts";
import { poolLevels } from "./pooled.ts";

/** One projection, its weights, and what lies at either end. */
export interface Synapses {
  readonly projection: Projection;
  /** `[O][KH][KW][I/groups]`. */
  readonly weight: Int8Array | Int16Array | Float32Array;
  readonly source: LevelMaps;
  readonly target: { readonly height: number; readonly width: number; readonly channels: number };
}

/** Products for one image from which it matters that most of them are with what lies beside the map; and how many times fewer others are. */
const MANY_PRODUCTS = 2 ** 32;
const FEWER = 16;

/** True for windows that mostly lie beside the map, as those that repeat one value over many positions do. */
export function isSparse({ projection, weight, source }: Synapses): boolean {
  const [, , height, width] = projection.region;
  const map = projection.pool?.size ?? [source.height, source.width];
  return (
    !source.zeroPoint &&
    height * width * weight.length > MANY_PRODUCTS &&
    map[0] * map[1] * FEWER < height * width &&
    map[0] * map[1] * weight.length < MANY_PRODUCTS
  );
}

/**
 * Adds Σ weight·level as `integrate` does, value by value of the map: each goes to the positions whose windows have a tap there. Beside the
 * map there is nothing, so that the source must have no zero point.
 */
export function scatter(
  { projection, weight, source, target }: Synapses,
  into: Float32Array,
  [first, images]: Pair,
): void {
  const { kernel, stride, dilation, offset, groups, pool } = projection;
  const [firstSource, inputs] = [projection.sourceChannels[0], projection.sourceChannels[1] / groups];
  const [firstTarget, outputs] = projection.targetChannels;
  const [top, left, height, width] = projection.region;
  const [rows, columns] = pool?.size ?? [source.height, source.width];
  const channels = pool ? projection.sourceChannels[1] : source.channels;
  const begin = pool ? 0 : firstSource;
  const pooled = pool ? new Float32Array(rows * columns * channels) : null;
  const size = source.height * source.width * source.channels;
  /** By tap of an axis, the position that reads a row or column through it; −1 for none. */
  const reached = (axis: 0 | 1, at: number, count: number) =>
    Int32Array.from({ length: kernel[axis] }, (_, tap) => {
      const position = (at + offset[axis] - tap * dilation[axis]) / stride[axis];
      return Number.isInteger(position) && position >= 0 && position < count ? position : -1;
    });
  for (let n = 0; n < images; n++) {
    if (pool) poolLevels(pool, source, first + n, projection.sourceChannels, pooled!);
    const levels = pooled ?? source.levels.subarray((first + n) * size, (first + n + 1) * size);
    for (let y = 0; y < rows; y++) {
      const down = reached(0, y, height);
      for (let x = 0; x < columns; x++) {
        const across = reached(1, x, width);
        const from = (y * columns + x) * channels + begin;
        for (let o = 0; o < outputs; o++) {
          const group = from + Math.floor(o / (outputs / groups)) * inputs;
          for (let ky = 0; ky < kernel[0]; ky++) {
            if (down[ky] < 0) continue;
            const row = (n * target.height + top + down[ky]) * target.width + left;
            for (let kx = 0; kx < kernel[1]; kx++) {
              if (across[kx] < 0) continue;
              const tap = ((o * kernel[0] + ky) * kernel[1] + kx) * inputs;
              let sum = 0;
              for (let i = 0; i < inputs; i++) sum += weight[tap + i] * levels[group + i];
              into[(row + across[kx]) * target.channels + firstTarget + o] += sum;
            }
          }
        }
      }
    }
  }
}
