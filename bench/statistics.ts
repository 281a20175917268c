/** How repeated measurements are summed up: by ranks, which a few disturbed ones do not move. */

export interface Quartiles {
  readonly lower: number;
  readonly median: number;
  readonly upper: number;
}

/** Quartiles of some values, linear between ranks; NaN of none. */
export function quartiles(values: readonly number[]): Quartiles {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => {
    const rank = share * (sorted.length - 1);
    const below = Math.floor(rank);
    const above = Math.ceil(rank);
    return sorted[below] + (rank - below) * (sorted[above] - sorted[below]);
  };
  if (sorted.length === 0) return { lower: Number.NaN, median: Number.NaN, upper: Number.NaN };
  return { lower: at(0.25), median: at(0.5), upper: at(0.75) };
}

/** Slope of the straight line with the least squared distance to points at x = 0, 1, 2, …; 0 of fewer than two. */
export function slope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let [product, square] = [0, 0];
  values.forEach((value, x) => {
    product += (x - middle) * (value - mean);
    square += (x - middle) ** 2;
  });
  return square === 0 ? 0 : product / square;
}
