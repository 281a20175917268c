/** Counts spikes and synaptic operations from levels (docs/algorithm.md, *Counting*). */
import { pool } from "../projections/stage";
import { reserveZeroed } from "../network/arena";
import { populationCount, sendsCurrent } from "../network/network";
import { Population } from "../network/population";
import { isOutput } from "../neurons/neurons";
import { Kernel, Pool, Projection, across } from "../network/projection";

/** f64: synaptic operations, input operations, then the spikes of each population. */
export let counts: usize = 0;

/** Reserves the counts; false leaves a message. */
export function planActivity(): bool {
  counts = reserveZeroed(populationCount + 2, 8);
  return counts != 0;
}

/** Starts counting anew. */
export function clearActivity(): void {
  memory.fill(counts, 0, (<usize>(populationCount + 2)) << 3);
}

/** Adds to a count. */
export function add(place: u32, more: u64): void {
  const at = counts + ((<usize>place) << 3);
  store<f64>(at, load<f64>(at) + <f64>more);
}

/** Counts what a population's levels cause in one period. */
export function countPopulation(p: Population): void {
  if (isOutput(p)) return;
  const graded = sendsCurrent(p.index);
  if (!graded) add(p.index + 2, ones(p.levels, p.neurons, false));
  for (let q = p.outgoing; q; q = q!.nextOutgoing) add(graded ? 1 : 0, countReached(q, p, graded));
}

/** Operations of one projection. */
export function countReached(q: Projection, source: Population, graded: bool): u64 {
  if (q.kernel == Kernel.RELAY) return ones(source.levels, source.neurons, graded);
  const perNeuron = q.targetCount / q.groups;
  const height = q.pool == Pool.MAX ? q.poolHeight : source.height;
  const width = q.pool == Pool.MAX ? q.poolWidth : source.width;
  let total: u64 = 0;
  for (let y: u32 = 0; y < height; y++) {
    const down = reach(q, y, q.pool);
    if (!down) continue;
    for (let x: u32 = 0; x < width; x++) {
      const right = reach(across(q), x, q.pool);
      if (!right) continue;
      const levels =
        q.pool == Pool.MAX
          ? pool(q, y, x)
          : source.levels + (<usize>y * source.width + x) * source.channels + q.sourceFirst;
      total += down * right * ones(levels, q.sourceCount, graded);
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

/** How many of `count` windows have a tap at a place of their axis; with `sum`, how often the windows of a pooling reach on. */
function windows(q: Projection, place: i32, count: u32, kernel: u32, stride: u32, dilation: u32, sum: bool): u64 {
  let total: u64 = 0;
  const most = <i32>((count - 1) * stride);
  // Only taps that can reach back to a window are tried.
  for (let k: u32 = place > most ? (<u32>(place - most) + dilation - 1) / dilation : 0; k < kernel; k++) {
    const start = place - <i32>(k * dilation);
    if (start < 0) break;
    if (<u32>start % stride == 0) total += sum ? reach(q, <u32>start / stride, Pool.NONE) : 1;
  }
  return total;
}

/** How many of the target's rows a place reaches: through a sum pooling, for every pooling window it lies in. */
export function reach(q: Projection, place: u32, pool: u32): u64 {
  return pool == Pool.SUM
    ? windows(q, place + q.poolOffsetH, q.poolHeight, q.poolKernelH, q.poolStrideH, q.poolDilationH, true)
    : windows(q, place + q.offsetH, q.height, q.kernelH, q.strideH, q.dilationH, false);
}
