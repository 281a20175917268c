/** A bounded reader over the model file: nothing is read before it is known to lie inside. */
import { found, sayNumber, say, start } from "../message/message";

let base: usize = 0;
let at: u64 = 0;
let end: u64 = 0;

/** Starts reading at the first byte of a file. */
export function open(file: usize, size: u32): void {
  base = file;
  at = 0;
  end = size;
}

/** Bytes read so far. */
export function position(): u64 {
  return at;
}

/** Bytes not read yet. */
export function remaining(): u64 {
  return end - at;
}

/** Pointer to the next `count` bytes, or 0 (with a message) where the file ends before. */
export function take(count: u64): usize {
  if (count > end - at) {
    start("the file is cut short: at byte ");
    sayNumber(at);
    say(" something of ");
    sayNumber(<i64>(count < <u64>i64.MAX_VALUE ? count : i64.MAX_VALUE));
    say(" bytes begins");
    found(end - at);
    return 0;
  }
  const pointer = base + <usize>at;
  at += count;
  return pointer;
}
