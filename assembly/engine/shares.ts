/** In which parts threads compute a population (crew.ts), planned once. */
import { BLOCK } from "../kernels/block";
import { reserve } from "../network/arena";
import { population, populationCount } from "../network/network";
import { MOST_THREADS } from "../network/part";
import { Population } from "../network/population";
import { isWeighted } from "../neurons/neurons";
import { stageBytes } from "../projections/geometry";

/** Threads that compute, to be set before the model is loaded. */
export let threads: u32 = 1;

/** Below so many multiply-accumulates a population is not shared out: others would have to be waited for. Tests share out all. */
export let leastMacs: u32 = 30000;

/** How populations are cut for tests and measurements: 0 as takes least, 1 by rows, 2 by channels. */
export let cut: u32 = 0;

/** Per population, u32: parts, and from 2^16 on whether they are of channels. */
let shares: usize = 0;
const OF_CHANNELS: u32 = 1 << 16;

/** Plans the parts of all populations; false leaves a message. */
export function planShares(): bool {
  shares = reserve(populationCount, 4);
  if (!shares) return false;
  for (let i: u32 = 0; i < populationCount; i++) {
    const p = population(i);
    store<u32>(shares + ((<usize>i) << 2), isWeighted(p) ? shareOf(p) : 1);
  }
  return true;
}

/** In how many parts a population is computed. */
export function partsOf(p: Population): u32 {
  return load<u32>(shares + ((<usize>p.index) << 2)) & (OF_CHANNELS - 1);
}

/** Whether its parts are of channels rather than of rows. */
export function ofChannels(p: Population): bool {
  return load<u32>(shares + ((<usize>p.index) << 2)) >= OF_CHANNELS;
}

/** Where part k of n of a length begins, in whole `unit`s. */
export function beginOf(k: u32, n: u32, length: u32, unit: u32): u32 {
  return ((((length + unit - 1) / unit) * k) / n) * unit;
}

/** The largest of n parts of so many, of the whole. */
function largestOf(n: u32, count: u32): f64 {
  return <f64>((count + n - 1) / n) / <f64>count;
}

function shareOf(p: Population): u32 {
  let macs: u64 = 0;
  let weights: u64 = 0;
  let staged: u64 = 0;
  for (let q = p.incoming; q; q = q!.nextIncoming) {
    const own = <u64>q.kernelH * q.kernelW * (q.sourceCount / q.groups) * q.targetCount;
    weights += own;
    macs += own * q.height * q.width;
    staged += stageBytes(q);
  }
  if (macs < leastMacs) return 1;
  const most = min(threads, MOST_THREADS);
  const rows = min(most, p.height);
  const blocks = (p.channels + BLOCK - 1) / BLOCK;
  const channels = min(most, blocks);
  // In multiply-accumulates: who computes some rows reads all weights, and who computes some channels stages all rows.
  const byRows = <f64>macs * largestOf(rows, p.height) + 4 * <f64>weights + <f64>staged / <f64>rows;
  const byChannels = <f64>macs * largestOf(channels, blocks) + 4 * <f64>(weights / channels) + 4 * <f64>staged;
  const ofRows = cut ? cut == 1 : byRows <= byChannels;
  return ofRows ? rows : channels > 1 ? channels | OF_CHANNELS : 1;
}
