/**
 * Copies a source's values into the map a kernel reads: channel range, pooling, padding and element size done once, so
 * that kernels need no border tests. Rows are written from left to right, so that a vector may go past what it is for.
 */
import { mapHeight, mapWidth, padding, population } from "../network/network";
import { reserve } from "../network/arena";
import { firstOf, pair, secondOf } from "../network/pair";
import { THREADS, bottomOf, top as firstRow } from "../network/part";
import { Pool, Projection } from "../network/projection";
import { clip } from "./taps";

/** How far this thread's staged maps lie from those of the one that leads, to which records point. */
let apart: usize = 0;

/** Where staged maps lie that are not the leader's. */
export function setStages(distance: usize): void {
  apart = distance;
}

/** Where a projection's staged map lies. */
// @ts-ignore: decorator
@inline
export function stageOf(q: Projection): usize {
  return THREADS && !q.inPlace ? q.stage + apart : q.stage;
}

/** One pooled position of all channels, i32. */
let pooled: usize = 0;

/** Reserves room for it; false leaves a message. */
export function planPooled(channels: u64): bool {
  pooled = reserve(channels, 4);
  return pooled != 0;
}

/** Staged rows that a part needs of a projection, as a pair: the first, and where they end. */
function rowsNeeded(q: Projection): u64 {
  const y0 = <u32>max<i32>(0, firstRow - q.top);
  const y1 = <u32>min<i32>(q.height, bottomOf(population(q.target).height) - q.top);
  if (<i32>y1 <= <i32>y0) return 0;
  return pair(y0 * q.stageStrideH, min(q.stageHeight, (y1 - 1) * q.stageStrideH + (q.kernelH - 1) * q.dilationH + 1));
}

// @ts-ignore: decorator
@inline
function endOfRows(q: Projection, needed: u64): u32 {
  return THREADS ? secondOf(needed) : q.stageHeight;
}

/** Fills the staged map from the source's levels; of threads each its own, as far as its part needs it. */
export function stage(q: Projection): void {
  const source = population(q.source);
  // Columns [first, end) lie inside the map.
  const columns = clip(q.stageLeft, q.stageWidth, q.mapStrideW, mapWidth(q));
  const first = firstOf(columns);
  const end = secondOf(columns);
  const column = q.stageLeft + first * q.mapStrideW;
  const rows = clip(q.stageTop, q.stageHeight, q.mapStrideH, mapHeight(q));
  const needed = THREADS ? rowsNeeded(q) : 0;
  let to = stageOf(q) + (THREADS ? firstOf(needed) * q.rowBytes : 0);
  for (let r: u32 = THREADS ? firstOf(needed) : 0; r < endOfRows(q, needed); r++, to += q.rowBytes) {
    if (r < firstOf(rows) || r >= secondOf(rows) || first == end) {
      pad(q, to, q.stageWidth);
      continue;
    }
    pad(q, to, first);
    const row = q.stageTop + r * q.mapStrideH;
    const inside = to + <usize>first * q.positionBytes;
    if (q.pool) {
      poolRow(q, inside, row, column, end - first);
    } else {
      const from = source.levels + (<usize>row * source.width + column) * source.channels + q.sourceFirst;
      copyRow(q, inside, from, source.channels, end - first);
    }
    pad(q, to + <usize>end * q.positionBytes, q.stageWidth - end);
  }
}

/** Writes `positions` positions outside the map: zeros, or the input's zero point. */
function pad(q: Projection, to: usize, positions: u32): void {
  if (q.source != 0) {
    memory.fill(to, 0, <usize>positions * q.positionBytes);
    return;
  }
  for (let x: u32 = 0; x < positions; x++, to += q.positionBytes)
    widen(q.valueSize, to, padding + q.sourceFirst, q.sourceCount);
}

