/** Decodes outputs into the ANN's units, and ranks classes. */
import { reserve } from "./arena";
import { population, populationCount } from "./network";
import { Kind, Population } from "./population";

/** f32 values of the output last decoded, and u32 indices of its ranking. */
let values: usize = 0;
let ranking: usize = 0;

export function planOutputs(): bool {
  let most: u64 = 0;
  for (let i: u32 = 0; i < populationCount; i++) {
    if (population(i).kind == Kind.OUTPUT) most = max(most, population(i).neurons);
  }
  values = reserve(most, 4);
  ranking = reserve(most, 4);
  return values != 0 && ranking != 0;
}

/** Decodes potential × unit ÷ presentations, f32, channels last. */
export function decode(p: Population, presentations: u32): usize {
  for (let i: u32 = 0, c: u32 = 0; i < p.neurons; i++) {
    const unit = <f64>load<f32>(p.unit + (<usize>c << 2));
    const potential = <f64>load<i32>(p.potentials + (<usize>i << 2));
    store<f32>(values + (<usize>i << 2), <f32>((potential * unit) / <f64>presentations));
    if (++c == p.channels) c = 0;
  }
  return values;
}

// @ts-ignore: decorator
@inline
function valueOf(i: u32): f32 {
  return load<f32>(values + (<usize>i << 2));
}

/** Indices of the `count` ≤ neurons largest of the values last decoded, largest first, the lower index first on ties. */
export function rank(p: Population, count: u32): usize {
  for (let k: u32 = 0; k < count; k++) {
    let best: u32 = u32.MAX_VALUE;
    for (let i: u32 = 0; i < p.neurons; i++) {
      if (best != u32.MAX_VALUE && valueOf(i) <= valueOf(best)) continue;
      if (k && !follows(i, load<u32>(ranking + (<usize>(k - 1) << 2)))) continue;
      best = i;
    }
    store<u32>(ranking + (<usize>k << 2), best);
  }
  return ranking;
}

/** Whether entry i comes after entry j in the ranking. */
function follows(i: u32, j: u32): bool {
  return valueOf(i) < valueOf(j) || (valueOf(i) == valueOf(j) && i > j);
}
