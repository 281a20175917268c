/** A block of output channels, as kernels compute it, and what becomes of its sums. */
import { levels8 } from "../neurons/bistable";

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

/** Stores 8 sums at `o`, or fires. */
// @ts-ignore: decorator
@inline
export function finish(levelTable: usize, levels: usize, o: usize, low: v128, high: v128): void {
  if (levelTable) {
    store<i64>(levels + (o >> 2), levels8(low, high, levelTable));
  } else {
    v128.store(o, low);
    v128.store(o, high, 16);
  }
}
