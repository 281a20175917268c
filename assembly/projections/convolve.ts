/** Runs a projection's period kernel over a rectangle of its target. */
import { BLOCK, Block } from "../kernels/block";
import { addBlock, fetchBlock, positionsAtOnce, skipBlock } from "../kernels/kernels";
import { mapHeight, mapWidth, population } from "../network/network";
import { Population } from "../network/population";
import { reserve } from "../network/arena";
import { firstOf, pair, secondOf } from "../network/pair";
import {
  MOST_THREADS,
  OWN_BYTES,
  THREADS,
  WHOLE,
  bottomOf,
  endOf,
  first as firstChannel,
  ownOf,
  top as firstRow,
} from "../network/part";
import { Kernel, Projection, across } from "../network/projection";
import { stageOf } from "./stage";
import { clip } from "./taps";

const blocks: usize = THREADS ? memory.data(MOST_THREADS * OWN_BYTES, OWN_BYTES) : memory.data(offsetof<Block>());

/**
 * Positions whose windows need the same strips of weights; they follow it (kernels/block.ts). Strips are numbered row by row; rows
 * that are needed from end to end are one.
 */
@unmanaged
class Segment {
  /** Where its positions end. */
  end: usize;
  /** The strips needed: `span` from the first on, and so again in each row of strips that begins before the last, 0 where rows are one. */
  first: u32;
  last: u32;
  span: u32;
}

/** The segments of a tile. */
let segments: usize = 0;
let endSegments: usize = 0;

/**
 * Reserves room for the segments of a tile of so many positions and rows; false leaves a message. It is 16 bytes for each
 * position and 48 for each row: rows that are not divided take a head and what fills them up; of others each segment has at
 * least as many positions as a kernel takes at a time.
 */
export function planSegments(positions: u64, rows: u64): bool {
  segments = reserve(positions + 3 * rows, 16);
  return segments != 0;
}

/** int32 sums of a rectangle [top, bottom) × [left, right) of a target. */
@unmanaged
export class Tile {
  top: u32;
  bottom: u32;
  left: u32;
  right: u32;
  /** Where the sums of (top, left) lie, and bytes between rows and between positions. */
  sums: usize;
  rowBytes: u32;
  positionBytes: u32;
}

/** Moves on to a population's next tile, row by row; with `bottom` 0 to the first. False where there is none. */
export function nextTile(tile: Tile, p: Population): bool {
  if (tile.bottom == 0 || tile.right == p.width) {
    tile.top = THREADS && tile.bottom == 0 ? firstRow : tile.bottom;
    tile.right = 0;
    if (tile.top == bottomOf(p.height)) return false;
    tile.bottom = min(bottomOf(p.height), tile.top + p.tileHeight);
  }
  tile.left = tile.right;
  tile.right = min(p.width, tile.left + p.tileWidth);
  tile.positionBytes = p.pitch << 2;
  return true;
}

/** Whether the projection writes every sum of its target, so that no other needs to set them first. */
export function covers(q: Projection, target: Population): bool {
  // Blocks of outputs are whole: where groups do not end with one, they would touch their neighbours' sums.
  const aligned = q.groups == 1 || q.kernel == Kernel.DEPTHWISE || (q.targetCount / q.groups) % BLOCK == 0;
  return aligned && q.height == target.height && q.width == target.width && q.targetCount == target.channels;
}

/**
 * Adds a projection's contribution to a tile's sums, from its staged values. With `base`, int32 per target channel, the
 * sums start from it instead of from what they hold. With `toLevels`, where the tile's sums are then complete, its levels are
 * written instead of the sums.
 */
export function convolve(q: Projection, tile: Tile, base: usize, toLevels: bool): void {
  const top = max(tile.top, q.top);
  const bottom = min(tile.bottom, q.top + q.height);
  const left = max(tile.left, q.left);
  const right = min(tile.right, q.left + q.width);
  if (top >= bottom || left >= right) return;
  list(q, tile, top - q.top, bottom - q.top, left - q.left, right - q.left);
  const target = population(q.target);
  const block = changetype<Block>(ownOf(blocks));
  block.levels = target.levels + (<usize>tile.top * target.width + tile.left) * target.channels - (tile.sums >> 2);
  const depthwise = q.kernel == Kernel.DEPTHWISE;
  const groups: u32 = depthwise ? 1 : q.groups;
  const outputs = q.targetCount / groups;
  const groupBytes = (q.sourceCount / groups) * q.valueSize;
  let packed = q.packed;
  for (let g: u32 = 0; g < groups; g++) {
    for (let o: u32 = 0; o < outputs; o += BLOCK) {
      const first = g * outputs + o;
      if (THREADS && !isOwn(q.targetFirst + first)) {
        packed = skipBlock(q, packed);
        continue;
      }
      block.value = depthwise ? first : g * groupBytes;
      block.out = first << 2;
      // Two blocks are computed at once.
      const more = THREADS
        ? q.kernel == Kernel.WORDS && o + BLOCK < outputs && isOwn(q.targetFirst + first + BLOCK)
        : q.kernel == Kernel.WORDS && o + BLOCK < outputs;
      packed = computeBlock(
        q,
        packed,
        base ? base + block.out : 0,
        toLevels ? target.levelTables + (block.out << 1) : 0,
        more,
      );
      if (more) o += BLOCK;
    }
  }
}

