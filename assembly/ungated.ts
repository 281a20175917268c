/** The core with the network without bistable gating beside it, for comparison only: what deploys a model needs none of it. */
import * as ungated from "./engine/ungated";

export * from "./index";

/** After a run in period mode: runs its samples for `periods` periods without gating; 0 where memory ends. */
export function runUngated(periods: u32): i32 {
  if (!ungated.planUngated()) return 0;
  ungated.runUngated(periods);
  return 1;
}

/** Counts in a population, f64: inactivated neurons, how many of them spiked, their spikes, and the spikes of all. */
export { countInactivated } from "./engine/ungated";
