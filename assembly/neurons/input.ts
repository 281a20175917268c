/** The input population: it sends its samples as graded current, or, phase-coded, fires their most significant bits. */
import { reserveZeroed } from "../network/arena";
import { phaseCoded, phases, samples, setSamples } from "../network/network";
import { Population } from "../network/population";

/** Reserves the samples and, where it fires them, their levels; false leaves a message. */
export function planInput(p: Population): bool {
  const samples = reserveZeroed(p.neurons, 1);
  if (!samples) return false;
  setSamples(samples);
  p.levels = phaseCoded ? reserveZeroed(p.neurons, 1) : samples;
  return p.levels != 0;
}

/** What a sample, or a zero point, is in the unit of the input's levels. */
export function levelOfSample(sample: u32): u32 {
  return phaseCoded ? sample >> (8 - phases) : sample;
}

/** Turns samples into what the input fires; current coding hands them on as they are. */
export function fireInput(p: Population): void {
  if (!phaseCoded) return;
  const shift = 8 - phases;
  // Both maps have slack after them: a last vector may pass their end.
  for (let i: u32 = 0; i < p.neurons; i += 16) v128.store(p.levels + i, i8x16.shr_u(v128.load(samples + i), shift));
}
