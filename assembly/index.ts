/** What the core exports, and nothing else. Pointers are byte offsets into linear memory, indices count from 0. */
import { probeQuads } from "./kernels/quad";
import * as keys from "./model/keys";
import { label, labelCount as countLabels } from "./model/labels";
import { readModel } from "./model/load";
import * as message from "./model/message";
import { isSigned } from "./model/populations";
import { weightCount } from "./model/tensors";
import * as activity from "./network/activity";
import * as arena from "./network/arena";
import * as encoding from "./network/encode";
import * as network from "./network/network";
import * as outputs from "./network/outputs";
import { planPotentials, present } from "./network/period";
import { plan } from "./network/plan";
import * as read from "./network/read";
import { advance, begin, listing, ownLevels, planSteps } from "./network/step";
import * as ungated from "./network/ungated";

// ---- build ----

/** 1 where this build's relaxed dot product agrees with plain arithmetic in the running engine. */
export function probe(): i32 {
  return probeQuads();
}

// ---- loading ----

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

/** UTF-8 text of the last error. */
export function messagePointer(): usize {
  return message.messagePointer();
}

export function messageLength(): i32 {
  return message.messageLength();
}

/** Bytes of linear memory in use. */
export function memoryUsed(): u32 {
  return arena.used();
}

// ---- the model ----

/** Pointer to a key's value and count of its elements or bytes (numbering: keys.ts); pointer 0 where it is absent. */
export function keyPointer(key: i32): usize {
  return keys.pointerOf(key);
}

export function keyCount(key: i32): u32 {
  return keys.has(key) ? keys.countOf(key) : 0;
}

export function labelCount(): u32 {
  return countLabels();
}

export function labelPointer(i: u32): usize {
  return label(i) + 8;
}

export function labelLength(i: u32): u32 {
  return load<u32>(label(i));
}

export function phases(): u32 {
  return network.phases;
}

export function phaseCoded(): i32 {
  return network.phaseCoded;
}

export function signedInput(): i32 {
  return isSigned();
}

/** Largest depth of a hidden population. */
export function deepest(): u32 {
  return network.deepest;
}

export function populationCount(): u32 {
  return network.populationCount;
}

export function populationNamePointer(i: u32): usize {
  return network.population(i).name;
}

export function populationNameLength(i: u32): u32 {
  return network.population(i).nameSize;
}

export function populationKind(i: u32): u32 {
  return network.population(i).kind;
}

export function populationHeight(i: u32): u32 {
  return network.population(i).height;
}

export function populationWidth(i: u32): u32 {
  return network.population(i).width;
}

export function populationChannels(i: u32): u32 {
  return network.population(i).channels;
}

export function populationDepth(i: u32): u32 {
  return network.population(i).depth;
}

/** f32 units per channel; 0 where the population has none. */
export function unitPointer(i: u32): usize {
  return network.population(i).unit;
}

/** i8 threshold shifts per channel; 0 where the population has none. */
export function shiftPointer(i: u32): usize {
  return network.population(i).shift;
}

export function projectionCount(): u32 {
  return network.projectionCount;
}

export function projectionSource(j: u32): u32 {
  return network.projection(j).source;
}

export function projectionTarget(j: u32): u32 {
  return network.projection(j).target;
}

export function projectionPool(j: u32): u32 {
  return network.projection(j).pool;
}

export function projectionKernelHeight(j: u32): u32 {
  return network.projection(j).kernelH;
}

export function projectionKernelWidth(j: u32): u32 {
  return network.projection(j).kernelW;
}

export function projectionStrideHeight(j: u32): u32 {
  return network.projection(j).strideH;
}

export function projectionStrideWidth(j: u32): u32 {
  return network.projection(j).strideW;
}

export function projectionGroups(j: u32): u32 {
  return network.projection(j).groups;
}

/** Bits of a weight, 0 where there are none. */
export function projectionWeightBits(j: u32): u32 {
  return network.projection(j).weightBits;
}

export function projectionWeights(j: u32): u32 {
  const p = network.projection(j);
  return p.weight ? <u32>weightCount(p) : 0;
}

// ---- running ----

/** Where the u8 samples H×W×C of the next run belong. */
export function samplePointer(): usize {
  return network.samples;
}

