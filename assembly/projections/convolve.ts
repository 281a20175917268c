/** Runs a projection's period kernel over a rectangle of its target. */
import { BLOCK, Block, Segment } from "../kernels/block";
import { depthwise8 } from "../kernels/depthwise";
import { bytes8, pair1, words16 } from "../kernels/pair";
import { QUADS, quad8 } from "../kernels/quad";
import { wide8 } from "../kernels/wide";
import { mapHeight, mapWidth, population } from "../network/network";
import { Population } from "../network/population";
import { Kernel, Projection, across } from "../network/projection";
import { clip, endTap, firstTap } from "./taps";

/** Bytes of the positions that this build's kernels take at once. */
const ATONCE: usize = QUADS ? 16 : 32;

const block = changetype<Block>(memory.data(offsetof<Block>()));

/** Takes the room for the segments of a tile: 32 bytes for each position, and for one more. */
export function setSegments(pointer: usize): void {
  block.segments = pointer;
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
    tile.top = tile.bottom;
    tile.right = 0;
    if (tile.top == p.height) return false;
    tile.bottom = min(p.height, tile.top + p.tileHeight);
  }
  tile.left = tile.right;
  tile.right = min(p.width, tile.left + p.tileWidth);
  tile.positionBytes = p.pitch << 2;
  return true;
}

/** Whether the projection writes every sum of its target, so that no other needs to set them first. */
export function covers(p: Projection, target: Population): bool {
  // Blocks of outputs are whole: where groups do not end with one, they would touch their neighbours' sums.
  const aligned = p.groups == 1 || p.kernel == Kernel.DEPTHWISE || (p.targetCount / p.groups) % BLOCK == 0;
  return aligned && p.height == target.height && p.width == target.width && p.targetCount == target.channels;
}

/**
 * Adds a projection's contribution to a tile's sums, from its staged values. With `base`, int32 per target channel, the
 * sums start from it instead of from what they hold. With `firing`, where the tile's sums are then complete, its levels are
 * written instead of the sums.
 */
export function convolve(p: Projection, tile: Tile, base: usize, firing: bool): void {
  const top = max(tile.top, p.top);
  const bottom = min(tile.bottom, p.top + p.height);
  const left = max(tile.left, p.left);
  const right = min(tile.right, p.left + p.width);
  if (top >= bottom || left >= right) return;
  list(p, tile, top - p.top, bottom - p.top, left - p.left, right - p.left);
  const target = population(p.target);
  block.levels = target.levels + (<usize>tile.top * target.width + tile.left) * target.channels - (tile.sums >> 2);
  const depthwise = p.kernel == Kernel.DEPTHWISE;
  const groups: u32 = depthwise ? 1 : p.groups;
  const outputs = p.targetCount / groups;
  const groupBytes = (p.sourceCount / groups) * p.valueSize;
  let packed = p.packed;
  for (let g: u32 = 0; g < groups; g++) {
    for (let o: u32 = 0; o < outputs; o += BLOCK) {
      const first = g * outputs + o;
      block.value = depthwise ? first : g * groupBytes;
      block.out = first << 2;
      block.base = base ? base + block.out : 0;
      block.firing = firing ? target.firing + (block.out << 1) : 0;
      if (QUADS && p.kernel == Kernel.QUAD) {
        packed = quad8(block, packed);
        continue;
      }
      if (p.kernel == Kernel.WIDE) wide8(p, block, packed);
      else if (depthwise) depthwise8(p, block, packed);
      else if (QUADS || p.weightBits > 8) {
        const more = o + BLOCK < outputs;
        words16(p, block, packed, more ? 1 : 0);
        if (more) {
          o += BLOCK;
          packed += p.blockBytes;
        }
      } else if (block.count == 1) pair1(p, block, packed);
      else bytes8(p, block, packed);
      packed += p.blockBytes;
    }
  }
}

/** Runs [first, end) of a window that lie inside a map of `size`, as first + 2^16·end; of one without size, all. */
function runsInside(p: Projection, place: u32, size: u32): u32 {
  if (!size || p.runsH != p.kernelH) return p.runsH << 16;
  clip(<i32>(place * p.strideH) - p.offsetH, p.kernelH, p.dilationH, size);
  return firstTap == endTap ? 0 : firstTap | (endTap << 16);
}

/** Up to where the windows from a place on have the same runs inside the map. */
function endOfAlike(p: Projection, place: u32, end: u32, size: u32): u32 {
  const runs = runsInside(p, place, size);
  do place++;
  while (place < end && runsInside(p, place, size) == runs);
  return place;
}

/** Lists the positions of a rectangle of the projection's region, those with alike windows in one segment. */
function list(p: Projection, tile: Tile, top: u32, bottom: u32, left: u32, right: u32): void {
  const skips = QUADS && p.skips;
  const height = skips ? mapHeight(p) : 0;
  let at = block.segments;
  for (let y = top; y < bottom; ) {
    const endY = endOfAlike(p, y, bottom, height);
    const rows = runsInside(p, y, height);
    // The ends of a single row would be odd ones out.
    const width = skips && endY - y > 1 ? mapWidth(p) : 0;
    for (let x = left; x < right; ) {
      const endX = endOfAlike(across(p), x, right, width);
      const columns = runsInside(across(p), x, width);
      const segment = changetype<Segment>(at);
      at += offsetof<Segment>();
      const first = at;
      for (let i = y; i < endY; i++) {
        let value = p.stage + <usize>i * p.stepH * p.rowBytes + <usize>x * p.stepW * p.positionBytes;
        let sums = tile.sums + <usize>(p.top + i - tile.top) * tile.rowBytes +
          <usize>(p.left + x - tile.left) * tile.positionBytes + (<usize>p.targetFirst << 2);
        for (let j = x; j < endX; j++, at += 8) {
          store<u32>(at, <u32>value);
          store<u32>(at, <u32>sums, 4);
          value += p.stepW * p.positionBytes;
          sums += tile.positionBytes;
        }
      }
      for (; (at - first) & (ATONCE - 1); at += 8) store<u64>(at, load<u64>(at - 8));
      segment.end = at;
      const row = rows & 0xffff;
      const column = columns & 0xffff;
      const span = (columns >> 16) - column;
      const whole = span == p.runsW;
      segment.firstRun = (row * p.runsW + column) << 3;
      segment.lastRun = whole ? 0 : ((rows >> 16) * p.runsW) << 3;
      segment.span = (whole ? ((rows >> 16) - row) * span : span) << 3;
      x = endX;
    }
    y = endY;
  }
  block.end = at;
  block.count = (bottom - top) * (right - left);
  block.runs = (p.runsH * p.runsW) << 3;
  block.rowOfRuns = p.runsW << 3;
}
