/** Decodes outputs into the ANN's units, and ranks classes. */
import { reserve } from "../network/arena";
import { population, populationCount } from "../network/network";
import { Population } from "../network/population";
import { isOutput } from "../neurons/neurons";

/** f32 values of the output last decoded, and u32 indices of its ranking. */
let values: usize = 0;
let ranking: usize = 0;

/** Reserves room for the largest output; false leaves a message. */
export function planOutputs(): bool {
  let most: u64 = 0;
  for (let i: u32 = 0; i < populationCount; i++) {
    if (isOutput(population(i))) most = max(most, population(i).neurons);
  }
  values = reserve(most, 4);
  ranking = reserve(most, 4);
  return values != 0 && ranking != 0;
}

/** Index of the output that comes first in the file: the one that classes are read from. */
export function firstOutput(): u32 {
  let i: u32 = 0;
  while (!isOutput(population(i))) i++;
  return i;
}

/** Whether the network's one output is a list of classes: one position, several values. */
export function isClassifier(): bool {
  let i = firstOutput();
  const p = population(i);
  if (p.height != 1 || p.width != 1 || p.channels == 1) return false;
  while (++i < populationCount) if (isOutput(population(i))) return false;
  return true;
}

/** Decodes potential × unit ÷ presentations, f32, channels last. */
export function decode(p: Population, presentations: u32): usize {
  for (let i: u32 = 0, c: u32 = 0; i < p.neurons; i++) {
    const unit = <f64>load<f32>(p.unit + ((<usize>c) << 2));
    const potential = <f64>load<i32>(p.potentials + ((<usize>i) << 2));
    store<f32>(values + ((<usize>i) << 2), <f32>((potential * unit) / <f64>presentations));
    if (++c == p.channels) c = 0;
  }
  return values;
}

// @ts-ignore: decorator
@inline
function valueOf(i: u32): f32 {
  return load<f32>(values + ((<usize>i) << 2));
}

/** Decodes an output; indices of the `count` ≤ neurons largest values, largest first, the lower index first on ties. */
export function rank(p: Population, presentations: u32, count: u32): usize {
  decode(p, presentations);
  for (let i: u32 = 0; i < p.neurons; i++) {
    // It goes in before all that it exceeds; what moves beyond `count` drops out.
    let place = min(i, count);
    for (; place > 0 && valueOf(i) > valueOf(ranked(place - 1)); place--) {
      if (place < count) store<u32>(ranking + ((<usize>place) << 2), ranked(place - 1));
    }
    if (place < count) store<u32>(ranking + ((<usize>place) << 2), i);
  }
  return ranking;
}

// @ts-ignore: decorator
@inline
function ranked(place: u32): u32 {
  return load<u32>(ranking + ((<usize>place) << 2));
}
