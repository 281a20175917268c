/** The levels of a population on all calibration images. */

/** Levels of all images, one after another: `levels[((n·H + y)·W + x)·C + c]`. */
export interface LevelMaps {
  readonly images: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly levels: Uint8Array;
  /** Sample read outside the map, per channel; null where taps outside contribute nothing. */
  readonly zeroPoint: Uint8Array | null;
}

/**
 * Variance of each channel's levels over all positions.
 * @param levels channels last, any number of positions
 */
export function levelVariance(levels: Uint8Array, channels: number): Float64Array {
  const sum = new Float64Array(channels);
  const squares = new Float64Array(channels);
  for (let at = 0; at < levels.length; ) {
    for (let c = 0; c < channels; c++, at++) {
      sum[c] += levels[at];
      squares[c] += levels[at] * levels[at];
    }
  }
  const positions = levels.length / channels;
  return squares.map((square, c) => square / positions - (sum[c] / positions) ** 2);
}
