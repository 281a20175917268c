/** Event-driven delivery: what the spikes of one position add to a projection's target. */
import { addRows } from "../kernels/rows";
import { population } from "../network/network";
import { Kernel, Pool, Projection } from "../network/projection";
import { FEW } from "./rows";
import { clip, endTap, firstTap } from "./taps";

/**
 * Delivers the spikes of a source position at a phase.
 * @param channels spiking channels (u32) of the source, ascending
 * @param digits u8 of the source: digits fired in this period, or the level that they are the digits of
 * @param shift K − 1 − p: a spike is worth 2^shift
 */
export function deliverSpikes(p: Projection, y: u32, x: u32, channels: usize, count: u32, digits: usize, shift: i32): void {
  // Of the channels listed only those the projection reads.
  while (count && load<u32>(channels) < p.sourceFirst) {
    channels += 4;
    count--;
  }
  while (count && load<u32>(channels + (<usize>(count - 1) << 2)) >= p.sourceFirst + p.sourceCount) count--;
  if (!count) return;
  if (p.kernel == Kernel.RELAY) relay(p, y, x, channels, count, shift);
  else if (p.pool == Pool.NONE) deliver(p, y, x, channels, count, shift);
  else deliverPooled(p, y, x, channels, count, digits, shift);
}

/** Into a synchronous population: weight 1, neuron to neuron. */
function relay(p: Projection, y: u32, x: u32, channels: usize, count: u32, shift: i32): void {
  const target = population(p.target);
  const to = target.current + ((<usize>y * target.width + x) * target.pitch << 2);
  for (let i: u32 = 0; i < count; i++) {
    const at = to + (<usize>load<u32>(channels + (<usize>i << 2)) << 2);
    store<i32>(at, load<i32>(at) + (1 << shift));
  }
}

/** Finds the taps, or windows, k of `count` for which from − k·step lies in 0…reach. */
// @ts-ignore: decorator
@inline
function reaching(from: i32, reach: i32, step: u32, count: u32): void {
  clip(reach - from, count, step, reach + 1);
}

/** Adds the rows of one position of the projection's map, which may lie outside it (the input's padding). */
export function deliver(p: Projection, y: i32, x: i32, channels: usize, count: u32, shift: i32): void {
  const target = population(p.target);
  const fromY = y + p.offsetH;
  const fromX = x + p.offsetW;
  const strideH = <i32>p.strideH;
  const strideW = <i32>p.strideW;
  const size = p.weightBits >> 3;
  const rowBytes = p.rowLength * size;
  const channelBytes = rowBytes * p.kernelW;
  reaching(fromX, (p.width - 1) * strideW, p.dilationW, p.kernelW);
  const firstX = <i32>firstTap;
  const endX = <i32>endTap;
  if (firstX == endX) return;
  reaching(fromY, (p.height - 1) * strideH, p.dilationH, p.kernelH);
  const endY = <i32>endTap;
  for (let ky = <i32>firstTap; ky < endY; ky++) {
    const down = fromY - ky * p.dilationH;
    if (strideH > 1 && down % strideH) continue;
    const targetY = strideH > 1 ? down / strideH : down;
    const to = target.current + (((<usize>(p.top + targetY) * target.width + p.left) * target.pitch + p.targetFirst) << 2);
    const rows = p.rows + (<usize>ky * p.sourceCount - p.sourceFirst) * channelBytes;
    if (p.rowsJoin) {
      const left = to + (<usize>(fromX - endX + 1) * target.pitch << 2);
      const length = <u32>(endX - firstX) * p.rowLength;
      add(p, left, rows + <usize>(p.kernelW - endX) * rowBytes, length, channelBytes, channels, count, shift);
      continue;
    }
    for (let kx = firstX; kx < endX; kx++) {
      const right = fromX - kx * p.dilationW;
      if (strideW > 1 && right % strideW) continue;
      const targetX = <usize>(strideW > 1 ? right / strideW : right);
      addGroups(p, to + (targetX * target.pitch << 2), rows + <usize>(p.kernelW - 1 - kx) * rowBytes, channelBytes, channels, count, shift);
    }
  }
}

// @ts-ignore: decorator
@inline
function add(p: Projection, to: usize, rows: usize, length: u32, stride: u32, channels: usize, count: u32, shift: i32): void {
  if (p.weightBits == 8) addRows<i8>(to, rows, length, stride, channels, count, shift);
  else addRows<i16>(to, rows, length, stride, channels, count, shift);
}

