/** Period by period: one integer convolution per projection, no time steps (docs/algorithm.md). */
import { finishSums, hasThresholds, isWeighted, passOn, restOf } from "../neurons/neurons";
import { BLOCK } from "../kernels/block";
import { writesLevels } from "../kernels/kernels";
import { Tile, convolve, covers, nextTile } from "../projections/convolve";
import { stage } from "../projections/stage";
import { claim, close, currentJob, finish as finishPart, lost, open } from "./crew";
import { beginOf, ofChannels, partsOf } from "./shares";
import { reserve, reserveZeroed } from "../network/arena";
import { population, populationCount } from "../network/network";
import { MOST_THREADS, OWN_BYTES, THREADS, WHOLE, ownOf, setPart, setWhole } from "../network/part";
import { Population } from "../network/population";

/** Sums of the tile being computed, int32. */
let sums: usize = 0;

/** Reserves room for them; false leaves a message. */
export function planSums(bytes: u64): bool {
  sums = reserve(bytes, 1);
  return sums != 0;
}

const tiles: usize = THREADS ? memory.data(MOST_THREADS * OWN_BYTES, OWN_BYTES) : memory.data(offsetof<Tile>());

// @ts-ignore: decorator
@inline
function tileOf(): Tile {
  return changetype<Tile>(ownOf(tiles));
}

/**
 * Runs one presentation. `first` starts the outputs' sums anew; `rests` starts hidden populations from what their kept
 * potentials left.
 */
export function present(first: bool, rests: bool): void {
  for (let i: u32 = 0; i < populationCount; i++) presentPopulation(population(i), first, rests);
}

/** The same for one population, whose sources have been run. */
export function presentPopulation(p: Population, first: bool, rests: bool): void {
  if (isWeighted(p)) {
    if (THREADS) sharePopulation(p, first, rests && hasThresholds(p));
    else computePopulation(p, first, rests && hasThresholds(p));
  } else passOn(p);
}

/** Computes a population together with the threads that help; one that is small alone. */
function sharePopulation(p: Population, first: bool, rests: bool): void {
  const parts = partsOf(p);
  if (parts < 2 || lost) {
    computePopulation(p, first, rests);
    return;
  }
  open(p.index, first, rests, parts, ofChannels(p));
  help();
  close();
}

/** Computes parts of what has been opened for as long as there are some that nobody has begun. */
export function help(): void {
  for (let part = claim(); part >= 0; part = claim()) {
    const job = currentJob();
    const p = population(job.population);
    const from = job.ofChannels ? p.channels : p.height;
    const unit: u32 = job.ofChannels ? BLOCK : 1;
    const begin = beginOf(part, job.parts, from, unit);
    const end = beginOf(part + 1, job.parts, from, unit);
    if (job.ofChannels) setPart(0, WHOLE, begin, end);
    else setPart(begin, end, 0, WHOLE);
    computePopulation(p, job.first, job.rests);
    setWhole();
    finishPart();
  }
}

function computePopulation(p: Population, first: bool, rests: bool): void {
  for (let q = p.incoming; q; q = q!.nextIncoming) if (!q.inPlace) stage(q);
  const simple = !rests && !p.biasMap && covers(p.incoming!, p);
  let last = p.incoming;
  while (last!.nextIncoming) last = last!.nextIncoming;
  // A kernel can fire where it comes last and writes all sums, and nobody wants to read them.
  const toLevels = writesLevels(last!.kernel) && p.quick && !p.potentials && covers(last!, p);
  const tile = tileOf();
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
  const tile = tileOf();
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
  const tile = tileOf();
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
