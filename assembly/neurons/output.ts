/** Output neurons: they integrate and never fire; their potential is the answer. */
import { reserveZeroed } from "../network/arena";
import { THREADS, endOf, first as firstChannel } from "../network/part";
import { Population } from "../network/population";
import { planBase } from "./base";

/** Reserves an output's potentials and fills its base; false (with a message) where memory ends. */
export function planOutput(p: Population): bool {
  p.potentials = reserveZeroed(p.neurons, 4);
  return p.potentials != 0 && planBase(p);
}

/**
 * Adds the potentials of `positions` positions, rows of p.pitch int32, to the output's sums over presentations. Sums
 * saturate: one presentation is proved to fit into 32 bits, many need not.
 */
export function addToOutput(p: Population, from: usize, neuron: usize, positions: u32, first: bool): void {
  let to = p.potentials + (neuron << 2);
  for (let x: u32 = 0; x < positions; x++) {
    for (let c: u32 = 0; c < p.channels; c++, to += 4) {
      if (THREADS && (c < firstChannel || c >= endOf(p.channels))) continue;
      const sum = (first ? 0 : <i64>load<i32>(to)) + load<i32>(from + ((<usize>c) << 2));
      store<i32>(to, <i32>min(max(sum, i32.MIN_VALUE), i32.MAX_VALUE));
    }
    from += (<usize>p.pitch) << 2;
  }
}
