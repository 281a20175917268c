/** Reads the fixed-step engine's state between steps, as dense maps or lists in one shared buffer. */
import { spent } from "../neurons/membranes";
import { reserve } from "../network/arena";
import { phases, population, populationCount, sendsCurrent } from "../network/network";
import { Population } from "../network/population";
import { isOutput } from "../neurons/neurons";
import { fires, integrates, time } from "./step";

/** The buffer: 4 bytes for each neuron of the largest population. */
export let listing: usize = 0;

/** Reserves it, once; false leaves a message. */
export function planListing(): bool {
  if (listing) return true;
  let neurons: u64 = 0;
  for (let i: u32 = 0; i < populationCount; i++) neurons = max(neurons, population(i).neurons);
  listing = reserve(neurons, 4);
  return listing != 0;
}

/** Lists the flat indices (u32, ascending) of the neurons that spiked in the step just made; returns their number. */
export function listSpikes(i: u32): u32 {
  const p = population(i);
  if (!time || sendsCurrent(i)) return 0;
  const step = time - 1;
  if (!fires(p, step / phases)) return 0;
  const shift = phases - 1 - (step % phases);
  let to = listing;
  for (let n: u32 = 0; n < p.neurons; n++) {
    if (!(((<u32>load<u8>(p.levels + n)) >> shift) & 1)) continue;
    store<u32>(to, n);
    to += 4;
  }
  return (<u32>(to - listing)) >> 2;
}

/** Writes the membrane potentials v; an output's go on from presentation to presentation. */
export function listMembranes(i: u32): void {
  const p = population(i);
  if (isOutput(p)) {
    memory.copy(listing, p.potentials, (<usize>p.neurons) << 2);
    return;
  }
  listIntegrated(i);
  for (let n: u32 = 0, c: u32 = 0; n < p.neurons; n++) {
    const at = listing + ((<usize>n) << 2);
    store<i32>(at, load<i32>(at) - spent(p, load<u8>(p.levels + n), c));
    if (++c == p.channels) c = 0;
  }
}

/** Writes the potentials integrated, of which firing takes nothing off. */
export function listIntegrated(i: u32): void {
  const p = population(i);
  copy(p, p.membrane, 0);
}

/** Writes the phase-weighted inputs u, zero but in a period of integrating: the engine keeps them times 2^(K−1−p). */
export function listInputs(i: u32): void {
  const p = population(i);
  const step = max(time, 1) - 1;
  if (integrates(p, step / phases)) copy(p, p.current, phases - 1 - (step % phases));
  else memory.fill(listing, 0, (<usize>p.neurons) << 2);
}

function copy(p: Population, from: usize, shift: i32): void {
  let to = listing;
  for (let i: u32 = 0, positions = p.height * p.width; i < positions; i++, from += (<usize>p.pitch) << 2) {
    for (let c: u32 = 0; c < p.channels; c++, to += 4) store<i32>(to, load<i32>(from + ((<usize>c) << 2)) >> shift);
  }
}
