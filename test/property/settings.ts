/** How long the properties are tried. */

/** Environment variable BSNN_RUNS multiplies the number of runs, BSNN_SEED repeats a failure: 1 and random by default. */
export function runs(usual: number): { numRuns: number; seed?: number; includeErrorInReport: true } {
  const factor = Number(process.env.BSNN_RUNS ?? 1);
  const seed = process.env.BSNN_SEED;
  return {
    numRuns: Math.max(1, Math.round(usual * factor)),
    includeErrorInReport: true,
    ...(seed === undefined ? {} : { seed: Number(seed) }),
  };
}
