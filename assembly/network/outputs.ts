/** Decodes outputs into the ANN's units, and ranks classes. */
import { Population } from "./population";

/** Writes potential × unit ÷ presentations, f32, channels last. */
export function decode(p: Population, presentations: u32, to: usize): void {
  for (let i: u32 = 0, c: u32 = 0; i < p.neurons; i++) {
    const unit = <f64>load<f32>(p.unit + (<usize>c << 2));
    const potential = <f64>load<i32>(p.potentials + (<usize>i << 2));
    store<f32>(to + (<usize>i << 2), <f32>((potential * unit) / <f64>presentations));
    if (++c == p.channels) c = 0;
  }
}

/** Writes the indices (u32) of the `count` largest of `size` f32 values, largest first, the lower index first on ties. */
export function rank(values: usize, size: u32, count: u32, to: usize): void {
  for (let k: u32 = 0; k < count; k++) {
    let best: u32 = u32.MAX_VALUE;
    for (let i: u32 = 0; i < size; i++) {
      const value = load<f32>(values + (<usize>i << 2));
      if (best != u32.MAX_VALUE && value <= load<f32>(values + (<usize>best << 2))) continue;
      if (k && !follows(values, i, load<u32>(to + (<usize>(k - 1) << 2)))) continue;
      best = i;
    }
    store<u32>(to + (<usize>k << 2), best);
  }
}

/** Whether entry i comes after entry j in the ranking. */
function follows(values: usize, i: u32, j: u32): bool {
  const a = load<f32>(values + (<usize>i << 2));
  const b = load<f32>(values + (<usize>j << 2));
  return a < b || (a == b && i > j);
}
