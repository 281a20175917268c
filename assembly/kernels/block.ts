/** A block of output channels, as kernels compute it, and what becomes of its sums. */
import { levels16, levels8 } from "../neurons/bistable";

/** Output channels of a block. */
export const BLOCK: u32 = 8;

/** What a kernel is given. */
@unmanaged
export class Block {
  /**
   * Positions, 8 bytes each: u32 where a window begins, u32 where its sums lie. The last one is there as often as makes
   * up the number a kernel takes at a time, which does no harm.
   */
  begin: usize;
  end: usize;
  /** The strips of a window to be added: the first, and how many. Only the main kernel (kernels.ts) is ever given less than all. */
  strip: u32;
  span: u32;
  /** To be added to where a window begins, and, 4 bytes per channel, to where its sums lie. */
  value: usize;
  out: usize;
  /** What the sums of the block start from, int32 per channel; 0 where they continue. */
  base: usize;
  /**
   * Where the sums are complete: the level table of the block's channels, else 0; and what, added to a quarter of where a
   * channel's sum lies, gives where its level lies.
   */
  levelTable: usize;
  levels: usize;
}

/** Stores 8 sums at each of two places, or fires. */
// @ts-ignore: decorator
@inline
export function finish(
  levelTable: usize,
  levels: usize,
  o0: usize,
  o1: usize,
  low0: v128,
  high0: v128,
  low1: v128,
  high1: v128,
): void {
  if (levelTable && !ASC_FEATURE_RELAXED_SIMD) {
    v128.store64_lane(levels + (o0 >> 2), levels8(levelTable, low0, high0), 0);
    v128.store64_lane(levels + (o1 >> 2), levels8(levelTable, low1, high1), 0);
  } else if (levelTable) {
    const both = levels16(levelTable, low0, high0, low1, high1);
    v128.store64_lane(levels + (o0 >> 2), both, 0);
    v128.store64_lane(levels + (o1 >> 2), both, 1);
  } else {
    v128.store(o0, low0);
    v128.store(o0, high0, 16);
    v128.store(o1, low1);
    v128.store(o1, high1, 16);
  }
}