/** Whether a block of outputs reaches into the channels that this thread computes. */
function isOwn(channel: u32): bool {
  return channel < endOf(WHOLE) && channel + BLOCK > firstChannel;
}

/** Runs a packed block, or two, segment by segment; returns where the next lies. */
function computeBlock(q: Projection, packed: usize, base: usize, levelTable: usize, more: bool): usize {
  const block = changetype<Block>(ownOf(blocks));
  let next = packed;
  fetchBlock(q, packed);
  for (let at = segments; at < endSegments;) {
    const segment = changetype<Segment>(at);
    block.begin = at + offsetof<Segment>();
    at = segment.end;
    block.end = at;
    block.span = segment.span;
    block.base = base;
    let strip = segment.first;
    do {
      block.strip = strip;
      strip += q.stripsW;
      block.levelTable = strip < segment.last ? 0 : levelTable;
      next = addBlock(q, block, packed, more);
      // Later rows of strips go on from what the first ones have stored.
      block.base = 0;
    } while (strip < segment.last);
  }
  return next;
}

/**
 * The first strip of a window that lies inside a map of `size`, and where they end, as a pair; all of a map without size. Where
 * none does they are equal; that they are beyond all strips is so in one row or column at most, by the rule on windows
 * (docs/format.md).
 */
function stripsInside(q: Projection, place: u32, size: u32): u64 {
  if (!size || q.stripsH != q.kernelH) return pair(0, q.stripsH);
  return clip(<i32>(place * q.strideH) - q.offsetH, q.kernelH, q.dilationH, size);
}

/** Up to where the windows from a place on have the same `strips` inside the map. */
function endOfAlike(q: Projection, place: u32, strips: u64, end: u32, size: u32): u32 {
  do place++;
  while (place < end && stripsInside(q, place, size) == strips);
  return place;
}

/** Lists the positions of a rectangle of the projection's region, those with alike windows in one segment. */
function list(q: Projection, tile: Tile, top: u32, bottom: u32, left: u32, right: u32): void {
  const height = q.skips ? mapHeight(q) : 0;
  // Positions that the kernel takes at a time.
  const most = positionsAtOnce(q.kernel);
  const valueBytes = q.stageStrideW * q.positionBytes;
  const sumBytes = tile.positionBytes;
  let at = segments;
  for (let y = top; y < bottom;) {
    const rows = stripsInside(q, y, height);
    const endY = endOfAlike(q, y, rows, bottom, height);
    // The ends of fewer rows than a kernel takes positions at a time would not fill it.
    const width = q.skips && endY - y >= most ? mapWidth(q) : 0;
    for (let x = left; x < right;) {
      const columns = stripsInside(across(q), x, width);
      const endX = endOfAlike(across(q), x, columns, right, width);
      const segment = changetype<Segment>(at);
      at += offsetof<Segment>();
      const first = at;
      for (let i = y; i < endY; i++) {
        let value = stageOf(q) + i * q.stageStrideH * q.rowBytes + x * valueBytes;
        let sums =
          tile.sums +
          (q.top + i - tile.top) * tile.rowBytes +
          (q.left + x - tile.left) * sumBytes +
          (q.targetFirst << 2);
        for (let j = x; j < endX; j++, at += 8) {
          store<u32>(at, <u32>value);
          store<u32>(at, <u32>sums, 4);
          value += valueBytes;
          sums += sumBytes;
        }
      }
      for (; (at - first) & (most * 8 - 1); at += 8) store<u64>(at, load<u64>(at - 8));
      segment.end = at;
      const column = firstOf(columns);
      const span = secondOf(columns) - column;
      const last = secondOf(rows) * q.stripsW;
      const whole = span == q.stripsW;
      segment.first = firstOf(rows) * q.stripsW + column;
      segment.last = whole ? 0 : last;
      segment.span = whole ? last - segment.first : span;
      x = endX;
    }
    y = endY;
  }
  endSegments = at;
}
