/** A block of output channels, as kernels compute it, and what becomes of its sums. */
import { levels8 } from "../neurons/bistable";

/** Output channels of a block. */
export const BLOCK: u32 = 8;

/** What the kernels of one block are given. */
@unmanaged
export class Block {
  /** Per position, where its window begins and where its sums lie, both u32; `count` of them, filled up to a multiple of 4. */
  table: usize;
  count: u32;
  /** To be added to where a window begins, and, 4 bytes per channel, to where its sums lie. */
  value: usize;
  out: usize;
  /** What the sums of the block start from, int32 per channel; 0 where they continue. */
  base: usize;
  /** Where the sums are complete, levels of the first position, else 0; then sums lie without a gap, from `sums` on. */
  levels: usize;
  sums: usize;
  /** The target's firing tables. */
  firing: usize;
}

/** What the sums at `o` start from. */
// @ts-ignore: decorator
@inline
export function startOf(block: Block, o: usize): usize {
  return block.base ? block.base : o;
}

/** Stores 8 sums at `o`, or fires. */
// @ts-ignore: decorator
@inline
export function finish(block: Block, o: usize, low: v128, high: v128): void {
  if (block.levels) {
    store<i64>(block.levels + ((o - block.sums) >> 2), levels8(low, high, block.firing + (block.out << 1)));
  } else {
    v128.store(o, low);
    v128.store(o, high, 16);
  }
}
