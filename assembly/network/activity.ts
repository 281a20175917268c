/** Counts spikes and synaptic operations from levels (docs/algorithm.md, *Counting*). */
import { pool } from "../projections/stage";
import { reserveZeroed } from "./arena";
import { mapHeight, mapWidth, outgoing, phaseCoded, population, populationCount } from "./network";
import { Kind, Population } from "./population";
import { Kernel, Pool, Projection } from "./projection";

/** u64 spikes per population. */
let spikes: usize = 0;
let synaptic: u64 = 0;
let input: u64 = 0;

export function planActivity(): bool {
  spikes = reserveZeroed(populationCount, 8);
  return spikes != 0;
}

/** Starts counting anew. */
export function clearActivity(): void {
  memory.fill(spikes, 0, <usize>populationCount << 3);
  synaptic = 0;
  input = 0;
}

export function synapticOperations(): f64 {
  return <f64>synaptic;
}

export function inputOperations(): f64 {
  return <f64>input;
}

export function spikesOf(i: u32): f64 {
  return <f64>load<u64>(spikes + (<usize>i << 3));
}

/** Counts what a population's levels cause in one period. */
export function countPopulation(p: Population): void {
  if (p.kind == Kind.OUTPUT) return;
  const graded = p.kind == Kind.INPUT && !phaseCoded;
  if (!graded) {
    const at = spikes + (<usize>p.index << 3);
    store<u64>(at, load<u64>(at) + ones(p.levels, p.neurons, false));
  }
  for (let k: u32 = 0; k < p.outgoing; k++) {
    const operations = count(outgoing(p, k), p, graded);
    if (graded) input += operations;
    else synaptic += operations;
  }
}

/** Operations of one projection. */
function count(p: Projection, source: Population, graded: bool): u64 {
  if (p.kernel == Kernel.RELAY) return ones(source.levels, source.neurons, graded);
  const perNeuron = p.targetCount / p.groups;
  const height = p.pool == Pool.MAX ? p.poolHeight : source.height;
  const width = p.pool == Pool.MAX ? p.poolWidth : source.width;
  let total: u64 = 0;
  for (let y: u32 = 0; y < height; y++) {
    const down = p.pool == Pool.SUM ? pooledReachH(p, y) : reachH(p, y);
    if (!down) continue;
    for (let x: u32 = 0; x < width; x++) {
      const across = p.pool == Pool.SUM ? pooledReachW(p, x) : reachW(p, x);
      if (!across) continue;
      const levels = p.pool == Pool.MAX
        ? pool(p, y, x)
        : source.levels + (<usize>y * source.width + x) * source.channels + p.sourceFirst;
      total += down * across * ones(levels, p.sourceCount, graded);
    }
  }
  return total * perNeuron;
}

/** One-bits of bytes, or (`graded`) how many bytes are not zero. */
function ones(pointer: usize, count: u32, graded: bool): u64 {
  let total: u64 = 0;
  let i: u32 = 0;
  for (; i + 16 <= count; i += 16) {
    const bytes = v128.load(pointer + i);
    const counts = graded ? i8x16.neg(i8x16.ne(bytes, i8x16.splat(0))) : i8x16.popcnt(bytes);
    const words = i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(counts));
    const halves = i32x4.add(words, v128.shuffle<i32>(words, words, 2, 3, 0, 1));
    total += <u64>(i32x4.extract_lane(halves, 0) + i32x4.extract_lane(halves, 1));
  }
  for (; i < count; i++) {
    const byte = <u32>load<u8>(pointer + i);
    total += graded ? (byte ? 1 : 0) : popcnt(byte);
  }
  return total;
}

/** How many windows, `count` of them, have a tap at a place of their axis. */
function reach(place: u32, count: u32, kernel: u32, stride: u32, dilation: u32, offset: i32): u64 {
  let total: u64 = 0;
  const from = <i64>place + offset;
  const most = <i64>(count - 1) * stride;
  // Only taps that can reach back to a window are tried.
  let k = from > most ? (from - most + dilation - 1) / dilation : 0;
  for (; k < <i64>kernel; k++) {
    const start = from - k * dilation;
    if (start < 0) break;
    if (start % stride == 0) total++;
  }
  return total;
}

function reachH(p: Projection, y: u32): u64 {
  return reach(y, p.height, p.kernelH, p.strideH, p.dilationH, p.offsetH);
}

function reachW(p: Projection, x: u32): u64 {
  return reach(x, p.width, p.kernelW, p.strideW, p.dilationW, p.offsetW);
}

/** The same through a sum pooling: a place counts for every pooling window it lies in. */
function pooledReachH(p: Projection, y: u32): u64 {
  let total: u64 = 0;
  const from = <i64>y + p.poolOffsetH;
  const most = <i64>(p.poolHeight - 1) * p.poolStrideH;
  let k = from > most ? (from - most + p.poolDilationH - 1) / p.poolDilationH : 0;
  for (; k < <i64>p.poolKernelH; k++) {
    const start = from - k * p.poolDilationH;
    if (start < 0) break;
    if (start % p.poolStrideH == 0) total += reachH(p, <u32>(start / p.poolStrideH));
  }
  return total;
}

function pooledReachW(p: Projection, x: u32): u64 {
  let total: u64 = 0;
  const from = <i64>x + p.poolOffsetW;
  const most = <i64>(p.poolWidth - 1) * p.poolStrideW;
  let k = from > most ? (from - most + p.poolDilationW - 1) / p.poolDilationW : 0;
  for (; k < <i64>p.poolKernelW; k++) {
    const start = from - k * p.poolDilationW;
    if (start < 0) break;
    if (start % p.poolStrideW == 0) total += reachW(p, <u32>(start / p.poolStrideW));
  }
  return total;
}

/** Synapses of a projection: operations if every neuron, after a max pooling, spiked once. */
export function countSynapses(p: Projection): u64 {
  const source = population(p.source);
  if (p.kernel == Kernel.RELAY) return source.neurons;
  const sum = p.pool == Pool.SUM;
  let down: u64 = 0;
  let across: u64 = 0;
  for (let y: u32 = 0, height = sum ? source.height : mapHeight(p); y < height; y++) down += sum ? pooledReachH(p, y) : reachH(p, y);
  for (let x: u32 = 0, width = sum ? source.width : mapWidth(p); x < width; x++) across += sum ? pooledReachW(p, x) : reachW(p, x);
  return down * across * p.sourceCount * (p.targetCount / p.groups);
}