/** Adds rows group by group. */
function addGroups(p: Projection, to: usize, rows: usize, stride: u32, channels: usize, count: u32, shift: i32): void {
  const outputs = p.targetCount / p.groups;
  if (p.groups == 1 && outputs >= FEW) {
    add(p, to, rows, p.rowLength, stride, channels, count, shift);
    return;
  }
  const inputs = p.sourceCount / p.groups;
  const end = channels + (<usize>count << 2);
  if (inputs == 1 && outputs == 1) {
    addOwn(p, to, rows, stride, channels, end, shift);
    return;
  }
  while (channels < end) {
    const group = (load<u32>(channels) - p.sourceFirst) / inputs;
    const beyond = p.sourceFirst + (group + 1) * inputs;
    let next = channels + 4;
    while (next < end && load<u32>(next) < beyond) next += 4;
    const at = to + (<usize>(group * outputs) << 2);
    if (outputs >= FEW) add(p, at, rows, p.rowLength, stride, channels, <u32>(next - channels) >> 2, shift);
    else addFew(p, at, rows, outputs, stride, channels, next, shift);
    channels = next;
  }
}

/** Few outputs, one by one. */
function addFew(p: Projection, to: usize, rows: usize, outputs: u32, stride: u32, channels: usize, end: usize, shift: i32): void {
  for (; channels < end; channels += 4) {
    const row = rows + <usize>load<u32>(channels) * stride;
    for (let o: usize = 0; o < outputs; o++) addOne(p, to + (o << 2), row + o * (p.weightBits >> 3), shift);
  }
}

/** Every channel to its own: depthwise kernels and shortcuts. */
function addOwn(p: Projection, to: usize, rows: usize, stride: u32, channels: usize, end: usize, shift: i32): void {
  to -= <usize>p.sourceFirst << 2;
  for (; channels < end; channels += 4) {
    const c = <usize>load<u32>(channels);
    addOne(p, to + (c << 2), rows + c * stride, shift);
  }
}

// @ts-ignore: decorator
@inline
function addOne(p: Projection, to: usize, weight: usize, shift: i32): void {
  store<i32>(to, load<i32>(to) + ((p.weightBits == 8 ? <i32>load<i8>(weight) : <i32>load<i16>(weight)) << shift));
}

/** Channels of a window that come through a pooling. */
let winners: usize = 0;

/** Takes the room for them, a u32 each. */
export function setWinners(pointer: usize): void {
  winners = pointer;
}

/** Delivers to every window that covers the position. */
function deliverPooled(p: Projection, y: u32, x: u32, channels: usize, count: u32, digits: usize, shift: i32): void {
  const source = population(p.source);
  const fromY = <i32>y + p.poolOffsetH;
  const fromX = <i32>x + p.poolOffsetW;
  const at = digits + (<usize>y * source.width + x) * source.channels;
  reaching(fromY, (p.poolKernelH - 1) * p.poolDilationH, p.poolStrideH, p.poolHeight);
  const firstY = firstTap;
  const endY = endTap;
  reaching(fromX, (p.poolKernelW - 1) * p.poolDilationW, p.poolStrideW, p.poolWidth);
  const firstX = firstTap;
  const endX = endTap;
  for (let wy = firstY; wy < endY; wy++) {
    if ((fromY - wy * p.poolStrideH) % p.poolDilationH) continue;
    for (let wx = firstX; wx < endX; wx++) {
      if ((fromX - wx * p.poolStrideW) % p.poolDilationW) continue;
      if (p.pool == Pool.SUM) {
        deliver(p, wy, wx, channels, count, shift);
        continue;
      }
      const window = p.tournament + (<usize>wy * p.poolWidth + <usize>wx) * p.sourceCount;
      const winning = compete(p, window, at, channels, count, shift);
      if (winning) deliver(p, wy, wx, winners, winning, shift);
    }
  }
}

/**
 * A tournament's phase: an input is alive while its digits so far are those the window has let through. The first live one
 * to spike makes the window spike, and sets the digit that drops out those alive that do not.
 */
function compete(p: Projection, window: usize, digits: usize, channels: usize, count: u32, shift: i32): u32 {
  const above = <u32>0xfe << shift;
  let winning: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const c = load<u32>(channels + (<usize>i << 2));
    const passed = window + (c - p.sourceFirst);
    if ((<u32>load<u8>(digits + c) & above) != <u32>load<u8>(passed)) continue;
    store<u8>(passed, <u32>load<u8>(passed) | (<u32>1 << shift));
    store<u32>(winners + (usize(winning++) << 2), c);
  }
  return winning;
}
