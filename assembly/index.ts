/** What the core exports, and nothing else. Pointers are byte offsets into linear memory, indices count from 0. */
import { probeQuads } from "./kernels/quad";
import * as keys from "./model/keys";
import { readModel } from "./model/load";
import * as message from "./message/message";
import * as activity from "./engine/activity";
import * as arena from "./network/arena";
import { lost } from "./engine/crew";
import * as encoding from "./engine/encode";
import * as network from "./network/network";
import { THREADS } from "./network/part";
import * as outputs from "./engine/outputs";
import { planPotentials, present, presentPopulation } from "./engine/period";
import { plan } from "./engine/plan";
import { planListing } from "./engine/read";
import { advance, begin, ownLevels, planSteps } from "./engine/step";

// ---- build ----

/** 1 where this build's relaxed dot product agrees with plain arithmetic in the running engine. */
export function probe(): i32 {
  return probeQuads();
}

// ---- loading ----

/** Most bytes of linear memory, to be set before the model is loaded; only what the module begins with may be more. */
export { memoryLimit } from "./network/arena";

/** Room for a model file of `size` bytes; 0 (with a message) where memory ends or the file is too large. */
export function reserveModel(size: u32): usize {
  if (size >= 1 << 31) {
    message.start("a model file has less than 2147483648 bytes");
    message.found(size);
    return 0;
  }
  return arena.reserve(size, 1);
}

/** Reads the model at `file` and plans its memory: 0 done, 1 bad model, 2 not enough memory. */
export function loadModel(file: usize, size: u32): i32 {
  if (readModel(file, size) && plan()) return 0;
  return arena.exhausted ? 2 : 1;
}

/** UTF-8 text of the last error, and its size in bytes. */
export { messageLength, messageText } from "./message/message";

// ---- the model ----

/** Pointer to a key's value and count of its elements or bytes (numbering: keys.ts); pointer 0 where it is absent. */
export function keyPointer(key: i32): usize {
  return keys.pointerOf(key);
}

/** Elements of an array or bytes of a string; 0 where the key is absent. */
export function keyCount(key: i32): u32 {
  return keys.has(key) ? keys.countOf(key) : 0;
}

/** Pointer to a label's length (u64) and bytes. */
export { label } from "./model/labels";

export { phaseCoded, phases, populationCount, projectionCount } from "./network/network";

/** Where a population's record lies: u32 fields in the order of population.ts. */
export function populationRecord(i: u32): usize {
  return changetype<usize>(network.population(i));
}

/** Where a projection's record lies: u32 fields in the order of projection.ts. */
export function projectionRecord(j: u32): usize {
  return changetype<usize>(network.projection(j));
}

// ---- running ----

/** Where the u8 samples H×W×C of the next run belong. */
export { samples } from "./network/network";

/** Runs the samples period by period. 0 where memory for carrying over ends. */
export function runPeriods(presentations: u32, carry: i32): i32 {
  // Without carry every presentation is the first again; with it the rests come from kept potentials.
  if (carry && presentations > 1 && !planPotentials()) return 0;
  ownLevels(false);
  activity.clearActivity();
  for (let n: u32 = 0; n < presentations; n++) {
    present(n == 0, carry && n > 0);
    if (n + 1 < presentations)
      for (let i: u32 = 0; i < network.populationCount; i++) activity.countPopulation(network.population(i));
  }
  return THREADS && lost ? 0 : 1;
}

/** Runs one population alone, once its sources have been run: for measuring them one by one. */
export function integratePopulation(i: u32): void {
  presentPopulation(network.population(i), true, false);
}

/** Makes later runs keep the potentials of hidden populations; 0 where memory ends. */
export function keepPotentials(): i32 {
  return planPotentials();
}

/** Time steps to the answer of a run; and the step that comes next, counted from the start of period 0. */
export { stepsTo, time } from "./engine/step";

/** Begins a run of the fixed-step engine, with 1 or 2 registers per neuron; 0 where memory ends. */
export function beginSteps(presentations: u32, carry: i32, registers: u32): i32 {
  if (!planSteps() || !planListing()) return 0;
  activity.clearActivity();
  begin(presentations, carry != 0, registers);
  return 1;
}

/** Advances one time step; 0 where the run is over. */
export function advanceStep(): i32 {
  return advance();
}

/** Advances to the end of the run. */
export function runSteps(): void {
  while (advance()) {}
}

/** Lists of what a population did or holds, and where they are written: u32 indices or i32 potentials, H×W×C (read.ts). */
export { listInputs, listIntegrated, listMembranes, listSpikes, listing } from "./engine/read";

// ---- answers ----

/** Writes an output's values, f32, potential × unit ÷ presentations, and returns where. */
export function decode(i: u32, presentations: u32): usize {
  return outputs.decode(network.population(i), presentations);
}

/** Ranks an output's values: u32 indices of the `count` largest, largest first. Returns where. */
export function rank(i: u32, presentations: u32, count: u32): usize {
  return outputs.rank(network.population(i), presentations, count);
}

/** Whether the one output is a list of classes; and the output that comes first in the file. */
export { firstOutput, isClassifier } from "./engine/outputs";

// ---- activity ----

/** Counts what the last presentation's levels cause; to be called once after a run. */
export function countActivity(): void {
  for (let i: u32 = 0; i < network.populationCount; i++) activity.countPopulation(network.population(i));
}

/** f64 counts of the last run: synaptic operations, input operations, then the spikes of each population. */
export { counts } from "./engine/activity";

// ---- input encoding ----

/** Number of real values that make one input. */
export function valueCount(): u32 {
  return encoding.valueCount();
}

/** Where the f64 values to encode belong; 0 where memory ends. */
export function valuePointer(): usize {
  return encoding.planEncoding() ? encoding.values : 0;
}

/** Encodes the values as u8 samples H×W×C and returns where. The samples of the last run stay as they are. */
export function encode(): usize {
  return encoding.encode();
}
