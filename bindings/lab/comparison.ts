/** Options of comparison neurons, checked. */
import { BsnnError } from "../error.ts";
import { checkCount } from "../network/network.ts";
import type { PopulationInfo } from "../types.ts";
import type { ComparisonNeuron, ContinuousOptions } from "./types.ts";

/** In the order of their numbers in the core (assembly/neurons/comparison.ts). */
const NEURONS = ["phase", "alternating", "integrate-and-fire"] as const satisfies readonly ComparisonNeuron[];
const MOST_LEVELS = 65535;

/** What the core is told. */
export interface CheckedContinuous {
  readonly model: number;
  readonly steps: number;
  readonly half: boolean;
  /** Of every bistable population. */
  readonly thresholds: readonly { readonly population: number; readonly levels: readonly number[] }[];
}

/** @throws BsnnError `bad-input` where an option is none */
export function checkContinuous(
  options: ContinuousOptions,
  populations: readonly PopulationInfo[],
  phases: number,
): CheckedContinuous {
  const { neuron, steps, thresholds = [], initial = 0 } = options ?? {};
  const model = NEURONS.indexOf(neuron);
  if (model < 0)
    throw new BsnnError("bad-input", `neuron must be one of ${NEURONS.join(", ")}, found ${String(neuron)}`);
  checkCount("steps", steps);
  if (initial !== 0 && initial !== 0.5) throw new BsnnError("bad-input", `initial must be 0 or 0.5, found ${initial}`);
  return {
    model,
    steps,
    half: initial === 0.5,
    thresholds: populations
      .filter(({ kind }) => kind === "bistable")
      .map((info) => ({ population: info.index, levels: levelsOf(info, thresholds?.[info.index], 2 ** phases - 1) })),
  };
}

function levelsOf({ name, channels }: PopulationInfo, given: ArrayLike<number> | null | undefined, highest: number) {
  if (!given) return new Array<number>(channels).fill(highest);
  const levels = Array.from(given);
  const odd = levels.find((value) => !Number.isInteger(value) || value < 1 || value > MOST_LEVELS);
  if (levels.length === channels && odd === undefined) return levels;
  const found = odd === undefined ? levels.length : `one of ${odd}`;
  throw new BsnnError(
    "bad-input",
    `thresholds of population '${name}' must be ${channels} whole numbers in 1…${MOST_LEVELS}, found ${found}`,
  );
}
