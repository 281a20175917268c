/** Leaves out what harms where phases are few. */

import type { Ingredient } from "../options.ts";

/** What may harm, and is tried without. */
const DOUBTFUL: readonly (readonly Ingredient[])[] = [["bias"], ["fit"], ["bias", "fit"]];

/** Images that a trial takes at most, every one of `JUDGED` of them to judge on, and the fewest that are judged. */
const MOST_IMAGES = 128;
const JUDGED = 4;
const FEWEST_JUDGED = 4;

/** Something is left out where the error without it is below this share of the error with everything. */
const CLEARLY = 0.95;

/** What was found. */
export interface Ablation {
  /** Empty where nothing is better left out. */
  readonly without: readonly Ingredient[];
  /** Images judged, to which nothing was fitted. */
  readonly judged: number;
  /** Error of the outputs with everything, and without this. */
  readonly errors: readonly [everything: number, without: number];
}

/**
 * Tries a conversion without corrected biases, without fitted scales and without both, on some of the images, and judges on others.
 * @param images how many there are
 * @param attempt converts on the images of these indices, the last `judged` of which are judged on, and gives the outputs' error
 * @param onProgress is told how many trials are done, and of how many
 * @returns null where there are too few images to judge on
 */
export async function chooseIngredients(
  images: number,
  attempt: (without: readonly Ingredient[], chosen: readonly number[], judged: number) => Promise<number>,
  onProgress?: (done: number, total: number) => void,
): Promise<Ablation | null> {
  const count = Math.min(images, MOST_IMAGES);
  const all = Array.from({ length: count }, (_, k) => Math.floor((k * images) / count));
  const judged = all.filter((_, k) => k % JUDGED === JUDGED - 1);
  if (judged.length < FEWEST_JUDGED) return null;
  const order = [...all.filter((_, k) => k % JUDGED !== JUDGED - 1), ...judged];
  const trial = async (without: readonly Ingredient[], k: number) => {
    onProgress?.(k, DOUBTFUL.length + 1);
    return attempt(without, order, judged.length);
  };
  const everything = await trial([], 0);
  let [best, least] = [[] as readonly Ingredient[], everything * CLEARLY];
  for (const [k, without] of DOUBTFUL.entries()) {
    const error = await trial(without, k + 1);
    if (error < least) [best, least] = [without, error];
  }
  onProgress?.(DOUBTFUL.length + 1, DOUBTFUL.length + 1);
  return { without: best, judged: judged.length, errors: [everything, best.length > 0 ? least : everything] };
}
