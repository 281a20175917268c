/**
 * The comparison neuron: phase-coded thresholds like a bistable neuron's, but it integrates and fires at every step, and
 * nothing is ever discarded. Its potential saturates at ±2^30.
 */
import { Population } from "../network/population";

const MOST: i64 = 1 << 30;

/** v ← v + u (+ b where `period` begins), saturating; u ← 0. */
export function absorb(p: Population, period: bool): void {
  const withBias = period && p.bias != 0;
  for (let i: u32 = 0, n = p.height * p.width; i < n; i++) {
    for (let c: u32 = 0; c < p.channels; c++) {
      const at = (<usize>i * p.pitch + c) << 2;
      let v = <i64>load<i32>(p.membrane + at) + load<i32>(p.current + at);
      if (withBias) v += load<i32>(p.bias + ((p.biasMap ? <usize>i * p.channels + c : c) << 2));
      store<i32>(p.membrane + at, <i32>min(max(v, -MOST), MOST));
      store<i32>(p.current + at, 0);
    }
  }
}

/** Spikes and resets where v has reached θ = 2^(s + shift); a neuron whose threshold exceeds 30 bits never does. */
export function spike(p: Population, position: usize, channel: u32, shift: i32): bool {
  const at = p.membrane + ((position * p.pitch + channel) << 2);
  const threshold = (<i64>1) << (shift + <i32>load<u8>(p.shift + channel));
  const v = <i64>load<i32>(at);
  if (v < threshold) return false;
  store<i32>(at, <i32>(v - threshold));
  return true;
}
