/** A projection, as it lies in the arena. */

/** Poolings; the numbers stand in model files. */
export namespace Pool {
  export const NONE: u32 = 0;
  export const MAX: u32 = 1;
  export const SUM: u32 = 2;
  export const COUNT: u32 = 3;
}

/** How a projection is computed in period mode (kernels/kernels.ts). */
export namespace Kernel {
  /** Levels are the source's: nothing is computed. */
  export const RELAY: u32 = 0;
  /** int16 pairs of values × int8 weights, in the baseline build only. */
  export const BYTES: u32 = 1;
  /** int16 pairs of values × int16 weights, or int8 ones widened. */
  export const WORDS: u32 = 2;
  /** Quads of 7-bit levels × int8 weights, by the relaxed dot product. */
  export const QUAD: u32 = 3;
  /** One source channel per target channel. */
  export const DEPTHWISE: u32 = 4;
  /** int32 values, where sum pooling exceeds 15 bits. */
  export const WIDE: u32 = 5;
}

/** In records the field of the vertical axis is followed by that of the horizontal one. */
@unmanaged
export class Projection {
  // What the bindings read, in the order of the file's keys.
  index: u32;
  source: u32;
  target: u32;
  sourceFirst: u32;
  sourceCount: u32;
  targetFirst: u32;
  targetCount: u32;
  top: u32;
  left: u32;
  height: u32;
  width: u32;

  pool: u32;
  poolHeight: u32;
  poolWidth: u32;
  poolKernelH: u32;
  poolKernelW: u32;
  poolStrideH: u32;
  poolStrideW: u32;
  poolDilationH: u32;
  poolDilationW: u32;
  poolOffsetH: i32;
  poolOffsetW: i32;

  kernelH: u32;
  kernelW: u32;
  strideH: u32;
  strideW: u32;
  dilationH: u32;
  dilationW: u32;
  offsetH: i32;
  offsetW: i32;
  groups: u32;

  /** The file's weights [O][KH][KW][I/groups], 0 into synchronous populations. */
  weight: usize;
  weightBits: u32;

  /** The next projection into its target, and out of its source. */
  nextIncoming: Projection | null;
  nextOutgoing: Projection | null;

  // ---- period mode ----
  kernel: u32;
  /** Bytes of a staged value: 1, 2 or 4. */
  valueSize: u32;
  /** Whether the kernel reads the source's levels where they are. */
  inPlace: bool;
  /** Whether the kernel leaves out strips that lie outside the map. */
  skips: bool;
  /** Where the staged map lies (or, in place, the first value read). */
  stage: usize;
  stageHeight: u32;
  stageWidth: u32;
  /** Map position of staged row and column 0, and how far apart staged rows and columns are. */
  stageTop: i32;
  stageLeft: i32;
  mapStrideH: u32;
  mapStrideW: u32;
  /** Bytes between staged rows and between positions. */
  rowBytes: u32;
  positionBytes: u32;
  /** Strides over the staged map. */
  stageStrideH: u32;
  stageStrideW: u32;
  /** A window is `stripsH` × `stripsW` strips of `stripLength` contiguous values. */
  stripsH: u32;
  stripsW: u32;
  stripLength: u32;
  /** Bytes between strips. */
  stripBytesH: u32;
  stripBytesW: u32;
  /** Packed weights (pack.ts, quads.ts), and bytes of a block but for quads, whose blocks differ. */
  packed: usize;
  blockBytes: u32;
  /** u32 offsets of a window's values from where it begins, one for each turn of the kernel, two for a depthwise one. */
  offsets: usize;
  endOffsets: usize;

  // ---- step by step ----
  /** Weights [KH][I][KW, last first][rowLength]: what one spike adds to the target's channels of its group. */
  rows: usize;
  rowLength: u32;
  /** Whether the rows of neighbouring taps go to neighbouring positions without a gap. */
  rowsJoin: bool;
  /** u8 digits the windows of a max pooling have let through in this period. */
  tournament: usize;

  // ---- early firing and comparisons ----
  /** Of a max pooling: u8 what each window has emitted of this presentation, and u32 its spikes in the whole run. */
  poolEmitted: usize;
  poolSpikes: usize;
  /** i32 rows, times what a spike of their channel is worth. */
  wideRows: usize;
}

/** The record seen across: its vertical fields are the horizontal ones (and no others are to be used). */
// @ts-ignore: decorator
@inline
export function across(q: Projection): Projection {
  return changetype<Projection>(changetype<usize>(q) + 4);
}
