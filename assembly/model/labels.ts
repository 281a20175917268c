/** Reads the labels one after the other. */
import { Key, countOf, has, pointerOf } from "./keys";

let index: u32 = 0;
let at: usize = 0;

/** How many labels the file has, 0 where it has none. */
export function labelCount(): u32 {
  return has(Key.LABELS) ? countOf(Key.LABELS) : 0;
}

/** Pointer to a label's length (u64) and bytes; quick where labels are asked for in order. */
export function label(i: u32): usize {
  if (!at || i < index) {
    index = 0;
    at = pointerOf(Key.LABELS);
  }
  for (; index < i; index++) at += 8 + <usize>load<u64>(at);
  return at;
}
