/** The fixed-step engine: all populations advance one time step; work is done only where a spike is. */
import { fireInput } from "../neurons/input";
import { carryOver, clearInput, firedDownTo, rest } from "../neurons/membranes";
import { fireMembranes, integrateMembranes, isOutput } from "../neurons/neurons";
import { receiveCurrent } from "../neurons/synchronous";
import { Tile, convolve, nextTile } from "../projections/convolve";
import { deliver, deliverSpikes, planWinners } from "../projections/deliver";
import { planRows } from "../projections/rows";
import { stage } from "../projections/stage";
import { countPopulation } from "./activity";
import { reserve, reserveZeroed } from "../network/arena";
import {
  deepest,
  padding,
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

const POSITION_BYTES: usize = 12;

/** The time step that comes next, counted from the start of period 0; and the one at which the run is over. */
export let time: u32 = 0;
let duration: u32 = 0;
let presentationCount: u32 = 0;
/** Presentations follow each other by 2^gap periods. */
let gap: u32 = 0;
let carrying: bool = false;

/** Spiking channels of a position. */
export let spiking: usize = 0;
let planned: bool = false;

/** Reserves, once, everything that stepping needs; false leaves a message. */
export function planSteps(): bool {
  if (planned) return true;
  let channels: u64 = 0;
  for (let i: u32 = 0; i < populationCount; i++) {
    const p = population(i);
    const area = <u64>p.height * p.width;
    channels = max(channels, p.channels);
    if (i) {
      p.membrane = reserveZeroed(area * p.pitch, 4);
      p.current = reserveZeroed(area * p.pitch, 4);
      if (!p.membrane || !p.current) return false;
    }
    if (isOutput(p)) continue;
    p.positions = reserve(area, POSITION_BYTES);
    p.groups = reserve(area * ((p.channels + GROUP - 1) / GROUP), 4);
    if (!p.positions || !p.groups) return false;
    if (!p.relay) continue;
    p.relayed = reserveZeroed(p.neurons, 1);
    if (!p.relayed) return false;
  }
  for (let j: u32 = 0; j < projectionCount; j++) {
    const q = projection(j);
    if (!planRows(q)) return false;
    if (q.pool != Pool.MAX) continue;
    q.tournament = reserve(<u64>q.poolHeight * q.poolWidth * q.sourceCount, 1);
    if (!q.tournament) return false;
  }
  spiking = reserve(channels, 4);
  planned = spiking != 0 && planWinners(channels);
  return planned;
}

/** Levels of synchronous populations are their own while stepping, their source's in period mode. */
export function ownLevels(own: bool): void {
  for (let i: u32 = 1; i < populationCount; i++) {
    const p = population(i);
    if (p.relay) p.levels = own ? p.relayed : p.relay;
  }
}

/** When the input is presented: graded current comes in the last step of period 0, and nothing happens before. */
function start(): u32 {
  return phaseCoded ? 0 : phases - 1;
}

/** Time steps from the first presentation to the answer of the last of so many, with 1 or 2 registers per neuron. */
export function stepsTo(presentations: u32, registers: u32): u32 {
  return (deepest + 1 + ((presentations - 1) << (2 - registers))) * phases - start();
}

/** Begins a run: everything at rest and silent. */
export function begin(presentations: u32, carry: bool, registers: u32): void {
  ownLevels(true);
  time = start();
  duration = time + stepsTo(presentations, registers);
  presentationCount = presentations;
  gap = 2 - registers;
  carrying = carry;
  for (let i: u32 = 0; i < populationCount; i++) {
    const p = population(i);
    p.positionCount = 0;
    p.fired = 0;
    if (!isOutput(p) && !sendsCurrent(i)) memory.fill(p.levels, 0, p.neurons);
    if (!i) continue;
    rest(p);
    if (isOutput(p)) memory.fill(p.potentials, 0, (<usize>p.neurons) << 2);
  }
  fireInput(population(0));
}

/** Advances one time step; false where the run is over. */
export function advance(): bool {
  if (time == duration) return false;
  const period = time / phases;
  const phase = time % phases;
  const shift = <i32>(phases - 1 - phase);
  if (phase == 0 || time == start()) {
    for (let i: u32 = 0; i < populationCount; i++) beginPeriod(population(i), period);
  }
  for (let i: u32 = 0; i < populationCount; i++) {
    const p = population(i);
    if (fires(p, period)) fire(p, shift);
  }
  if (shift == 0) {
    for (let i: u32 = 1; i < populationCount; i++) {
      const p = population(i);
      if (!integrates(p, period)) continue;
      if (fires(p, period)) restart(p, period);
      integrateMembranes(p);
    }
  }
  time++;
  return true;
}

/** Whether a presentation comes up with this delay. */
function presented(delay: i32): bool {
  return delay >= 0 && (delay & gap) == 0 && (<u32>delay) >> gap < presentationCount;
}

/** Whether a population fires in a period. */
export function fires(p: Population, period: u32): bool {
  return !isOutput(p) && presented(period - p.depth);
}

/** Whether a population accumulates input in a period. */
export function integrates(p: Population, period: u32): bool {
  return p.index != 0 && presented(period - p.depth + 1);
}

function beginPeriod(p: Population, period: u32): void {
  if (integrates(p, period)) clearInput(p);
  if (fires(p, period)) {
    beginFiring(p);
    // The last presentation's levels stay: they are counted when somebody asks.
    if (period != p.depth + ((presentationCount - 1) << gap)) countPopulation(p);
  } else if (integrates(p, period)) restart(p, period);
}

/** Sets v to what the next presentation starts from: before its input comes or, with a second register, when it has come. */
function restart(p: Population, period: u32): void {
  if (carrying && !isOutput(p) && period >= p.depth) carryOver(p);
  else rest(p);
  p.fired = 0;
}

function beginFiring(p: Population): void {
  fireMembranes(p);
  if (!sendsCurrent(p.index)) listActive(p);
  clearTournaments(p);
}

/** All inputs of all windows are alive again. */
export function clearTournaments(source: Population): void {
  for (let q = source.outgoing; q; q = q!.nextOutgoing) {
    if (q.pool == Pool.MAX) memory.fill(q.tournament, 0, <usize>(q.poolHeight * q.poolWidth * q.sourceCount));
  }
}

/** Channels that are looked at together. */
const GROUP: u32 = 16;

/** Lists where neurons are going to spike in this period: positions, and the groups of 16 channels that hold such a neuron. */
function listActive(p: Population): void {
  let position = p.positions;
  let group = p.groups;
  let level = p.levels;
  for (let y: u32 = 0; y < p.height; y++) {
    for (let x: u32 = 0; x < p.width; x++, level += p.channels) {
      const first = group;
      for (let c: u32 = 0; c < p.channels; c += GROUP) {
        if (!v128.any_true(v128.load(level + c))) continue;
        store<u32>(group, c);
        group += 4;
      }
      if (group == first) continue;
      store<u32>(position, y);
      store<u32>(position, x, 4);
      store<usize>(position, group, 8);
      position += POSITION_BYTES;
    }
  }
  p.positionCount = <u32>((position - p.positions) / POSITION_BYTES);
}

function fire(p: Population, shift: i32): void {
  if (sendsCurrent(p.index)) {
    if (shift == 0) sendCurrent(p);
  } else {
    if (p.index == 0) pad(p, shift);
    let group = p.groups;
    for (let i: u32 = 0, position = p.positions; i < p.positionCount; i++, position += POSITION_BYTES) {
      const y = load<u32>(position);
      const x = load<u32>(position, 4);
      const end = load<usize>(position, 8);
      const count = gather(p, p.levels + (<usize>y * p.width + x) * p.channels, group, end, shift);
      group = end;
      if (!count) continue;
      for (let q = p.outgoing; q; q = q!.nextOutgoing) deliverSpikes<u32>(q, y, x, spiking, count, p.levels, shift);
    }
  }
  p.fired = firedDownTo(shift);
}

/** Lists the channels of a position that spike at this phase: those whose level has the digit. */
function gather(p: Population, levels: usize, group: usize, end: usize, shift: i32): u32 {
  let to = spiking;
  for (; group < end; group += 4) {
    const first = load<u32>(group);
    let digits = i8x16.bitmask(i8x16.shl(v128.load(levels + first), 7 - shift));
    // A last group passes the position's end, where the next one begins.
    const left = p.channels - first;
    if (left < GROUP) digits &= (1 << left) - 1;
    for (; digits; digits &= digits - 1, to += 4) store<u32>(to, first + ctz(digits));
  }
  return (<u32>(to - spiking)) >> 2;
}

const tile = changetype<Tile>(memory.data(offsetof<Tile>()));

/** Graded current is dense, not events: it enters through the period kernel, which knows the zero point outside. */
export function sendCurrent(input: Population): void {
  for (let q = input.outgoing; q; q = q!.nextOutgoing) {
    const target = population(q.target);
    if (q.kernel == Kernel.RELAY) {
      receiveCurrent(target, input);
      continue;
    }
    if (!q.inPlace) stage(q);
    tile.bottom = 0;
    while (nextTile(tile, target)) {
      tile.rowBytes = target.width * tile.positionBytes;
      tile.sums = target.current + <usize>tile.top * tile.rowBytes + <usize>tile.left * tile.positionBytes;
      convolve(q, tile, 0, false);
    }
  }
}

/** Outside a phase-coded image every position spikes the zero point. */
export function pad(input: Population, shift: i32): void {
  for (let q = input.outgoing; q; q = q!.nextOutgoing) {
    let count: u32 = 0;
    if (q.kernel == Kernel.RELAY) continue;
    for (let c = q.sourceFirst; c < q.sourceFirst + q.sourceCount; c++) {
      if (((<u32>load<u8>(padding + c)) >> shift) & 1) store<u32>(spiking + (usize(count++) << 2), c);
    }
    if (count) padProjection(q, input, count, shift);
  }
}

function padProjection(q: Projection, input: Population, count: u32, shift: i32): void {
  // Below 2^31: a padded map of that size is refused on load.
  const bottom = <i32>((q.height - 1) * q.strideH + (q.kernelH - 1) * q.dilationH) - q.offsetH;
  const right = <i32>((q.width - 1) * q.strideW + (q.kernelW - 1) * q.dilationW) - q.offsetW;
  for (let y = -q.offsetH; y <= bottom; y++) {
    const inside = <u32>y < input.height;
    for (let x = -q.offsetW; x <= right; x++) {
      if (inside && <u32>x < input.width) x = input.width;
      if (x <= right) deliver<u32>(q, y, x, spiking, count, shift);
    }
  }
}
