/** The core for research: what deploys a model, and beside it early firing and comparison neurons. Deployed builds need none of it. */
import * as continuous from "./engine/continuous";
import * as early from "./engine/early";
import { planListing } from "./engine/read";
import { ownLevels } from "./engine/step";

export * from "./index";

// ---- comparison neurons ----

/** Makes ready for comparisons; 0 where memory ends. */
export function planContinuous(): i32 {
  return continuous.planContinuous() && planListing();
}

/** Begins a run of comparison neurons (neurons/comparison.ts), after a run in period mode of the same samples; 0 leaves a message. */
export function beginContinuous(model: u32, half: i32): i32 {
  ownLevels(false);
  return continuous.beginContinuous(model, half != 0);
}

/** Sets thresholds, steps on, and tells what came of it (engine/continuous.ts). */
export {
  advanceContinuous,
  answerContinuous,
  countContinuous,
  countInactivated,
  listContinuousSpikes,
  setLevels,
  spikesOf,
} from "./engine/continuous";

// ---- early firing ----

/** Makes ready for early firing with so many registers, 1 or 2; 0 where memory ends. */
export function planEarly(registers: u32): i32 {
  return early.planEarly(registers) && planListing();
}

/** Sets the delay of a depth, 1…L, and the share of a spike's worth, in sixteenths, that makes its neurons spike. */
export { setDelay } from "./engine/schedule";

/** Begins a run of early firing, after `planEarly`; `corrections` is 0 or 1. */
export function beginEarly(presentations: u32, registers: u32, corrections: u32): void {
  ownLevels(false);
  early.beginEarly(presentations, registers, corrections);
}

/** Advances one time step; 0 where the run is over. */
export function advanceEarly(): i32 {
  return early.advanceEarly();
}

/** Advances to the end of the run. */
export function runEarly(): void {
  while (early.advanceEarly()) {}
}

/** Time steps of the run, from one presentation to the next, and of a presentation's firing. */
export { answered, firing, interval } from "./engine/schedule";

/** Lists what a population did in the step just made, or holds (engine/early-read.ts). */
export { listEarlySpikes, listEarlyMembranes, listEarlyPotentials } from "./engine/early-read";

/** Counts a run that is over, and where a population's figures then lie, f64 (engine/early-counts.ts). */
export { countEarly, figuresOf } from "./engine/early-counts";

/** After a run: makes what neurons have emitted of the last presentation their levels. */
export { keepEmitted } from "./engine/early-counts";
