/**
 * Synchronous neurons: relays that fire in one period what they received in the one before. In period mode their levels are
 * another name for their source's; only samples, which may be more than a level, are cut to the highest.
 */
import { reserveZeroed } from "../network/arena";
import { phases, population, samples, sendsCurrent } from "../network/network";
import { Population } from "../network/population";

function highest(): i32 {
  return (1 << phases) - 1;
}

/** Takes the source's levels, or reserves its own; false leaves a message. */
export function planSynchronous(p: Population): bool {
  const source = p.incoming!.source;
  p.relay = sendsCurrent(source) ? 0 : population(source).levels;
  p.levels = p.relay ? p.relay : reserveZeroed(p.neurons, 1);
  return p.levels != 0;
}

/** Period mode: fires the input's samples, if it is them that it relays. */
export function relaySamples(p: Population): void {
  if (!p.relay) cutSamples(p);
}

/** Makes levels of the input's samples. */
export function cutSamples(p: Population): void {
  const most = <u8>highest();
  for (let i: u32 = 0; i < p.neurons; i++) store<u8>(p.levels + i, min(load<u8>(samples + i), most));
}

/** Step by step: receives the spikes of one position's channels (u32), each worth 2^shift. */
export function receiveSpikes(p: Population, y: u32, x: u32, channels: usize, count: u32, shift: i32): void {
  const to = p.current + (((<usize>y * p.width + x) * p.pitch) << 2);
  for (let i: u32 = 0; i < count; i++) {
    const at = to + ((<usize>load<u32>(channels + ((<usize>i) << 2))) << 2);
    store<i32>(at, load<i32>(at) + (1 << shift));
  }
}

/** Step by step: receives the input's samples. */
export function receiveCurrent(p: Population, input: Population): void {
  let from = input.levels;
  let to = p.current;
  for (let i: u32 = 0, n = input.height * input.width; i < n; i++, to += (<usize>p.pitch) << 2) {
    for (let c: u32 = 0; c < input.channels; c++, from++) store<i32>(to + ((<usize>c) << 2), load<u8>(from));
  }
}

/** Step by step, the start of a firing period: a neuron's potential is the level, or sample, that it has received. */
export function fireSynchronous(p: Population): void {
  const most = highest();
  let v = p.membrane;
  let level = p.levels;
  for (let i: u32 = 0, n = p.height * p.width; i < n; i++, v += (<usize>p.pitch) << 2) {
    for (let c: u32 = 0; c < p.channels; c++, level++)
      store<u8>(level, <u8>min(load<i32>(v + ((<usize>c) << 2)), most));
  }
}
