/** Which taps of a window, or windows of a place, lie inside a map. */
import { pair } from "../network/pair";

/** The first of `count` taps for which start + tap·stride lies in 0…size − 1, and where they end, as a pair. */
export function clip(start: i32, count: u32, stride: u32, size: u32): u64 {
  let before = start < 0 ? <u32>-start : 0;
  let end = <i32>size > start ? size - start : 0;
  if (stride > 1) {
    before = (before + stride - 1) / stride;
    end = (end + stride - 1) / stride;
  }
  const first = min(count, before);
  return pair(first, max(first, min(count, end)));
}
