/** The period kernels: which a projection gets, what each can do, and how one is run. The two builds are told apart here. */
import { Kernel, Projection } from "../network/projection";
import { Block } from "./block";
import { bytes8, dense8 } from "./bytes";
import { depthwise8 } from "./depthwise";
import { QUADS, fetchQuads, quad8, skipQuads } from "./quad";
import { wide8 } from "./wide";
import { words16 } from "./words";

/** The kernel that does most of a build's work: it alone leaves out what lies outside a map. */
export const MAIN: u32 = QUADS ? Kernel.QUAD : Kernel.BYTES;

/** Values of a strip that the main kernel takes in a turn. */
export const MAIN_TURN: u32 = QUADS ? 16 : 4;

/** The kernel for values of up to 15 bits, `most` the largest, that each meet all target channels of their group. */
export function kernelFor(weightBits: u32, most: u64): u32 {
  if (weightBits > 8) return Kernel.WORDS;
  return QUADS && most > 127 ? Kernel.WORDS : MAIN;
}

/** Bytes of a value as a kernel reads it. */
export function valueSizeOf(kernel: u32): u32 {
  if (kernel == Kernel.WIDE) return 4;
  return kernel == Kernel.WORDS || kernel == Kernel.BYTES ? 2 : 1;
}

/** Whether a kernel can fire: write levels instead of its sums where these are complete. */
export function writesLevels(kernel: u32): bool {
  return kernel == MAIN || kernel == Kernel.WORDS;
}

/** How many positions a kernel takes at a time. */
export function positionsAtOnce(kernel: u32): u32 {
  if (kernel == Kernel.DEPTHWISE || kernel == Kernel.WIDE) return 1;
  return !QUADS && kernel == Kernel.BYTES ? 4 : 2;
}

/** Reads what a packed block has of weights ahead, where that pays. */
// @ts-ignore: decorator
@inline
export function fetchBlock(q: Projection, packed: usize): void {
  if (QUADS && q.kernel == Kernel.QUAD) fetchQuads(q, packed);
}

/** Where the packed block after this one lies, which some other thread adds. */
export function skipBlock(q: Projection, packed: usize): usize {
  return QUADS && q.kernel == Kernel.QUAD ? skipQuads(q, packed) : packed + q.blockBytes;
}

/** Adds a packed block, with `more` two of them, at its positions; returns where the next lies. */
// @ts-ignore: decorator
@inline
export function addBlock(q: Projection, block: Block, packed: usize, more: bool): usize {
  if (QUADS && q.kernel == Kernel.QUAD) return quad8(q, block, packed);
  if (q.kernel == Kernel.WIDE) wide8(q, block, packed);
  else if (q.kernel == Kernel.DEPTHWISE) depthwise8(q, block, packed);
  else if (QUADS || q.kernel == Kernel.WORDS) words16(q, block, packed, <usize>more);
  else if (q.height * q.width == 1) dense8(q, block, packed);
  else bytes8(q, block, packed);
  return packed + (q.blockBytes << (<u32>more));
}
