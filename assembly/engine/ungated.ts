/**
 * The network without bistable gating, for comparison: every population integrates and fires at once, in topological order
 * within a step; synchronous populations hand spikes on as they come.
 */
import { fireInput } from "../neurons/input";
import { clearInput, rest } from "../neurons/membranes";
import { absorb, spike } from "../neurons/phase";
import { deliverSpikes } from "../projections/deliver";
import { reserveZeroed } from "../network/arena";
import { phases, population, populationCount, sendsCurrent } from "../network/network";
import { Population } from "../network/population";
import { hasThresholds, isOutput, isRelay } from "../neurons/neurons";
import { Kernel } from "../network/projection";
import { clearTournaments, pad, planSteps, sendCurrent, spiking } from "./step";

let planned: bool = false;

/** Reserves, once, what a comparison run needs; false leaves a message. */
export function planUngated(): bool {
  if (planned) return true;
  if (!planSteps()) return false;
  for (let i: u32 = 0; i < populationCount; i++) {
    const p = population(i);
    if (isOutput(p)) continue;
    p.digits = reserveZeroed(p.neurons, 1);
    p.spikeCounts = reserveZeroed(p.neurons, 4);
    if (!p.digits || !p.spikeCounts) return false;
  }
  planned = true;
  return true;
}

/** Runs the samples for a number of periods; afterwards spikeCounts holds the spikes of every neuron. */
export function runUngated(periods: u32): void {
  for (let i: u32 = 0; i < populationCount; i++) {
    const p = population(i);
    if (!isOutput(p)) memory.fill(p.spikeCounts, 0, (<usize>p.neurons) << 2);
    if (!i) continue;
    rest(p);
    clearInput(p);
  }
  fireInput(population(0));
  for (let period: u32 = 0; period < periods; period++) {
    for (let i: u32 = 0; i < populationCount; i++) {
      const p = population(i);
      if (isOutput(p)) continue;
      memory.fill(p.digits, 0, p.neurons);
      clearTournaments(p);
    }
    for (let phase: u32 = 0; phase < phases; phase++) {
      for (let i: u32 = 0; i < populationCount; i++) step(population(i), phase);
    }
  }
}

function step(p: Population, phase: u32): void {
  const shift = <i32>(phases - 1 - phase);
  if (sendsCurrent(p.index)) {
    if (shift == 0) sendCurrent(p);
    return;
  }
  if (p.index == 0) pad(p, shift);
  else if (!isRelay(p)) absorb(p, phase == 0);
  if (isOutput(p)) return;
  for (let y: u32 = 0, position: usize = 0; y < p.height; y++) {
    for (let x: u32 = 0; x < p.width; x++, position++) {
      const count = gather(p, position, shift);
      if (!count) continue;
      for (let q = p.outgoing; q; q = q!.nextOutgoing) {
        if (q.kernel != Kernel.RELAY) deliverSpikes(q, y, x, spiking, count, p.digits, shift);
      }
    }
  }
}

/** Lists the channels of a position that spike at this phase, and counts their spikes. */
function gather(p: Population, position: usize, shift: i32): u32 {
  let count: u32 = 0;
  for (let c: u32 = 0; c < p.channels; c++) {
    const neuron = position * p.channels + c;
    if (!spikes(p, position, neuron, c, shift)) continue;
    store<u8>(p.digits + neuron, (<u32>load<u8>(p.digits + neuron)) | ((<u32>1) << shift));
    const at = p.spikeCounts + (neuron << 2);
    store<u32>(at, load<u32>(at) + 1);
    store<u32>(spiking + (usize(count++) << 2), c);
  }
  return count;
}

function spikes(p: Population, position: usize, neuron: usize, c: u32, shift: i32): bool {
  if (hasThresholds(p)) return spike(p, position, c, shift);
  // The input's digits are its level's; a synchronous neuron spikes when its source does.
  const digits = p.incoming ? population(p.incoming!.source).digits : p.levels;
  return (((<u32>load<u8>(digits + neuron)) >> shift) & 1) != 0;
}

/** f64: inactivated neurons, how many of them spiked, their spikes, and the spikes of all. */
const counts: usize = memory.data(32, 8);

function add(place: usize, more: u32): void {
  store<f64>(counts + (place << 3), load<f64>(counts + (place << 3)) + <f64>more);
}

/** Counts the neurons whose level in the gated run was 0, and their spikes in the run without gating. */
export function countInactivated(i: u32): usize {
  const p = population(i);
  memory.fill(counts, 0, 32);
  for (let n: u32 = 0; n < p.neurons; n++) {
    const spikes = load<u32>(p.spikeCounts + ((<usize>n) << 2));
    add(3, spikes);
    if (load<u8>(p.levels + n)) continue;
    add(0, 1);
    if (spikes) add(1, 1);
    add(2, spikes);
  }
  return counts;
}
