/** Options of comparison neurons, checked. */
import { mustBe, reading, readNumbers, readOptions } from "../arguments.ts";
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
  const given = readOptions(options, ["neuron", "steps", "thresholds", "initial"]);
  const { neuron, steps, thresholds, initial = 0 } = given;
  const model = NEURONS.indexOf(neuron as ComparisonNeuron);
  if (model < 0) throw mustBe("neuron", `one of ${NEURONS.join(", ")}`, neuron);
  checkCount("steps", steps);
  if (initial !== 0 && initial !== 0.5) throw mustBe("initial", "0 or 0.5", initial);
  if (thresholds && typeof thresholds !== "object") {
    throw mustBe("thresholds", "a list with one entry per population", thresholds);
  }
  return {
    model,
    steps,
    half: initial === 0.5,
    thresholds: populations
      .filter(({ kind }) => kind === "bistable")
      .map((info) => ({
        population: info.index,
        levels: levelsOf(
          info,
          reading("thresholds", () => thresholds?.[info.index]),
          2 ** phases - 1,
        ),
      })),
  };
}

function levelsOf({ name, channels }: PopulationInfo, given: ArrayLike<number> | null | undefined, highest: number) {
  if (given === null || given === undefined) return new Array<number>(channels).fill(highest);
  const what = `thresholds of population '${name}'`;
  const levels = [...readNumbers(what, given, channels)];
  const odd = levels.find((value) => !Number.isInteger(value) || value < 1 || value > MOST_LEVELS);
  if (odd === undefined) return levels;
  throw mustBe(what, `${channels} whole numbers in 1…${MOST_LEVELS}`, odd);
}
