/** Encodes real-valued input as samples (docs/format.md, *Encoding*). */
import { Key, pointerOf } from "../model/keys";
import { isSigned } from "../model/populations";
import { reserve } from "../network/arena";
import { population } from "../network/network";

/** f64 values of one input, H×W×C (H×W×C/2 where signed). */
export let values: usize = 0;
/** u8 samples H×W×C: not those of the last run, which later questions depend on. */
let samples: usize = 0;

/** How many values make one input. */
export function valueCount(): u32 {
  return isSigned() ? population(0).neurons >> 1 : population(0).neurons;
}

/** Reserves, once, room for the values and samples; false leaves a message. */
export function planEncoding(): bool {
  if (!samples) {
    values = reserve(valueCount(), 8);
    samples = reserve(population(0).neurons, 1);
  }
  return values != 0 && samples != 0;
}

/** round(255·x), ties up, x cut to 0…1 (NaN to 0). */
function sampleOf(x: f64): u8 {
  return x > 0 ? <u8>Math.floor(255 * min(x, 1) + 0.5) : 0;
}

/** Turns the values into samples and returns where they lie. */
export function encode(): usize {
  const range = pointerOf(Key.RANGE);
  const lo = load<f64>(range);
  const hi = load<f64>(range, 8);
  const count = valueCount();
  if (!isSigned()) {
    for (let i: u32 = 0; i < count; i++)
      store<u8>(samples + i, sampleOf((load<f64>(values + ((<usize>i) << 3)) - lo) / (hi - lo)));
    return samples;
  }
  const most = max(abs(lo), abs(hi));
  const half = population(0).channels >> 1;
  let to = samples;
  for (let i: u32 = 0; i < count; to += half) {
    for (let c: u32 = 0; c < half; c++, to++, i++) {
      const x = load<f64>(values + ((<usize>i) << 3)) / most;
      store<u8>(to, sampleOf(x));
      store<u8>(to + half, sampleOf(-x));
    }
  }
  return samples;
}
