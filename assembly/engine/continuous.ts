/**
 * Comparison neurons (docs/comparison.md): one input is presented all the time, every population integrates and fires at every step, in
 * topological order within it, and synchronous populations hand on what comes as it comes.
 */
import {
  Model,
  accumulate,
  answer,
  begin,
  hears,
  integrateAndFire,
  mayFire,
  planComparison,
  setThresholds,
  setWorth,
} from "../neurons/comparison";
import { fireInput } from "../neurons/input";
import { deliverSpikes } from "../projections/deliver";
import { planWide, widen } from "../projections/wide";
import {
  phaseCoded,
  phases,
  population,
  populationCount,
  projection,
  projectionCount,
  sendsCurrent,
} from "../network/network";
import { Population } from "../network/population";
import { Kernel, Pool, Projection } from "../network/projection";
import { isOutput, isRelay, originOf } from "../neurons/neurons";
import { add, clearActivity } from "./activity";
import { sendSamples } from "./early";
import { countCurrent } from "./early-counts";
import { countOperations, planSpikeCounts, pooledOperations, windowsOf } from "./operations";
import { listing } from "./read";
import { clearTournaments, pad, planSteps, spiking } from "./step";

let model: u32 = 0;
/** Steps made, and the one that comes next, counted from the start of period 0. */
let made: u32 = 0;
let time: u32 = 0;
/** How often the input was sent as current. */
let sent: u32 = 0;
let planned: bool = false;
let widePlanned: bool = false;

/** Reserves, once, what comparisons need; false leaves a message. */
export function planContinuous(): bool {
  if (planned) return true;
  if (!planSteps() || !planSpikeCounts()) return false;
  for (let i: u32 = 0; i < populationCount; i++) {
    const p = population(i);
    if (!planComparison(p)) return false;
  }
  planned = true;
  return true;
}

/** Sets what a spike of a neuron with thresholds is worth where it is rate coded, in levels, 1…65535. */
export function setLevels(i: u32, channel: u32, levels: i32): void {
  setWorth(population(i), channel, levels);
}

/** Begins a run of the samples; `half` is whether rate-coded potentials begin at half a threshold. False leaves a message. */
export function beginContinuous(which: u32, half: bool): bool {
  model = which;
  if (which == Model.RATE) {
    if (!widePlanned && !planWide()) return false;
    widePlanned = true;
    if (!widen()) return false;
  }
  made = 0;
  sent = 0;
  // Alternating neurons wait for current, which takes one step.
  time = which == Model.ALTERNATING && !phaseCoded ? phases - 1 : 0;
  for (let i: u32 = 0; i < populationCount; i++) {
    const p = population(i);
    if (i) begin(which, p, half);
    if (isOutput(p)) continue;
    memory.fill(p.digits, 0, p.neurons);
    memory.fill(p.spikeCounts, 0, (<usize>p.neurons) << 2);
    clearTournaments(p);
  }
  for (let j: u32 = 0; j < projectionCount; j++) {
    const q = projection(j);
    if (q.pool == Pool.MAX) memory.fill(q.poolSpikes, 0, (<usize>windowsOf(q)) << 2);
  }
  fireInput(population(0));
  return true;
}

/** Advances one time step. */
export function advanceContinuous(): void {
  const period = time / phases;
  const phase = time % phases;
  const shift = phases - 1 - phase;
  const begins = phase == 0 || made == 0;
  if (model == Model.RATE || (begins && made)) clearDigits();
  if (sendsGraded()) {
    const now = model == Model.RATE || (model == Model.PHASE ? phase == 0 : shift == 0);
    if (now && mayFire(model, population(0), period)) {
      sendSamples(population(0));
      sent++;
    }
  } else if (mayFire(model, population(0), period)) {
    pad(population(0), shift);
    fire(population(0), 0, shift, true);
  }
  for (let i: u32 = 1; i < populationCount; i++) {
    const p = population(i);
    if (isRelay(p)) {
      if (!gradedOrigin(p)) relay(p, shift);
      continue;
    }
    const biased = model == Model.RATE || (begins && hears(model, p, period));
    if (isOutput(p)) accumulate(p, biased);
    else fire(p, biased ? p.bias : 0, shift, mayFire(model, p, period));
  }
  time++;
  made++;
}

/** Whether the input is sent as graded current: rate coding sends levels too. */
function sendsGraded(): bool {
  return sendsCurrent(0) || model == Model.RATE;
}

/** Whether a synchronous population hands on the input, and that has been sent past it. */
function gradedOrigin(p: Population): bool {
  return originOf(p).index == 0 && sendsGraded();
}

/** What was sent in a period, or step, is done with. */
function clearDigits(): void {
  for (let i: u32 = 0; i < populationCount; i++) {
    const p = population(i);
    if (isOutput(p)) continue;
    memory.fill(p.digits, 0, p.neurons);
    if (model == Model.RATE) continue;
    for (let q = p.outgoing; q; q = q!.nextOutgoing) if (q.pool == Pool.MAX) countWindows(q, 1);
    clearTournaments(p);
  }
}

/** Adds the spikes of a tournament to those of its windows, or takes them off. */
function countWindows(q: Projection, sign: i32): void {
  const windows = <u32>windowsOf(q);
  for (let k: u32 = 0; k < windows; k++) {
    const at = q.poolSpikes + ((<usize>k) << 2);
    store<u32>(at, <i32>load<u32>(at) + sign * <i32>popcnt(<u32>load<u8>(q.tournament + k)));
  }
}

