/**
 * Max pooling of early-firing neurons: a window follows the largest of what its neurons have emitted, one step later. All that has
 * been emitted by a step is a multiple of what its spikes are worth, so that one spike makes up for every change: what a window has
 * emitted is exact one step after its neurons.
 */
import { firstOf, pair, secondOf } from "../network/pair";
import { Population } from "../network/population";
import { Projection } from "../network/projection";
import { clip } from "./taps";

/**
 * Lets one window follow the largest of what its neurons have emitted, 0 at least, and lists the channels of its
 * spikes: of positive ones at `to`, of negative ones at `beside`. Returns how many of both, as a pair.
 * @param emitted of the window, q.sourceCount i16
 * @param spikes of the window, u32 each
 */
export function follow(
  q: Projection,
  source: Population,
  y: u32,
  x: u32,
  emitted: usize,
  spikes: usize,
  shift: u32,
  to: usize,
  beside: usize,
): u64 {
  let plus = to;
  let minus = beside;
  const zero = i16x8.splat(0);
  const top = <i32>(y * q.poolStrideH) - q.poolOffsetH;
  const left = <i32>(x * q.poolStrideW) - q.poolOffsetW;
  const rows = clip(top, q.poolKernelH, q.poolDilationH, source.height);
  const columns = clip(left, q.poolKernelW, q.poolDilationW, source.width);
  const rowBytes = (q.poolDilationH * source.width * source.pitch) << 1;
  const tapBytes = (q.poolDilationW * source.pitch) << 1;
  const firstRow = firstOf(rows);
  const firstColumn = firstOf(columns);
  const height = secondOf(rows) - firstRow;
  const width = secondOf(columns) - firstColumn;
  const corner = (top + firstRow * q.poolDilationH) * source.width + left + firstColumn * q.poolDilationW;
  const from = source.emitted + ((corner * source.pitch + q.sourceFirst) << 1);
  for (let c: u32 = 0; c < q.sourceCount; c += 8) {
    let most = zero;
    let row = from + (c << 1);
    for (let ky: u32 = 0; ky < height; ky++, row += rowBytes) {
      let tap = row;
      for (let kx: u32 = 0; kx < width; kx++, tap += tapBytes) most = i16x8.max_s(most, v128.load(tap));
    }
    const change = i16x8.sub(most, v128.load(emitted + (c << 1)));
    const negative = i16x8.bitmask(change);
    let changed = i16x8.bitmask(i16x8.ne(change, zero));
    if (q.sourceCount - c < 8) changed &= (1 << (q.sourceCount - c)) - 1;
    for (; changed; changed &= changed - 1) {
      const k = ctz(changed);
      const sign = (negative >> k) & 1;
      const at = emitted + ((c + k) << 1);
      store<i16>(at, <i32>load<i16>(at) + (sign ? -(1 << shift) : 1 << shift));
      const count = spikes + ((c + k) << 2);
      store<u32>(count, load<u32>(count) + 1);
      store<u32>(sign ? minus : plus, q.sourceFirst + c + k);
      if (sign) minus += 4;
      else plus += 4;
    }
  }
  return pair((<u32>(plus - to)) >> 2, (<u32>(minus - beside)) >> 2);
}
