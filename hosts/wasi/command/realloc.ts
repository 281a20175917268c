/** Memory for hosts that need some of ours: the adapter by which this module becomes a component. */
import { reserve } from "../../../assembly/network/arena";

/**
 * Gives a host memory of the arena, which otherwise takes all of linear memory for its own; it is never given back.
 * Without this export the adapter would grow the memory itself, and the arena would run over it.
 */
export function cabi_realloc(old: usize, oldSize: usize, align: usize, size: usize): usize {
  const pointer = reserve(<u64>size + align, 1);
  if (!pointer) unreachable();
  const aligned = align ? (pointer + align - 1) & ~(align - 1) : pointer;
  if (oldSize) memory.copy(aligned, old, min(oldSize, size));
  return aligned;
}
