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
 * @param emitted of the window, q.sourceCount u8
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
  const top = <i32>(y * q.poolStrideH) - q.poolOffsetH;
  const left = <i32>(x * q.poolStrideW) - q.poolOffsetW;
  const rows = clip(top, q.poolKernelH, q.poolDilationH, source.height);
  const columns = clip(left, q.poolKernelW, q.poolDilationW, source.width);
  const rowBytes = q.poolDilationH * source.width * source.pitch;
  const tapBytes = q.poolDilationW * source.pitch;
  const firstRow = firstOf(rows);
  const firstColumn = firstOf(columns);
  const height = secondOf(rows) - firstRow;
  const width = secondOf(columns) - firstColumn;
  const corner = (top + firstRow * q.poolDilationH) * source.width + left + firstColumn * q.poolDilationW;
  const from = source.emitted + corner * source.pitch + q.sourceFirst;
  for (let c: u32 = 0; c < q.sourceCount; c += 16) {
    let most = i8x16.splat(0);
    let row = from + c;
    for (let ky: u32 = 0; ky < height; ky++, row += rowBytes) {
      let tap = row;
      for (let kx: u32 = 0; kx < width; kx++, tap += tapBytes) most = i8x16.max_u(most, v128.load(tap));
    }
    const before = v128.load(emitted + c);
    let changed = i8x16.bitmask(i8x16.ne(most, before));
    if (q.sourceCount - c < 16) changed &= (1 << (q.sourceCount - c)) - 1;
    if (!changed) continue;
    const negative = i8x16.bitmask(i8x16.lt_u(most, before));
    for (; changed; changed &= changed - 1) {
      const k = ctz(changed);
      const sign = (negative >> k) & 1;
      const at = emitted + c + k;
      store<u8>(at, <u32>load<u8>(at) + (sign ? -(1 << shift) : 1 << shift));
      const count = spikes + ((c + k) << 2);
      store<u32>(count, load<u32>(count) + 1);
      store<u32>(sign ? minus : plus, q.sourceFirst + c + k);
      if (sign) minus += 4;
      else plus += 4;
    }
  }
  return pair((<u32>(plus - to)) >> 2, (<u32>(minus - beside)) >> 2);
}
