/** Period by period: one integer convolution per projection, no time steps (docs/algorithm.md). */
import { fireLevels, restOf } from "../neurons/bistable";
import { integrateOutput } from "../neurons/output";
import { fireInput } from "../neurons/input";
import { Tile, convolve, covers, nextTile } from "../projections/convolve";
import { stage } from "../projections/stage";
import { reserveZeroed } from "../network/arena";
import { phases, population, populationCount, samples } from "../network/network";
import { sums } from "./plan";
import { Kind, Population } from "../network/population";
import { Kernel } from "../network/projection";

const tile = changetype<Tile>(memory.data(offsetof<Tile>()));

/**
 * Runs one presentation. `first` starts the outputs' sums anew; `rests` starts hidden populations from what their kept
 * potentials left.
 */
export function present(first: bool, rests: bool): void {
  for (let i: u32 = 0; i < populationCount; i++) presentPopulation(population(i), first, rests);
}

/** The same for one population, whose sources have been run. */
export function presentPopulation(p: Population, first: bool, rests: bool): void {
  if (p.kind == Kind.INPUT) fireInput();
  else if (p.kind != Kind.SYNCHRONOUS) computePopulation(p, first, rests && p.kind == Kind.BISTABLE);
  else if (!p.relay) relaySamples(p);
}

/** Synchronous neurons cannot fire more than the highest level. */
function relaySamples(p: Population): void {
  const most = <u8>((<u32>1 << phases) - 1);
  for (let i: u32 = 0; i < p.neurons; i++) store<u8>(p.levels + i, min(load<u8>(samples + i), most));
}

function computePopulation(p: Population, first: bool, rests: bool): void {
  for (let q = p.incoming; q; q = q!.nextIncoming) if (!q.inPlace) stage(q);
  const simple = !rests && !p.biasMap && covers(p.incoming!, p);
  let last = p.incoming;
  while (last!.nextIncoming) last = last!.nextIncoming;
  // A kernel can fire where it comes last and writes all sums, and nobody wants to read them.
  const toLevels = last!.kernel <= Kernel.QUAD && p.quick && !p.potentials && covers(last!, p);
  tile.bottom = 0;
  while (nextTile(tile, p)) {
    tile.sums = sums;
    tile.rowBytes = (tile.right - tile.left) * tile.positionBytes;
    if (!simple) start(p, rests);
    let base = simple ? p.base : 0;
    for (let q = p.incoming; q; q = q!.nextIncoming, base = 0) convolve(q, tile, base, toLevels && !q.nextIncoming);
    if (!toLevels) finish(p, first, rests);
  }
}

/** Sets a tile's sums to bias plus initial potential. */
function start(p: Population, rests: bool): void {
  let to = tile.sums;
  for (let y = tile.top; y < tile.bottom; y++) {
    for (let x = tile.left; x < tile.right; x++, to += tile.positionBytes) {
      memory.copy(to, p.base, tile.positionBytes);
      if (!p.biasMap && !rests) continue;
      const neuron = (<usize>y * p.width + x) * p.channels;
      for (let c: u32 = 0; c < p.channels; c++) {
        const at = to + (<usize>c << 2);
        let sum = load<i32>(at);
        if (p.biasMap) sum += load<i32>(p.bias + ((neuron + c) << 2));
        if (rests) {
          sum += restOf(p, load<i32>(p.potentials + ((neuron + c) << 2)), c) - load<i32>(p.initial + (<usize>c << 2));
        }
        store<i32>(at, sum);
      }
    }
  }
}

/** Turns a tile's sums into levels, or into an output's potentials. */
function finish(p: Population, first: bool, rests: bool): void {
  let from = tile.sums;
  const positions = tile.right - tile.left;
  for (let y = tile.top; y < tile.bottom; y++, from += tile.rowBytes) {
    const neuron = (<usize>y * p.width + tile.left) * p.channels;
    if (p.kind == Kind.OUTPUT) {
      integrateOutput(p, from, neuron, positions, first);
      continue;
    }
    if (p.potentials) keep(p, from, neuron, positions);
    fireLevels(p, from, p.levels + neuron, positions, rests);
  }
}

let keeping: bool = false;

/** Reserves, once, room for the potentials of hidden populations; false leaves a message. */
export function planPotentials(): bool {
  if (keeping) return true;
  for (let i: u32 = 1; i < populationCount; i++) {
    const p = population(i);
    if (p.kind != Kind.BISTABLE) continue;
    p.potentials = reserveZeroed(p.neurons, 4);
    if (!p.potentials) return false;
  }
  keeping = true;
  return true;
}

/** Keeps hidden potentials for reading. */
function keep(p: Population, from: usize, neuron: usize, positions: u32): void {
  let to = p.potentials + (neuron << 2);
  for (let x: u32 = 0; x < positions; x++, from += tile.positionBytes, to += <usize>p.channels << 2) {
    memory.copy(to, from, <usize>p.channels << 2);
  }
}
