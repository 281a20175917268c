/**
 * The engine of early firing (docs/early.md): time step by time step, event-driven. What is fired in a step arrives at its end, so
 * that populations fire from the last one on.
 */
import { reserve, reserveZeroed } from "../network/arena";
import {
  phaseCoded,
  phases,
  population,
  populationCount,
  projection,
  projectionCount,
  sendsCurrent,
} from "../network/network";
import { firstOf, pair, secondOf } from "../network/pair";
import { Population } from "../network/population";
import { Kernel, Pool, Projection } from "../network/projection";
import {
  clearEmitted,
  fireEarly,
  planEmitted,
  planThresholds,
  recordPositive,
  setThresholds,
  startPotentials,
} from "../neurons/early";
import { fireInput } from "../neurons/input";
import { isOutput, isRelay } from "../neurons/neurons";
import { addToOutput } from "../neurons/output";
import { relaySamples } from "../neurons/synchronous";
import { deliver, deliverSigned, planSelected } from "../projections/deliver";
import { follow } from "../projections/follow";
import { planEarlyCounts } from "./early-counts";
import { planSpikeCounts, windowsOf } from "./operations";
import { answered, firing, interval, planSchedule, schedule, shareOf, shiftAt } from "./schedule";
import { pad, planSteps, sendCurrent, spiking } from "./step";

/** The time step that comes next. */
export let time: u32 = 0;
let presentationCount: u32 = 0;
let registerCount: u32 = 0;
/** Registers that are there. */
let reserved: u32 = 0;
let planned: bool = false;
/** Channels of negative spikes, beside those of positive ones in `spiking`. */
let beside: usize = 0;

/** Reserves, once, what early firing needs, and registers as they are asked for; false leaves a message. */
export function planEarly(registers: u32): bool {
  if (!planned && !planOnce()) return false;
  if (registers <= reserved) return true;
  for (let i: u32 = 1; i < populationCount; i++) {
    const p = population(i);
    if (isRelay(p)) continue;
    p.registers = reserve(<u64>p.height * p.width * p.pitch * registers, 4);
    if (!p.registers) return false;
  }
  reserved = registers;
  return true;
}

function planOnce(): bool {
  let pitch: u64 = 0;
  for (let i: u32 = 0; i < populationCount; i++) {
    const p = population(i);
    pitch = max(pitch, p.pitch);
    if (!isRelay(p) && !isOutput(p) && !sendsCurrent(i) && !planEmitted(p)) return false;
  }
  for (let j: u32 = 0; j < projectionCount; j++) {
    const q = projection(j);
    if (q.pool != Pool.MAX) continue;
    q.poolEmitted = reserveZeroed(windowsOf(q), 1);
    if (!q.poolEmitted) return false;
  }
  beside = reserve(pitch, 4);
  planned =
    beside != 0 &&
    planSteps() &&
    planSchedule() &&
    planThresholds(pitch) &&
    planSelected(pitch) &&
    planSpikeCounts() &&
    planEarlyCounts();
  return planned;
}

/** Begins a run of the samples: everything at rest and silent. `planEarly` must have reserved as many registers. */
export function beginEarly(presentations: u32, registers: u32, corrections: u32): void {
  presentationCount = presentations;
  registerCount = registers;
  time = 0;
  schedule(presentations, registers, corrections);
  for (let i: u32 = 1; i < populationCount; i++) {
    const p = population(i);
    if (isRelay(p)) continue;
    for (let n: u32 = 0; n < registers; n++) startPotentials(p, registerOf(p, n));
    if (isOutput(p)) memory.fill(p.potentials, 0, (<usize>p.neurons) << 2);
    else clearEmitted(p);
  }
  for (let j: u32 = 0; j < projectionCount; j++) {
    const q = projection(j);
    if (q.pool == Pool.MAX) memory.fill(q.poolSpikes, 0, (<usize>windowsOf(q)) << 2);
  }
  fireInput(population(0));
}

/** Where the potentials of a presentation lie. */
export function registerOf(p: Population, presentation: u32): usize {
  return p.registers + ((<usize>(presentation % registerCount) * p.height * p.width * p.pitch) << 2);
}

/** The presentation that a population fires at a step, the first before that, the last after. */
export function presentationOf(p: Population, step: u32): u32 {
  return step < p.begins ? 0 : min((step - p.begins) / interval, presentationCount - 1);
}

/** Advances one time step; false where the run is over. */
export function advanceEarly(): bool {
  if (time == answered) return false;
  for (let i = populationCount; i > 0; i--) {
    const p = population(i - 1);
    if (isRelay(p) || isOutput(p)) continue;
    firePools(p, p);
    const since = time - p.begins;
    if (time < p.begins || since / interval >= presentationCount) continue;
    if (i == 1) fireSamples(p, since);
    else if (since % interval < firing) fire(p, since / interval, since % interval);
  }
  time++;
  for (let i: u32 = 1; i < populationCount; i++) {
    const p = population(i);
    if (isOutput(p) && time >= p.begins) endOutput(p, time - p.begins);
  }
  return true;
}

