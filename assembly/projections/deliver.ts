/** Event-driven delivery: what the spikes of one position add to a projection's target. */
import { addRows, addWide } from "../kernels/rows";
import { population } from "../network/network";
import { reserve } from "../network/arena";
import { firstOf, pair, secondOf } from "../network/pair";
import { receiveSpikes } from "../neurons/synchronous";
import { Kernel, Pool, Projection } from "../network/projection";
import { FEW } from "./rows";
import { clip } from "./taps";

/** Bytes of a weight in what C delivers. */
// @ts-ignore: decorator
@inline
function sizeOf<C>(q: Projection): u32 {
  return isSigned<C>() ? 4 : q.weightBits >> 3;
}

/**
 * Delivers the spikes of a source position at a phase.
 * @param channels spiking channels (u32) of the source, ascending
 * @param digits u8 of the source: digits fired in this period, or the level that they are the digits of; with C = i32 the u32 spikes
 * of its neurons so far, and rows are the wide ones
 * @param shift K − 1 − p: a spike is worth 2^shift; with C = i32 it is 0
 */
export function deliverSpikes<C>(
  q: Projection,
  y: u32,
  x: u32,
  channels: usize,
  count: u32,
  digits: usize,
  shift: i32,
): void {
  // Of the channels listed only those the projection reads.
  while (count && load<u32>(channels) < q.sourceFirst) {
    channels += 4;
    count--;
  }
  while (count && load<u32>(channels + ((<usize>(count - 1)) << 2)) >= q.sourceFirst + q.sourceCount) count--;
  if (!count) return;
  if (q.kernel == Kernel.RELAY) receiveSpikes(population(q.target), y, x, channels, count, shift);
  else if (q.pool == Pool.NONE) deliver<C>(q, y, x, channels, <C>count, shift);
  else deliverPooled<C>(q, y, x, channels, <C>count, digits, shift);
}

/** The taps, or windows, k of `count` for which from − k·stride lies in 0…most: the first and the end, as a pair. */
// @ts-ignore: decorator
@inline
function reaching(from: i32, most: i32, stride: u32, count: u32): u64 {
  return clip(most - from, count, stride, most + 1);
}

/**
 * Delivers spikes with signs: the channels of positive spikes ascending, then those of negative ones; `counts` is the pair of how many
 * of each. They pass neither max poolings nor synchronous populations.
 */
export function deliverSigned(q: Projection, y: u32, x: u32, channels: usize, counts: u64, shift: i32): void {
  if (q.sourceCount != population(q.source).channels) {
    counts = select(q, channels, counts);
    channels = selected;
    if (!counts) return;
  }
  if (q.pool == Pool.NONE) deliver<u64>(q, y, x, channels, counts, shift);
  else deliverPooled<u64>(q, y, x, channels, counts, 0, shift);
}

/** Room for the channels of a list that a projection reads. */
let selected: usize = 0;

/** Reserves it, a u32 for each channel twice; false leaves a message. */
export function planSelected(channels: u64): bool {
  selected = reserve(channels << 1, 4);
  return selected != 0;
}

/** Copies of a list with signs what the projection reads; returns how many of each. */
function select(q: Projection, channels: usize, counts: u64): u64 {
  const middle = channels + ((<usize>firstOf(counts)) << 2);
  const positive = copyRead(q, channels, middle, selected);
  const end = copyRead(q, middle, middle + ((<usize>secondOf(counts)) << 2), positive);
  return pair((<u32>(positive - selected)) >> 2, (<u32>(end - positive)) >> 2);
}

function copyRead(q: Projection, channels: usize, end: usize, to: usize): usize {
  for (; channels < end; channels += 4) {
    const c = load<u32>(channels);
    if (c - q.sourceFirst >= q.sourceCount) continue;
    store<u32>(to, c);
    to += 4;
  }
  return to;
}

/**
 * Adds the rows of one position of the projection's map, which may lie outside it (the input's padding). `count` as for the rows'
 * kernel: a number, or with C = u64 a pair of added and subtracted ones.
 */
