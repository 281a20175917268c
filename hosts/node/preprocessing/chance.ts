/** What counts of right answers can show, by exact binomial tests. */

/** Probability of at least `least` successes in `trials` of probability `p` each. */
export function atLeast(least: number, trials: number, p: number): number {
  if (least <= 0) return 1;
  if (least > trials || p <= 0) return 0;
  if (p >= 1) return 1;
  let logCoefficient = 0; // of trials over k
  let sum = 0;
  for (let k = 0; k <= trials; k++) {
    if (k > 0) logCoefficient += Math.log((trials - k + 1) / k);
    if (k >= least) sum += Math.exp(logCoefficient + k * Math.log(p) + (trials - k) * Math.log1p(-p));
  }
  return Math.min(1, sum);
}

/** A chance that is taken for none. */
const RARE = 0.05;
/** Share of right answers of a classifier that is no good one, but one. */
const MEDIOCRE = 0.75;

/**
 * Whether right answers look like chance: guessing among the classes gives as many or more in one of twenty trials, and one that is
 * right three times in four would give as few in less than one of twenty. Few answers alone do not condemn.
 */
export function looksLikeChance(right: number, inputs: number, classes: number): boolean {
  const guessed = atLeast(right, inputs, 1 / classes) > RARE;
  const earned = 1 - atLeast(right + 1, inputs, MEDIOCRE) >= RARE;
  return guessed && !earned;
}

/** How rarely two equally good classifiers may differ so for one to be called better; many are tried. */
const BETTER = 0.01;

/** Whether one of two classifiers is better, by the inputs on which it alone is right and those on which the other alone is (McNemar's test). */
export function isBetter(gained: number, lost: number): boolean {
  return atLeast(gained, gained + lost, 0.5) < BETTER;
}

/** Fewest errors of a classifier that leave another a chance of being better than it. */
export const FEWEST_ERRORS = 7;
