/** Runs a projection's period kernel over a rectangle of its target. */
import { BLOCK, Block } from "../kernels/block";
import { depthwise8 } from "../kernels/depthwise";
import { pair1, pair8 } from "../kernels/pair";
import { QUADS, quad8 } from "../kernels/quad";
import { wide8 } from "../kernels/wide";
import { population } from "../network/network";
import { Population } from "../network/population";
import { Kernel, Projection } from "../network/projection";

const block = changetype<Block>(memory.data(offsetof<Block>()));

/** Takes the room for the list of positions, 8 bytes each. */
export function setTable(pointer: usize): void {
  block.table = pointer;
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
  list(p, tile, top, bottom, left, right);
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
      packed = runBlock(p, packed);
    }
  }
}

/** Lists the positions of a rectangle; the list is filled up to a multiple of 4 with the last one, which does no harm. */
function list(p: Projection, tile: Tile, top: u32, bottom: u32, left: u32, right: u32): void {
  let at = block.table;
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
  block.count = count;
}

/** Runs one packed block; returns where the next lies. */
function runBlock(p: Projection, packed: usize): usize {
  if (QUADS && p.kernel == Kernel.QUAD) return quad8(block, packed);
  if (p.kernel == Kernel.WIDE) wide8(p, block, packed);
  else if (p.kernel == Kernel.DEPTHWISE) depthwise8(p, block, packed);
  else if (QUADS || p.weightBits > 8) pair8<i16>(p, block, packed);
  else if (block.count == 1) pair1(p, block, packed);
  else pair8<i8>(p, block, packed);
  return packed + p.blockBytes;
}
