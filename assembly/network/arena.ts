/** The one arena: memory is only ever added, and released with the instance. */
import { found, say, sayNumber, start } from "../message/message";

/** Kernels may read this many bytes past what they were given. */
export const SLACK: u64 = 32;
const ALIGN: u64 = 16;
/** Linear memory that may be in use, bytes; hosts set it before they load. */
export let memoryLimit: u32 = 0xffff0000;

let top: u64 = 0;
/** Memory from here on has never been handed out, and is zero. */
let dirty: u64 = 0;

/** Where the next allocation will lie; with `release`, memory needed only for a while is given back. */
export function mark(): u64 {
  return top;
}

/** Makes what is reserved from here on lie at a place, in memory that another instance has set aside. */
export function continueAt(place: u64): void {
  top = place;
}

/** Gives back what was reserved since a mark. */
export function release(to: u64): void {
  dirty = max(dirty, top);
  top = to;
}

/** Reserves `count` elements of `size` bytes, 16-aligned, with slack after them; 0 (with a message) where memory ends. */
export function reserve(count: u64, size: u64): usize {
  if (!top) top = (<u64>__heap_base + ALIGN - 1) & ~(ALIGN - 1);
  // Both factors are below 2^33, so that the product cannot wrap.
  const bytes = count * size + SLACK;
  const end = (top + bytes + ALIGN - 1) & ~(ALIGN - 1);
  if (end <= memoryLimit) {
    const missing = <i64>((end + 0xffff) >> 16) - <i64>memory.size();
    if (missing <= 0 || memory.grow(<i32>missing) != -1) {
      const pointer = <usize>top;
      top = end;
      return pointer;
    }
  }
  start("not enough memory: ");
  sayNumber(end);
  say(" bytes are needed");
  found(memoryLimit);
  exhausted = true;
  return 0;
}

/** Set once a reservation has failed: tells lack of memory from a bad model. */
export let exhausted: bool = false;

/** As `reserve`, and zeroed: memory given back by `release` may have been written. */
export function reserveZeroed(count: u64, size: u64): usize {
  const pointer = reserve(count, size);
  if (pointer && dirty > pointer) memory.fill(pointer, 0, <usize>min(dirty - pointer, count * size));
  return pointer;
}