export function deliver<C>(q: Projection, y: i32, x: i32, channels: usize, count: C, shift: i32): void {
  const target = population(q.target);
  const fromY = y + q.offsetH;
  const fromX = x + q.offsetW;
  const strideH = <i32>q.strideH;
  const strideW = <i32>q.strideW;
  const rowBytes = q.rowLength * sizeOf<C>(q);
  const channelBytes = rowBytes * q.kernelW;
  const columns = reaching(fromX, (q.width - 1) * strideW, q.dilationW, q.kernelW);
  const firstX = <i32>firstOf(columns);
  const endX = <i32>secondOf(columns);
  if (firstX == endX) return;
  const rows = reaching(fromY, (q.height - 1) * strideH, q.dilationH, q.kernelH);
  const endY = <i32>secondOf(rows);
  for (let ky = <i32>firstOf(rows); ky < endY; ky++) {
    const down = fromY - ky * q.dilationH;
    if (strideH > 1 && down % strideH) continue;
    const targetY = strideH > 1 ? down / strideH : down;
    const to =
      target.current + (((<usize>(q.top + targetY) * target.width + q.left) * target.pitch + q.targetFirst) << 2);
    const weights = (isSigned<C>() ? q.wideRows : q.rows) + (<usize>ky * q.sourceCount - q.sourceFirst) * channelBytes;
    if (q.rowsJoin) {
      const left = to + ((<usize>(fromX - endX + 1) * target.pitch) << 2);
      const length = <u32>(endX - firstX) * q.rowLength;
      add<C>(q, left, weights + <usize>(q.kernelW - endX) * rowBytes, length, channelBytes, channels, count, shift);
      continue;
    }
    for (let kx = firstX; kx < endX; kx++) {
      const right = fromX - kx * q.dilationW;
      if (strideW > 1 && right % strideW) continue;
      const targetX = <usize>(strideW > 1 ? right / strideW : right);
      addGroups<C>(
        q,
        to + ((targetX * target.pitch) << 2),
        weights + <usize>(q.kernelW - 1 - kx) * rowBytes,
        channelBytes,
        channels,
        count,
        shift,
      );
    }
  }
}

// @ts-ignore: decorator
@inline
function add<C>(
  q: Projection,
  to: usize,
  rows: usize,
  length: u32,
  stride: u32,
  channels: usize,
  count: C,
  shift: i32,
): void {
  if (isSigned<C>()) addWide(to, rows, length, stride, channels, <u32>count);
  else if (q.weightBits == 8) addRows<i8, C>(to, rows, length, stride, channels, count, shift);
  else addRows<i16, C>(to, rows, length, stride, channels, count, shift);
}

/** Adds rows group by group. */
function addGroups<C>(q: Projection, to: usize, rows: usize, stride: u32, channels: usize, count: C, shift: i32): void {
  if (q.groups == 1 && q.targetCount >= FEW) {
    add<C>(q, to, rows, q.rowLength, stride, channels, count, shift);
  } else if (sizeof<C>() == 8) {
    const middle = channels + ((<usize>firstOf(<u64>count)) << 2);
    addEach<u64>(q, to, rows, stride, channels, middle, false, shift);
    addEach<u64>(q, to, rows, stride, middle, middle + ((<usize>secondOf(<u64>count)) << 2), true, shift);
  } else {
    addEach<C>(q, to, rows, stride, channels, channels + ((<usize>count) << 2), false, shift);
  }
}

/** Adds, or with C = u64 and `negative` subtracts, the rows of listed channels where these have few outputs or groups. */
function addEach<C>(
  q: Projection,
  to: usize,
  rows: usize,
  stride: u32,
  channels: usize,
  end: usize,
  negative: bool,
  shift: i32,
): void {
  const outputs = q.targetCount / q.groups;
  const inputs = q.sourceCount / q.groups;
  if (inputs == 1 && outputs == 1) {
    addOwn<C>(q, to, rows, stride, channels, end, negative, shift);
    return;
  }
  while (channels < end) {
    const group = (load<u32>(channels) - q.sourceFirst) / inputs;
    const beyond = q.sourceFirst + (group + 1) * inputs;
    let next = channels + 4;
    while (next < end && load<u32>(next) < beyond) next += 4;
    const at = to + ((<usize>(group * outputs)) << 2);
    const count = (<u32>(next - channels)) >> 2;
    if (outputs < FEW) addFew<C>(q, at, rows, outputs, stride, channels, next, negative, shift);
    else if (sizeof<C>() == 8)
      add<u64>(q, at, rows, q.rowLength, stride, channels, negative ? pair(0, count) : pair(count, 0), shift);
    else add<C>(q, at, rows, q.rowLength, stride, channels, <C>count, shift);
    channels = next;
  }
}

