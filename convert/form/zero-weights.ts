/** Lists of floats whose length a graph decides. */

import { Refusal } from "../refusal.ts";

/** Weights that a projection may have: 1 GiB of them. */
const MOST_WEIGHTS = 2 ** 28;

/**
 * As many weights as a projection is to have, all 0. What a graph says in a few numbers, such as an order of channels, may be a matrix.
 * @throws Refusal for too many
 */
export function zeroWeights(count: number): Float32Array {
  if (count > MOST_WEIGHTS)
    throw new Refusal(`takes ${count} weights in one projection; ${MOST_WEIGHTS} are supported`);
  return new Float32Array(count);
}
