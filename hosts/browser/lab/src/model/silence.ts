/** A model file with neurons silenced: what they hear and begin with is set to zero, so that they never reach a threshold. */

import { stateChecksum } from "../../../../../convert/write/checksum.ts";
import { readContainer, TensorType } from "./container.ts";
import { readModel } from "./model.ts";

/** A channel of a population, or all of it. */
export interface Silenced {
  readonly population: number;
  readonly channel: number | null;
}

/** Whether a population can be silenced: relays repeat, inputs are given, outputs answer. */
export function canBeSilenced({ kind }: { kind: string }): boolean {
  return kind === "bistable";
}

/**
 * The same file with some neurons silenced.
 * @param silenced of bistable populations; others are left as they are
 */
export function silence(file: Uint8Array, silenced: readonly Silenced[]): Uint8Array {
  const edited = new Uint8Array(file);
  const { populations, projections } = readModel(file);
  const { tensors } = readContainer(file);
  const zero = (name: string, first: number, count: number) => {
    const tensor = tensors.get(name)!;
    const size = tensor.type === TensorType.i8 ? 1 : tensor.type === TensorType.i16 ? 2 : 4;
    edited.fill(0, tensor.at + first * size, tensor.at + (first + count) * size);
  };
  for (const { population: i, channel } of silenced) {
    const population = populations[i];
    if (!population || !canBeSilenced(population)) continue;
    const channels = channel === null ? Array.from({ length: population.channels }, (_, c) => c) : [channel];
    for (const c of channels) {
      zero(`population.${i}.initial`, c, 1);
      for (let n = c; n < population.bias.length; n += population.channels) zero(`population.${i}.bias`, n, 1);
      for (const { index, target, targetChannels, kernel, sourceChannels, groups } of projections) {
        const o = c - targetChannels[0];
        if (target !== i || o < 0 || o >= targetChannels[1]) continue;
        const size = (kernel[0] * kernel[1] * sourceChannels[1]) / groups;
        zero(`projection.${index}.weight`, o * size, size);
      }
    }
  }
  stateChecksum(edited);
  return edited;
}