/** Few outputs, one by one. */
function addFew<C>(
  q: Projection,
  to: usize,
  rows: usize,
  outputs: u32,
  stride: u32,
  channels: usize,
  end: usize,
  negative: bool,
  shift: i32,
): void {
  for (; channels < end; channels += 4) {
    const row = rows + <usize>load<u32>(channels) * stride;
    for (let o: usize = 0; o < outputs; o++) addOne<C>(q, to + (o << 2), row + o * sizeOf<C>(q), negative, shift);
  }
}

/** Every channel to its own: depthwise kernels and shortcuts. */
function addOwn<C>(
  q: Projection,
  to: usize,
  rows: usize,
  stride: u32,
  channels: usize,
  end: usize,
  negative: bool,
  shift: i32,
): void {
  to -= (<usize>q.sourceFirst) << 2;
  for (; channels < end; channels += 4) {
    const c = <usize>load<u32>(channels);
    addOne<C>(q, to + (c << 2), rows + c * stride, negative, shift);
  }
}

// @ts-ignore: decorator
@inline
function addOne<C>(q: Projection, to: usize, weight: usize, negative: bool, shift: i32): void {
  const more =
    (isSigned<C>() ? load<i32>(weight) : q.weightBits == 8 ? <i32>load<i8>(weight) : <i32>load<i16>(weight)) << shift;
  store<i32>(to, sizeof<C>() == 8 && negative ? load<i32>(to) - more : load<i32>(to) + more);
}

/** Channels of a window that come through a pooling. */
let winners: usize = 0;

/** Reserves room for them, a u32 each; false leaves a message. */
export function planWinners(channels: u64): bool {
  winners = reserve(channels, 4);
  return winners != 0;
}

/** Delivers to every window that covers the position. */
function deliverPooled<C>(q: Projection, y: u32, x: u32, channels: usize, count: C, digits: usize, shift: i32): void {
  const source = population(q.source);
  const fromY = <i32>y + q.poolOffsetH;
  const fromX = <i32>x + q.poolOffsetW;
  const digitBytes: usize = isSigned<C>() ? 4 : 1;
  const at = digits + (<usize>y * source.width + x) * source.channels * digitBytes;
  const rows = reaching(fromY, (q.poolKernelH - 1) * q.poolDilationH, q.poolStrideH, q.poolHeight);
  const columns = reaching(fromX, (q.poolKernelW - 1) * q.poolDilationW, q.poolStrideW, q.poolWidth);
  for (let wy = firstOf(rows); wy < secondOf(rows); wy++) {
    if ((fromY - wy * q.poolStrideH) % q.poolDilationH) continue;
    for (let wx = firstOf(columns); wx < secondOf(columns); wx++) {
      if ((fromX - wx * q.poolStrideW) % q.poolDilationW) continue;
      if (sizeof<C>() == 8 || q.pool == Pool.SUM) {
        deliver<C>(q, wy, wx, channels, count, shift);
        continue;
      }
      const window = (<usize>wy * q.poolWidth + <usize>wx) * q.sourceCount;
      const winning = isSigned<C>()
        ? overtake(q, q.poolSpikes + (window << 2), at, channels, <u32>count)
        : compete(q, q.tournament + window, at, channels, <u32>count, shift);
      if (winning) deliver<C>(q, wy, wx, winners, <C>winning, shift);
    }
  }
}

/**
 * A tournament's phase: an input is alive while its digits so far are those the window has let through. The first live one
 * to spike makes the window spike, and sets the digit that drops out those alive that do not.
 */
function compete(q: Projection, window: usize, digits: usize, channels: usize, count: u32, shift: i32): u32 {
  const above = (<u32>0xfe) << shift;
  let winning: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const c = load<u32>(channels + ((<usize>i) << 2));
    const passed = window + (c - q.sourceFirst);
    if (((<u32>load<u8>(digits + c)) & above) != <u32>load<u8>(passed)) continue;
    store<u8>(passed, (<u32>load<u8>(passed)) | ((<u32>1) << shift));
    store<u32>(winners + (usize(winning++) << 2), c);
  }
  return winning;
}

/** Rate coding's tournament: the window has sent as many spikes as the busiest of its inputs; one that gets ahead makes it spike. */
function overtake(q: Projection, window: usize, spikes: usize, channels: usize, count: u32): u32 {
  let winning: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const c = load<u32>(channels + ((<usize>i) << 2));
    const passed = window + ((<usize>(c - q.sourceFirst)) << 2);
    const sent = load<u32>(spikes + ((<usize>c) << 2));
    if (sent <= load<u32>(passed)) continue;
    store<u32>(passed, sent);
    store<u32>(winners + (usize(winning++) << 2), c);
  }
  return winning;
}
