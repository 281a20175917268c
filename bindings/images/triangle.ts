/** Resizing with a triangle filter, in plain JavaScript, where no resizer's module is given: within one unit of what that gives. */

import type { DecodedImage } from "./image.ts";

/** For each place of the target: the first sample that it is made of, and the shares of that and those behind it. */
function weightsFor(from: number, to: number): { first: number; shares: Float64Array }[] {
  const scale = from / to;
  const reach = Math.max(scale, 1);
  return Array.from({ length: to }, (_, place) => {
    const centre = (place + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - reach));
    const end = Math.min(from, Math.ceil(centre + reach));
    const shares = Float64Array.from({ length: end - first }, (_, k) =>
      Math.max(0, 1 - Math.abs(first + k + 0.5 - centre) / reach),
    );
    const sum = shares.reduce((total, share) => total + share, 0);
    return { first, shares: shares.map((share) => share / sum) };
  });
}

/** The filter is widened when shrinking, so that nothing is skipped; alpha is resized like colours. */
export function resizeByTriangle(
  { width, height, data }: DecodedImage,
  toWidth: number,
  toHeight: number,
): DecodedImage {
  const rows = weightsFor(height, toHeight);
  const columns = weightsFor(width, toWidth);
  const result = new Uint8ClampedArray(4 * toWidth * toHeight);
  const line = new Float64Array(4 * width);
  for (let y = 0; y < toHeight; y++) {
    line.fill(0);
    const { first, shares } = rows[y];
    shares.forEach((share, k) => {
      const begin = 4 * width * (first + k);
      for (let i = 0; i < line.length; i++) line[i] += share * data[begin + i];
    });
    for (let x = 0; x < toWidth; x++) {
      const column = columns[x];
      for (let c = 0; c < 4; c++) {
        let sum = 0;
        for (let k = 0; k < column.shares.length; k++) sum += column.shares[k] * line[4 * (column.first + k) + c];
        // Clamped arrays round to nearest.
        result[4 * (y * toWidth + x) + c] = sum;
      }
    }
  }
  return { width: toWidth, height: toHeight, data: result };
}
