/** A block of output channels, as kernels compute it, and what becomes of its sums. */
import { levels8 } from "../neurons/bistable";

/** Output channels of a block. */
export const BLOCK: u32 = 8;

/**
 * Positions whose windows need the same runs of weights. They follow it, 8 bytes each: u32 where the window begins, u32 where
 * the sums lie. A last one that makes up the number a kernel takes at a time is there twice, which does no harm.
 */
@unmanaged
export class Segment {
  /** Where its positions end. */
  end: usize;
  /** The runs needed: `span` from the first on, and so again a row of runs later, up to the last; 8 bytes for each run. */
  firstRun: u32;
  lastRun: u32;
  span: u32;
}

/** What the kernels of one block are given. */
@unmanaged
export class Block {
  /** The segments, up to `end`. Kernels but for quads, which leave out no runs, have a single one; `count` are its positions. */
  segments: usize;
  end: usize;
  count: u32;
  /** All runs of a window, and those of a row of them, 8 bytes for each. */
  runs: u32;
  rowOfRuns: u32;
  /** To be added to where a window begins, and, 4 bytes per channel, to where its sums lie. */
  value: usize;
  out: usize;
  /** What the sums of the block start from, int32 per channel; 0 where they continue. */
  base: usize;
  /**
   * Where the sums are complete: the firing table of the block's channels, else 0; and what, added to a quarter of where a
   * channel's sum lies, gives where its level lies.
   */
  firing: usize;
  levels: usize;
}

/** Stores 8 sums at `o`, or fires. */
// @ts-ignore: decorator
@inline
export function finish(firing: usize, levels: usize, o: usize, low: v128, high: v128): void {
  if (firing) {
    store<i64>(levels + (o >> 2), levels8(low, high, firing));
  } else {
    v128.store(o, low);
    v128.store(o, high, 16);
  }
}
