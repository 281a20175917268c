/** The input population. */
import { phaseCoded, phases, population, samples } from "../network/network";

/** Turns samples into what the input fires; current coding hands them on as they are. */
export function fireInput(): void {
  if (!phaseCoded) return;
  const input = population(0);
  const shift = 8 - phases;
  for (let i: u32 = 0; i < input.neurons; i++) store<u8>(input.levels + i, load<u8>(samples + i) >> <u8>shift);
}
