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
 * @param first seed of what is tried without either, where what may be drawn has no end: the same every time. A longer run draws anew.
 */
export function runs(usual: number, first?: number): Settings {
  const { BSNN_RUNS, BSNN_SEED } = process.env;
  const factor = Number(BSNN_RUNS ?? 1);
  const seed = BSNN_SEED ?? (BSNN_RUNS === undefined ? first : undefined);
  return {
    numRuns: Math.max(1, Math.round(usual * factor)),
    includeErrorInReport: true,
    interruptAfterTimeLimit: 240_000 * Math.max(1, factor),
    markInterruptAsFailure: true,
    ...(seed === undefined ? {} : { seed: Number(seed) }),
  };
}