/** u8 levels of the last run, channels last. */
export function levelPointer(i: u32): usize {
  return network.population(i).levels;
}

/** i32 potentials of an output, summed over presentations, channels last. */
export function potentialPointer(i: u32): usize {
  return network.population(i).potentials;
}

/** Runs the samples period by period. 0 where memory for carrying over ends. */
export function runPeriods(presentations: u32, carry: i32): i32 {
  // Without carry every presentation is the first again; with it the rests come from kept potentials.
  if (carry && presentations > 1 && !planPotentials()) return 0;
  ownLevels(false);
  activity.clearActivity();
  for (let n: u32 = 0; n < presentations; n++) {
    present(n == 0, carry && n > 0);
    if (n + 1 < presentations) for (let i: u32 = 0; i < network.populationCount; i++) activity.countPopulation(network.population(i));
  }
  return 1;
}

/** Makes later runs keep the potentials of hidden populations; 0 where memory ends. */
export function keepPotentials(): i32 {
  return planPotentials();
}

/** Begins a run of the fixed-step engine; 0 where memory ends. */
export function beginSteps(presentations: u32, carry: i32): i32 {
  if (!planSteps()) return 0;
  activity.clearActivity();
  begin(presentations, carry != 0);
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

/** Where the four exports below write: u32 indices or i32 potentials, H×W×C. */
export function listPointer(): usize {
  return listing;
}

/** Lists the neurons that spiked in the step just made, ascending; returns how many. */
export function listSpikes(i: u32): u32 {
  return read.listSpikes(i);
}

/** Writes membrane potentials v. */
export function listMembranes(i: u32): void {
  read.listMembranes(i);
}

/** Writes phase-weighted inputs u of the running period. */
export function listInputs(i: u32): void {
  read.listInputs(i);
}

/** Writes the potentials a bistable population had reached when it began to fire, after a run of the fixed-step engine. */
export function listReached(i: u32): void {
  read.listReached(i);
}

// ---- answers ----

/** Writes an output's values, f32, potential × unit ÷ presentations, and returns where. */
export function decode(i: u32, presentations: u32): usize {
  return outputs.decode(network.population(i), presentations);
}

/** Ranks the values last decoded: u32 indices of the `count` largest, largest first. Returns where. */
export function rank(i: u32, count: u32): usize {
  return outputs.rank(network.population(i), count);
}

// ---- activity ----

/** Counts what the last presentation's levels cause, once after a run; then the three exports below hold its counts. */
export function countActivity(): void {
  for (let i: u32 = 0; i < network.populationCount; i++) activity.countPopulation(network.population(i));
}

export function spikesOf(i: u32): f64 {
  return activity.spikesOf(i);
}

export function synapticOperations(): f64 {
  return activity.synapticOperations();
}

export function inputOperations(): f64 {
  return activity.inputOperations();
}

/** Synapses of a projection, border-exact. */
export function synapses(j: u32): f64 {
  return <f64>activity.countSynapses(network.projection(j));
}

// ---- input encoding ----

/** Number of real values that make one input. */
export function valueCount(): u32 {
  return encoding.valueCount();
}

/** Where the f64 values to encode belong; 0 where memory ends. */
export function valuePointer(): usize {
  return encoding.planEncoding() ? encoding.values : 0;
}

/** Encodes the values as samples, at samplePointer. */
export function encode(): void {
  encoding.encode();
}

// ---- comparison ----

/** Runs the samples with bistable gating, then `periods` periods without; 0 where memory ends. */
export function runUngated(periods: u32): i32 {
  if (!ungated.planUngated() || !runPeriods(1, 0)) return 0;
  ungated.runUngated(periods);
  return 1;
}

/** Counts a population's inactivated neurons, for the four exports below. */
export function countInactivated(i: u32): void {
  ungated.countInactivated(i);
}

export function inactivated(): u32 {
  return ungated.inactivated;
}

export function spikingInactivated(): u32 {
  return ungated.spikingInactivated;
}

export function inactivatedSpikes(): f64 {
  return <f64>ungated.inactivatedSpikes;
}

export function ungatedSpikes(): f64 {
  return <f64>ungated.allSpikes;
}
