/** What a build's kernels can do, for those who plan and pack for them. */
import { Kernel } from "../network/projection";
import { QUADS } from "./quad";

/** The kernel that does most of a build's work: it alone leaves out what lies outside a map. */
export const MAIN: u32 = QUADS ? Kernel.QUAD : Kernel.BYTES;

/** Whether a kernel can fire: write levels instead of its sums where these are complete. */
export function writesLevels(kernel: u32): bool {
  return kernel == MAIN || kernel == Kernel.WORDS;
}

/** How many positions a kernel takes at a time. */
export function positionsAtOnce(kernel: u32): u32 {
  if (kernel == Kernel.DEPTHWISE || kernel == Kernel.WIDE) return 1;
  return !QUADS && kernel == Kernel.BYTES ? 4 : 2;
}
