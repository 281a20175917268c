/** Runs a projection's period kernel over a rectangle of its target. */
import { depthwise } from "../kernels/depthwise";
import { pair1, pair8 } from "../kernels/pair";
import { QUADS, quad8 } from "../kernels/quad";
import { wide8 } from "../kernels/wide";
import { Population } from "../network/population";
import { Kernel, Projection } from "../network/projection";
import { BLOCK, blockBytes } from "./pack";

/** Per position: where its window begins and where its sums lie, both u32. */
let table: usize = 0;

/** Takes the room for the table, 8 bytes a position. */
export function setTable(pointer: usize): void {
  table = pointer;
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
 * sums start from it instead of from what they hold.
 */
export function convolve(p: Projection, tile: Tile, base: usize): void {
  const top = max(tile.top, p.top);
  const bottom = min(tile.bottom, p.top + p.height);
  const left = max(tile.left, p.left);
  const right = min(tile.right, p.left + p.width);
  if (top >= bottom || left >= right) return;
  const count = list(p, tile, top, bottom, left, right);
  if (p.kernel == Kernel.DEPTHWISE) {
    depthwise(p, table, count, base);
    return;
  }
  const outputs = p.targetCount / p.groups;
  const groupBytes = (p.sourceCount / p.groups) * p.valueSize;
  const perBlock = blockBytes(p);
  for (let g: u32 = 0; g < p.groups; g++) {
    let packed = p.packed + <usize>g * p.packedGroupBytes;
    for (let o: u32 = 0; o < outputs; o += BLOCK, packed += perBlock) {
      const out = (g * outputs + o) << 2;
      runBlock(p, count, packed, g * groupBytes, out, base ? base + out : 0);
    }
  }
}

/** Lists the positions of a rectangle; the list is filled up to a multiple of 4 with the last one, which does no harm. */
function list(p: Projection, tile: Tile, top: u32, bottom: u32, left: u32, right: u32): u32 {
  let at = table;
  for (let y = top; y < bottom; y++) {
    let value = p.stage + <usize>(y - p.top) * p.stepH * p.rowBytes + <usize>(left - p.left) * p.stepW * p.positionBytes;
    let sums = tile.sums + <usize>(y - tile.top) * tile.rowBytes + <usize>(left - tile.left) * tile.positionBytes + (<usize>p.targetFirst << 2);
    for (let x = left; x < right; x++) {
      store<u32>(at, <u32>value);
      store<u32>(at, <u32>sums, 4);
      at += 8;
      value += p.stepW * p.positionBytes;
      sums += tile.positionBytes;
    }
  }
  const count = (bottom - top) * (right - left);
  for (let i = count; i & 3; i++, at += 8) store<u64>(at, load<u64>(at - 8));
  return count;
}

function runBlock(p: Projection, count: u32, packed: usize, value: usize, out: usize, base: usize): void {
  const padded = (count + 3) & ~3;
  if (p.kernel == Kernel.WIDE) {
    wide8(p, table, count, packed, value, out, base);
  } else if (QUADS && p.kernel == Kernel.QUAD) {
    quad8(p, table, padded, packed, value, out, base);
  } else if (p.weightBits == 8) {
    if (count == 1) pair1(p, table, packed, value, out, base);
    else pair8<i8>(p, table, padded, packed, value, out, base);
  } else {
    pair8<i16>(p, table, padded, packed, value, out, base);
  }
}
