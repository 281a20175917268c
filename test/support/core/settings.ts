/** How long the properties are tried. */

export interface Settings {
  numRuns: number;
  seed?: number;
  includeErrorInReport: true;
  interruptAfterTimeLimit: number;
  markInterruptAsFailure: true;
}

/**
 * Settings for `fc.assert`. The environment variable BSNN_RUNS multiplies the number of runs (1 by default); BSNN_SEED
 * repeats the runs of a failure, which prints its seed. Four minutes per property, shrinking included, mean a hang.
 */
export function runs(usual: number): Settings {
  const factor = Number(process.env.BSNN_RUNS ?? 1);
  const seed = process.env.BSNN_SEED;
  return {
    numRuns: Math.max(1, Math.round(usual * factor)),
    includeErrorInReport: true,
    interruptAfterTimeLimit: 240_000 * Math.max(1, factor),
    markInterruptAsFailure: true,
    ...(seed === undefined ? {} : { seed: Number(seed) }),
  };
}
