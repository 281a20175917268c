/** Membranes of the fixed-step engine: what happens to all neurons of a population at the edges of a period. */
import { phases } from "../network/network";
import { Population } from "../network/population";

/** Sets v to the initial potential everywhere. */
export function rest(p: Population): void {
  let v = p.membrane;
  for (let i: u32 = 0, n = p.height * p.width; i < n; i++, v += (<usize>p.pitch) << 2) {
    if (p.initial) memory.copy(v, p.initial, (<usize>p.channels) << 2);
    else memory.fill(v, 0, (<usize>p.channels) << 2);
  }
}

/** Cuts what is left in v after firing to what is carried over: clamp(v, 0, 2^s − 1). */
export function carryOver(p: Population): void {
  let v = p.membrane;
  let level = p.levels;
  for (let i: u32 = 0, n = p.height * p.width; i < n; i++, v += (<usize>p.pitch) << 2) {
    for (let c: u32 = 0; c < p.channels; c++, level++) {
      const at = v + ((<usize>c) << 2);
      const most = (1 << shiftOf(p, c)) - 1;
      store<i32>(at, min(max(load<i32>(at) - spent(p, load<u8>(level), c), 0), most));
    }
  }
}

function shiftOf(p: Population, channel: u32): i32 {
  return p.shift ? <i32>load<u8>(p.shift + channel) : 0;
}

/** What the spikes of this period have taken off v: θ = 2^(s+K−1−p) for each. */
export function spent(p: Population, level: u32, channel: u32): i32 {
  return <i32>((level & p.fired) << shiftOf(p, channel));
}

/** Sets u to zero. */
export function clearInput(p: Population): void {
  memory.fill(p.current, 0, (<usize>(p.height * p.width * p.pitch)) << 2);
}

/** The end of an accumulating period: v ← v + u + b. */
export function integrate(p: Population): void {
  let v = p.membrane;
  let u = p.current;
  let bias = p.bias;
  for (let i: u32 = 0, n = p.height * p.width; i < n; i++) {
    for (let c: u32 = 0; c < p.pitch; c += 4) {
      const at = (<usize>c) << 2;
      let sum = i32x4.add(v128.load(v + at), v128.load(u + at));
      if (bias) sum = i32x4.add(sum, v128.load(bias + at));
      v128.store(v + at, sum);
    }
    v += (<usize>p.pitch) << 2;
    u += (<usize>p.pitch) << 2;
    if (p.biasMap) bias += (<usize>p.channels) << 2;
  }
}

/** Digits of a level that are fired from `shift` on: all from the most significant. */
export function firedDownTo(shift: i32): u32 {
  return (1 << phases) - (1 << shift);
}
