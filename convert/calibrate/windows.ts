/** What the windows of a projection hold: its source's levels, pooled where it pools. */

import type { Projection } from "../wiring.ts";
import type { LevelMaps } from "./levels.ts";
import { poolLevels } from "./pooled.ts";

/** The windows of a projection, over one image at a time. */
export interface Windows {
  /** Goes to an image; windows are of it until the next call. */
  setImage(image: number): void;
  /**
   * Copies a window's values, `[KH][KW][I/groups]` as its weights.
   * @param y row of the projection's region, and x column
   * @param group whose channels to take
   * @param into receives them from `into[at]` on
   */
  copy(y: number, x: number, group: number, into: Float32Array | Uint8Array, at: number): void;
}

/** @param source levels of the projection's source */
export function windowsOf(projection: Projection, source: LevelMaps): Windows {
  const { kernel, stride, dilation, offset, pool, groups } = projection;
  const [first, channels] = projection.sourceChannels;
  const inputs = channels / groups;
  const [height, width] = pool ? pool.size : [source.height, source.width];
  // A sum of levels may need more than 8 bits.
  const pooled = pool && new (pool.kind === "sum" ? Float32Array : Uint8Array)(height * width * channels);
  const values = pooled ?? source.levels;
  const each = pooled ? channels : source.channels;
  const begin = pooled ? 0 : first;
  const outside = new Uint8Array(channels);
  if (source.zeroPoint) outside.set(source.zeroPoint.subarray(first, first + channels));
  let base = begin;
  return {
    setImage(image) {
      if (pooled) poolLevels(pool, source, image, projection.sourceChannels, pooled);
      else base = begin + image * height * width * each;
    },
    copy(y, x, group, into, at) {
      const skipped = group * inputs;
      const left = x * stride[1] - offset[1];
      // What lies side by side in the map lies so in the window.
      const isRow = dilation[1] === 1 && inputs === each && left >= 0 && left + kernel[1] <= width;
      for (let ky = 0; ky < kernel[0]; ky++) {
        const sy = y * stride[0] + ky * dilation[0] - offset[0];
        const rowInside = sy >= 0 && sy < height;
        if (rowInside && isRow) {
          const count = kernel[1] * inputs;
          copyValues(values, base + (sy * width + left) * each, count, into, at);
          at += count;
          continue;
        }
        for (let kx = 0; kx < kernel[1]; kx++, at += inputs) {
          const sx = left + kx * dilation[1];
          const isInside = rowInside && sx >= 0 && sx < width;
          const from = isInside ? base + (sy * width + sx) * each + skipped : skipped;
          copyValues(isInside ? values : outside, from, inputs, into, at);
        }
      }
    },
  };
}

/** Values from which on they are copied all at once. */
const LONG = 64;

function copyValues(
  values: Float32Array | Uint8Array,
  from: number,
  count: number,
  into: Float32Array | Uint8Array,
  at: number,
): void {
  if (count >= LONG) into.set(values.subarray(from, from + count), at);
  else for (let i = 0; i < count; i++) into[at + i] = values[from + i];
}
