/**
 * Packs int8 weights for the quad kernel. Per block of 8 output channels, 16-aligned:
 *
 *   for each strip of a window, and for their end, 4 × how many groups of eight, of four and of two come before it, u32, and one u32
 *   more;
 *   for each group, eights first and twos last, a u32 offset of its values from where a window begins;
 *   then, 16-aligned, int8 weights [quads][8 outputs][4 values] in the same order.
 *
 * A group is of 8, 4 or 2 neighbouring quads whose sums of products cannot leave 16 bits, whatever the levels: they are added
 * up before they are widened. A quad that fits no group goes with one of zeros.
 */
import { BLOCK } from "../kernels/block";
import { EIGHTS } from "../kernels/quad";
import { reserveZeroed } from "../network/arena";
import { largestValue } from "../network/network";
import { Projection } from "../network/projection";

/** Bytes of the weights of a quad. */
const QUAD_BYTES: u32 = BLOCK * 4;

/** Reserves and fills a projection's packed weights; false (with a message) where memory ends. */
export function packQuads(q: Projection): bool {
  q.packed = reserveZeroed(layBlocks(q, 0), 1);
  if (!q.packed) return false;
  layBlocks(q, q.packed);
  return true;
}

/** Lays all blocks at `to`, or with 0 only counts their bytes, which need not fit into memory; returns where they end. */
function layBlocks(q: Projection, to: u64): u64 {
  const outputs = q.targetCount / q.groups;
  const writing = to != 0;
  for (let g: u32 = 0; g < q.groups; g++) {
    for (let o: u32 = 0; o < outputs; o += BLOCK)
      to = layBlock(q, g * outputs + o, min(BLOCK, outputs - o), to, writing);
  }
  return to;
}

/** Of groups of each size, eights first, where the next goes: 4 × how many there are, where offsets and where weights begin. */
@unmanaged
class Size {
  count: u32;
  offsets: usize;
  weights: usize;
}

const sizes: usize = memory.data(3 * offsetof<Size>());

// @ts-ignore: decorator
@inline
function sizeOf(k: u32): Size {
  return changetype<Size>(sizes + k * offsetof<Size>());
}

function layBlock(q: Projection, first: u32, outputs: u32, block: u64, writing: bool): u64 {
  layGroups(q, first, outputs, 0);
  let to = block + ((<u64>(q.stripsH * q.stripsW + 1)) << 4);
  for (let k: u32 = 0; k < 3; k++) {
    sizeOf(k).offsets = <usize>to;
    to += sizeOf(k).count;
  }
  to = (to + 15) & ~15;
  for (let k: u32 = 0; k < 3; k++) {
    sizeOf(k).weights = <usize>to;
    to += (<u64>sizeOf(k).count) << (6 - k);
  }
  if (writing) layGroups(q, first, outputs, <usize>block);
  return to;
}

/** Divides the strips of a block into groups, counts them and, with `index`, writes them and what leads to them. */
function layGroups(q: Projection, first: u32, outputs: u32, index: usize): void {
  const perOutput = q.stripsH * q.stripsW * q.stripLength;
  const limit = 32767 / <i32>largestValue(q);
  let strip = q.weight + <usize>first * perOutput;
  for (let k: u32 = 0; k < 3; k++) sizeOf(k).count = 0;
  for (let y: u32 = 0; y < q.stripsH; y++) {
    for (let x: u32 = 0; x < q.stripsW; x++) {
      // Quads that begin in the strip: only the last one may go past its end.
      for (let i: u32 = 0, quads: u32 = 0; i < q.stripLength; i += quads << 2, strip += quads << 2) {
        const left = q.stripLength - i;
        let k: u32 = EIGHTS ? 0 : 1;
        for (quads = EIGHTS ? 8 : 4; quads > 1; quads >>= 1, k++) {
          if (left + 4 > quads << 2 && fits(strip, perOutput, outputs, quads, limit)) break;
        }
        const size = sizeOf(min(k, 2));
        if (index) {
          store<u32>(size.offsets + size.count, y * q.stripBytesH + x * q.stripBytesW + i);
          write(strip, perOutput, outputs, quads, left, size.weights + ((<usize>size.count) << (6 - min(k, 2))));
        }
        size.count += 4;
      }
      strip -= (0 - q.stripLength) & 3;
      if (index) {
        index += 16;
        for (let k: u32 = 0; k < 3; k++) store<u32>(index + (k << 2), sizeOf(k).count);
      }
    }
  }
}

/** Writes the weights of some quads, of which `left` are in the strip, and zeros for others. */
function write(weights: usize, perOutput: u32, outputs: u32, quads: u32, left: u32, to: usize): void {
  for (; quads > 0; quads--, weights += 4, to += QUAD_BYTES, left -= 4) {
    for (let o: u32 = 0; o < outputs; o++) {
      let quad = load<u32>(weights + o * perOutput);
      if (left < 4) quad &= (1 << (left << 3)) - 1;
      store<u32>(to + (o << 2), quad);
    }
  }
}

/** Whether weights are such that sums over quads stay in 16 bits. What is read past a strip's end can only make them larger. */
function fits(weights: usize, perOutput: u32, outputs: u32, quads: u32, limit: i32): bool {
  const zero = i16x8.splat(0);
  let most = zero;
  for (let o: u32 = 0; o < outputs; o++, weights += perOutput) {
    const values = quads == 2 ? v128.load64_zero(weights) : v128.load(weights);
    const more = quads == 8 ? v128.load(weights, 16) : zero;
    most = i16x8.max_s(most, sumPairs(i8x16.max_s(values, zero), i8x16.max_s(more, zero)));
    most = i16x8.max_s(most, i16x8.neg(sumPairs(i8x16.min_s(values, zero), i8x16.min_s(more, zero))));
  }
  return !v128.any_true(i16x8.gt_s(most, i16x8.splat(<i16>limit)));
}

/** Sums over quads of their first and of their second pair, side by side, in some lanes twice. */
// @ts-ignore: decorator
@inline
function sumPairs(values: v128, more: v128): v128 {
  let pairs = i16x8.add(i16x8.extadd_pairwise_i8x16_s(values), i16x8.extadd_pairwise_i8x16_s(more));
  pairs = i16x8.add(pairs, v128.shuffle<i32>(pairs, pairs, 2, 3, 0, 1));
  return i16x8.add(pairs, v128.shuffle<i32>(pairs, pairs, 1, 0, 3, 2));
}
