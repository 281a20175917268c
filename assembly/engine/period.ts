/** Period by period: one integer convolution per projection, no time steps (docs/algorithm.md). */
import { finishSums, hasThresholds, isWeighted, passOn, restOf } from "../neurons/neurons";
import { writesLevels } from "../kernels/kernels";
import { Tile, convolve, covers, nextTile } from "../projections/convolve";
import { stage } from "../projections/stage";
import { reserve, reserveZeroed } from "../network/arena";
import { population, populationCount } from "../network/network";
import { Population } from "../network/population";

/** Sums of the tile being computed, int32. */
let sums: usize = 0;

/** Reserves room for them; false leaves a message. */
export function planSums(bytes: u64): bool {
  sums = reserve(bytes, 1);
  return sums != 0;
}

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
  if (isWeighted(p)) computePopulation(p, first, rests && hasThresholds(p));
  else passOn(p);
}

function computePopulation(p: Population, first: bool, rests: bool): void {
  for (let q = p.incoming; q; q = q!.nextIncoming) if (!q.inPlace) stage(q);
  const simple = !rests && !p.biasMap && covers(p.incoming!, p);
  let last = p.incoming;
  while (last!.nextIncoming) last = last!.nextIncoming;
  // A kernel can fire where it comes last and writes all sums, and nobody wants to read them.
  const toLevels = writesLevels(last!.kernel) && p.quick && !p.potentials && covers(last!, p);
  tile.bottom = 0;
  while (nextTile(tile, p)) {
    tile.sums = sums;
    tile.rowBytes = (tile.right - tile.left) * tile.positionBytes;
    if (!simple) start(p, rests);
    let base = simple ? p.base : 0;
    for (let q = p.incoming; q; q = q!.nextIncoming, base = 0) convolve(q, tile, base, toLevels && !q.nextIncoming);
    if (!toLevels) finish(p, first);
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
        const at = to + ((<usize>c) << 2);
        let sum = load<i32>(at);
        if (p.biasMap) sum += load<i32>(p.bias + ((neuron + c) << 2));
        if (rests) {
          sum += restOf(p, load<i32>(p.potentials + ((neuron + c) << 2)), c) - load<i32>(p.initial + ((<usize>c) << 2));
        }
        store<i32>(at, sum);
      }
    }
  }
}

/** Finishes a tile row by row. */
function finish(p: Population, first: bool): void {
  let from = tile.sums;
  for (let y = tile.top; y < tile.bottom; y++, from += tile.rowBytes) {
    finishSums(p, from, (<usize>y * p.width + tile.left) * p.channels, tile.right - tile.left, first);
  }
}

let keeping: bool = false;

/** Reserves, once, room for the potentials of hidden populations; false leaves a message. */
export function planPotentials(): bool {
  if (keeping) return true;
  for (let i: u32 = 1; i < populationCount; i++) {
    const p = population(i);
    if (!hasThresholds(p)) continue;
    p.potentials = reserveZeroed(p.neurons, 4);
    if (!p.potentials) return false;
  }
  keeping = true;
  return true;
}