function copyRow(q: Projection, to: usize, from: usize, pitch: u32, positions: u32): void {
  if (q.mapStrideW == 1 && pitch == q.sourceCount) {
    widen(q.valueSize, to, from, positions * pitch);
    return;
  }
  const stride = <usize>q.mapStrideW * pitch;
  for (let x: u32 = 0; x < positions; x++, to += q.positionBytes, from += stride)
    widen(q.valueSize, to, from, q.sourceCount);
}

/** Writes `count` values of `size` bytes, from where u32 values lie (`wide`) or levels. */
function writeEach(size: u32, to: usize, from: usize, count: u32, wide: bool): void {
  for (let i: u32 = 0; i < count; i++, to += size) {
    const value = wide ? load<u32>(from + ((<usize>i) << 2)) : <u32>load<u8>(from + i);
    if (size == 1) store<u8>(to, value);
    else if (size == 2) store<u16>(to, value);
    else store<u32>(to, value);
  }
}

/** Writes `count` levels as values of `size` bytes, and up to 15 more. */
function widen(size: u32, to: usize, from: usize, count: u32): void {
  if (size == 1) {
    for (let i: u32 = 0; i < count; i += 16) v128.store(to + i, v128.load(from + i));
  } else if (size == 2) {
    for (let i: u32 = 0; i < count; i += 16, to += 32) {
      const levels = v128.load(from + i);
      v128.store(to, i16x8.extend_low_i8x16_u(levels));
      v128.store(to, i16x8.extend_high_i8x16_u(levels), 16);
    }
  } else {
    writeEach(size, to, from, count, false);
  }
}

function poolRow(q: Projection, to: usize, row: u32, column: u32, positions: u32): void {
  for (let x: u32 = 0; x < positions; x++, to += q.positionBytes) {
    pool(q, row, column + x * q.mapStrideW);
    if (q.pool == Pool.MAX) widen(q.valueSize, to, pooled, q.sourceCount);
    else writeEach(q.valueSize, to, pooled, q.sourceCount, true);
  }
}

/** Pools one window; returns where its channels lie, u8 for max and i32 for sum pooling. */
export function pool(q: Projection, row: u32, column: u32): usize {
  const source = population(q.source);
  const channels = q.sourceCount;
  const top = <i32>(row * q.poolStrideH) - q.poolOffsetH;
  const left = <i32>(column * q.poolStrideW) - q.poolOffsetW;
  const rows = clip(top, q.poolKernelH, q.poolDilationH, source.height);
  const columns = clip(left, q.poolKernelW, q.poolDilationW, source.width);
  const rowBytes = <usize>q.poolDilationH * source.width * source.channels;
  const tapBytes = <usize>q.poolDilationW * source.channels;
  const first =
    <usize>(top + firstOf(rows) * q.poolDilationH) * source.width + left + firstOf(columns) * q.poolDilationW;
  const corner = source.levels + first * source.channels + q.sourceFirst;
  const largest = q.pool == Pool.MAX;
  const atOnce: u32 = largest ? 32 : 8;
  // Both maps have slack after them: the last vectors may pass their end.
  for (let c: u32 = 0; c < channels; c += atOnce) {
    let low = i32x4.splat(0);
    let high = low;
    let row = corner + c;
    for (let ky = firstOf(rows); ky < secondOf(rows); ky++, row += rowBytes) {
      let from = row;
      for (let kx = firstOf(columns); kx < secondOf(columns); kx++, from += tapBytes) {
        if (largest) {
          low = i8x16.max_u(low, v128.load(from));
          high = i8x16.max_u(high, v128.load(from, 16));
        } else {
          const levels = v128.load8x8_u(from);
          low = i32x4.add(low, i32x4.extend_low_i16x8_u(levels));
          high = i32x4.add(high, i32x4.extend_high_i16x8_u(levels));
        }
      }
    }
    const to = pooled + (largest ? c : c << 2);
    v128.store(to, low);
    v128.store(to, high, 16);
  }
  return pooled;
}
