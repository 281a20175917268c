/** Which taps of a window, or windows of a place, lie inside a map. */

/** Taps [firstTap, endTap) are inside. */
export let firstTap: u32 = 0;
export let endTap: u32 = 0;

/** Finds those of `count` taps for which start + tap·stride lies in 0…size − 1. */
export function clip(start: i32, count: u32, stride: u32, size: u32): void {
  let before = start < 0 ? <u32>-start : 0;
  let end = <i32>size > start ? size - start : 0;
  if (stride > 1) {
    before = (before + stride - 1) / stride;
    end = (end + stride - 1) / stride;
  }
  firstTap = min(count, before);
  endTap = max(firstTap, min(count, end));
}
