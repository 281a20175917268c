/** What the choice of integers is told. */

import type { Ingredient } from "../options.ts";

/** How levels are sent: decides how much a synapse can receive. */
export interface Coding {
  /** K, steps in a period. */
  readonly phases: number;
  /** Of the input. */
  readonly coding: "current" | "phase";
}

/** All that it is told. */
export interface QuantizeOptions extends Coding {
  readonly weightBits: 8 | 16;
  /** For ablations; default none. */
  readonly without?: readonly Ingredient[] | undefined;
  /** How many of the images, the last ones, nothing is fitted to: the outputs' error is measured on them. Default 0. */
  readonly judged?: number;
  /** Whether biases and scales are corrected only as far as the images agree about it. Default false. */
  readonly cautious?: boolean;
}

/** True where an ingredient is in use. */
export const has = ({ without }: QuantizeOptions, ingredient: Ingredient): boolean => !without?.includes(ingredient);
