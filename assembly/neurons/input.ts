/** The input population. */
import { phaseCoded, phases, population, samples } from "../network/network";

/** Turns samples into what the input fires; current coding hands them on as they are. */
export function fireInput(): void {
  if (!phaseCoded) return;
  const input = population(0);
  const shift = 8 - phases;
  // Both maps have slack after them: a last vector may pass their end.
  for (let i: u32 = 0; i < input.neurons; i += 16) v128.store(input.levels + i, i8x16.shr_u(v128.load(samples + i), shift));
}
