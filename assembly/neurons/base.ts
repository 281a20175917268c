/** What the potentials of weighted populations start from in period mode. */
import { reserve } from "../network/arena";
import { Population } from "../network/population";

/** Reserves and fills p.base; false (with a message) where memory ends. */
export function planBase(p: Population): bool {
  p.base = reserve(p.pitch, 4);
  if (!p.base) return false;
  for (let c: u32 = 0; c < p.pitch; c++) store<i32>(p.base + ((<usize>c) << 2), c < p.channels ? startOf(p, c) : 0);
  return true;
}

/** Initial potential, and bias where that is the same for all positions. */
function startOf(p: Population, c: u32): i32 {
  const at = (<usize>c) << 2;
  return (p.biasMap ? 0 : load<i32>(p.bias + at)) + (p.initial ? load<i32>(p.initial + at) : 0);
}
