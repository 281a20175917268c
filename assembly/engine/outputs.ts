/** Decodes outputs into the ANN's units, and ranks classes. */
import { reserve } from "../network/arena";
import { population, populationCount } from "../network/network";
import { Kind, Population } from "../network/population";

/** f32 values of the output last decoded, and u32 indices of its ranking. */
let values: usize = 0;
let ranking: usize = 0;

/** Reserves room for the largest output; false leaves a message. */
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
  for (let i: u32 = 0; i < p.neurons; i++) {
    // It goes in before all that it exceeds; what moves beyond `count` drops out.
    let place = min(i, count);
    for (; place > 0 && valueOf(i) > valueOf(ranked(place - 1)); place--) {
      if (place < count) store<u32>(ranking + (<usize>place << 2), ranked(place - 1));
    }
    if (place < count) store<u32>(ranking + (<usize>place << 2), i);
  }
  return ranking;
}

// @ts-ignore: decorator
@inline
function ranked(place: u32): u32 {
  return load<u32>(ranking + (<usize>place << 2));
}