/** Takes an answer of which the last part has arrived. */
function endOutput(p: Population, since: u32): void {
  const presentation = since / interval;
  if (since % interval || presentation >= presentationCount) return;
  p.current = registerOf(p, presentation);
  addToOutput(p, p.current, 0, p.height * p.width, false);
  release(p, presentation);
}

/** Makes a register ready for the presentation that uses it next. */
function release(p: Population, presentation: u32): void {
  if (presentation + registerCount < presentationCount) startPotentials(p, registerOf(p, presentation));
}

/** Aims what is sent next at the registers of a presentation, behind synchronous populations too. */
function aim(p: Population, presentation: u32): void {
  for (let q = p.outgoing; q; q = q!.nextOutgoing) {
    const target = population(q.target);
    if (isRelay(target)) aim(target, presentation);
    else target.current = registerOf(target, presentation);
  }
}

function fireSamples(p: Population, since: u32): void {
  const step = since % interval;
  if (step >= (phaseCoded ? phases : 1)) return;
  aim(p, since / interval);
  if (sendsCurrent(0)) sendSamples(p);
  else fireDigits(p, step);
}

/** Current reaches what is behind synchronous populations as these would hand it on: cut to levels. */
export function sendSamples(p: Population): void {
  sendCurrent(p);
  for (let q = p.outgoing; q; q = q!.nextOutgoing) {
    const target = population(q.target);
    if (!isRelay(target)) continue;
    relaySamples(target);
    sendSamples(target);
  }
}

/** The input's levels, digit by digit. */
function fireDigits(p: Population, step: u32): void {
  const shift = shiftAt(step);
  if (step == 0) clearEmitted(p);
  pad(p, shift);
  let level = p.levels;
  let place: usize = 0;
  for (let y: u32 = 0; y < p.height; y++) {
    for (let x: u32 = 0; x < p.width; x++, level += p.channels, place += p.pitch) {
      let count: u32 = 0;
      for (let c: u32 = 0; c < p.channels; c++) {
        if (!(((<u32>load<u8>(level + c)) >> shift) & 1)) continue;
        recordPositive(p, place + c, step, shift);
        store<u32>(spiking + (usize(count++) << 2), c);
      }
      if (count) send(p, y, x, pair(count, 0), shift);
    }
  }
}

/** Sends what is listed in `spiking` along all projections but max poolings, past synchronous populations. */
function send(p: Population, y: u32, x: u32, counts: u64, shift: u32): void {
  for (let q = p.outgoing; q; q = q!.nextOutgoing) {
    if (q.kernel == Kernel.RELAY) send(population(q.target), y, x, counts, shift);
    else if (q.pool != Pool.MAX) deliverSigned(q, y, x, spiking, counts, shift);
  }
}

/** Puts negative spikes behind positive ones. */
// @ts-ignore: decorator
@inline
function join(counts: u64): void {
  const negative = (<usize>secondOf(counts)) << 2;
  if (negative) memory.copy(spiking + ((<usize>firstOf(counts)) << 2), beside, negative);
}

function fire(p: Population, presentation: u32, step: u32): void {
  if (step == 0 && presentation) clearEmitted(p);
  const shift = shiftAt(step);
  setThresholds(p, shareOf(p.depth), shift);
  aim(p, presentation);
  let potentials = registerOf(p, presentation);
  let neuron: usize = 0;
  p.current = potentials;
  for (let y: u32 = 0; y < p.height; y++) {
    for (let x: u32 = 0; x < p.width; x++, potentials += (<usize>p.pitch) << 2, neuron += p.pitch) {
      const counts = fireEarly(p, potentials, neuron, step, spiking, beside);
      if (!counts) continue;
      join(counts);
      send(p, y, x, counts, shift);
    }
  }
  if (step + 1 == firing) release(p, presentation);
}

/** Fires the max poolings of what `source` has emitted, those past synchronous populations that follow it too. */
function firePools(source: Population, p: Population): void {
  if (sendsCurrent(source.index)) return;
  for (let q = p.outgoing; q; q = q!.nextOutgoing) {
    if (q.kernel == Kernel.RELAY) firePools(source, population(q.target));
    if (q.pool != Pool.MAX || time <= source.begins) continue;
    const since = time - source.begins - 1;
    if (since / interval >= presentationCount || since % interval >= firing) continue;
    firePool(q, source, since / interval, since % interval);
  }
}

function firePool(q: Projection, source: Population, presentation: u32, step: u32): void {
  const target = population(q.target);
  const shift = shiftAt(step);
  target.current = registerOf(target, presentation);
  if (step == 0) memory.fill(q.poolEmitted, 0, <usize>windowsOf(q));
  let emitted = q.poolEmitted;
  let spikes = q.poolSpikes;
  for (let y: u32 = 0; y < q.poolHeight; y++) {
    for (let x: u32 = 0; x < q.poolWidth; x++, emitted += q.sourceCount, spikes += q.sourceCount << 2) {
      const counts = follow(q, source, y, x, emitted, spikes, shift, spiking, beside);
      if (!counts) continue;
      join(counts);
      deliver<u64>(q, y, x, spiking, counts, shift);
    }
  }
}