/** Integrates a population, and where it may fires it; the input only fires, its level's digits. */
function fire(p: Population, bias: usize, shift: u32, may: bool): void {
  if (may && p.index) setThresholds(model, p, shift);
  let position: usize = 0;
  for (let y: u32 = 0; y < p.height; y++) {
    for (let x: u32 = 0; x < p.width; x++, position++) {
      const count = p.index
        ? integrateAndFire(p, position, bias, may ? spiking : 0)
        : listDigits(p.levels, p, position, shift);
      if (bias && p.biasMap) bias += (<usize>p.channels) << 2;
      if (count) send(p, y, x, position, shift, count);
    }
  }
}

/** Hands on the spikes of a step, past the synchronous population. */
function relay(p: Population, shift: u32): void {
  const digits = population(p.incoming!.source).digits;
  let position: usize = 0;
  for (let y: u32 = 0; y < p.height; y++) {
    for (let x: u32 = 0; x < p.width; x++, position++) {
      const count = listDigits(digits, p, position, model == Model.RATE ? 0 : shift);
      if (count) send(p, y, x, position, shift, count);
    }
  }
}

/** Lists the channels of a position that have a digit. */
function listDigits(digits: usize, p: Population, position: usize, shift: u32): u32 {
  let to = spiking;
  digits += position * p.channels;
  for (let c: u32 = 0; c < p.channels; c++) {
    if (!(((<u32>load<u8>(digits + c)) >> shift) & 1)) continue;
    store<u32>(to, c);
    to += 4;
  }
  return (<u32>(to - spiking)) >> 2;
}

/** Takes note of the spikes listed, and delivers them. */
function send(p: Population, y: u32, x: u32, position: usize, shift: u32, count: u32): void {
  const first = position * p.channels;
  const digit: u32 = model == Model.RATE ? 1 : 1 << shift;
  for (let i: u32 = 0; i < count; i++) {
    const neuron = first + load<u32>(spiking + ((<usize>i) << 2));
    store<u8>(p.digits + neuron, (<u32>load<u8>(p.digits + neuron)) | digit);
    const spikes = p.spikeCounts + (neuron << 2);
    store<u32>(spikes, load<u32>(spikes) + 1);
  }
  for (let q = p.outgoing; q; q = q!.nextOutgoing) {
    if (q.kernel == Kernel.RELAY) continue;
    if (model == Model.RATE) deliverSpikes<i32>(q, y, x, spiking, count, p.spikeCounts, 0);
    else deliverSpikes<u32>(q, y, x, spiking, count, p.digits, <i32>shift);
  }
}

// ---- what became of it ----

/** Presentations of which an output has heard. */
function presentedTo(i: u32): u32 {
  if (model == Model.RATE) return made;
  if (model == Model.PHASE) return (made + phases - 1) / phases;
  const period = (max(time, 1) - 1) / phases;
  const first = population(i).depth - 1;
  return period < first ? 0 : ((period - first) >> 1) + 1;
}

/** Lists the flat indices (u32, ascending) of the neurons that spiked in the step just made; returns their number. */
export function listContinuousSpikes(i: u32): u32 {
  const p = population(i);
  if (isOutput(p) || isRelay(p) || !made) return 0;
  const shift = model == Model.RATE ? 0 : phases - 1 - ((time - 1) % phases);
  let to = listing;
  for (let n: u32 = 0; n < p.neurons; n++) {
    if (!(((<u32>load<u8>(p.digits + n)) >> shift) & 1)) continue;
    store<u32>(to, n);
    to += 4;
  }
  return (<u32>(to - listing)) >> 2;
}

/** Makes the outputs' potentials the means of what has come so far. */
export function answerContinuous(): void {
  for (let i: u32 = 0; i < populationCount; i++) {
    const p = population(i);
    if (isOutput(p)) answer(p, max(1, presentedTo(i)));
  }
}

/** Counts spikes and operations so far, for `activity`. */
export function countContinuous(): void {
  clearActivity();
  for (let i: u32 = 0; i < populationCount; i++) {
    const p = population(i);
    if (isOutput(p) || isRelay(p)) continue;
    if (i == 0 && sendsGraded()) {
      countCurrent(p, sent);
      continue;
    }
    let spikes: u64 = 0;
    for (let n: u32 = 0; n < p.neurons; n++) spikes += load<u32>(p.spikeCounts + ((<usize>n) << 2));
    add(i + 2, spikes);
    countOperations(p, p);
  }
  for (let j: u32 = 0; j < projectionCount; j++) {
    const q = projection(j);
    if (q.pool != Pool.MAX) continue;
    // Those of this period are not among them yet.
    if (model != Model.RATE) countWindows(q, 1);
    add(0, pooledOperations(q));
    if (model != Model.RATE) countWindows(q, -1);
  }
}

/** Where the spikes of each neuron of a population in the last run lie, u32 H×W×C; of the gated network, unless it is `counted`. */
export function spikesOf(i: u32, counted: bool): usize {
  const p = population(i);
  for (let n: u32 = 0; n < p.neurons && !counted; n++) {
    store<u32>(p.spikeCounts + ((<usize>n) << 2), popcnt(<u32>load<u8>(p.levels + n)));
  }
  return p.spikeCounts;
}

/** f64: inactivated neurons, how many of them spiked, their spikes, and the spikes of all. */
const counts: usize = memory.data(32, 8);

function count(place: usize, more: u32): void {
  store<f64>(counts + (place << 3), load<f64>(counts + (place << 3)) + <f64>more);
}

/** Counts the neurons whose level in the gated run was 0, and their spikes. */
export function countInactivated(i: u32): usize {
  const p = population(i);
  memory.fill(counts, 0, 32);
  for (let n: u32 = 0; n < p.neurons; n++) {
    const spikes = load<u32>(p.spikeCounts + ((<usize>n) << 2));
    count(3, spikes);
    if (load<u8>(p.levels + n)) continue;
    count(0, 1);
    if (spikes) count(1, 1);
    count(2, spikes);
  }
  return counts;
}
