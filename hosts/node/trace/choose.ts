/** Which neurons to follow: those asked for, or some that show how the network works. */

import type { Network } from "../../../bindings/types.ts";
import { InputError } from "../report/failure.ts";
import { type Chosen, type Lane, peaks, type Recording, type Runnable } from "./record.ts";

/**
 * Reads `POP:Y,X,C`: a population by its index or name, a position and a channel.
 * @returns the population's index and the neuron's
 * @throws InputError saying what was found and which there are
 */
export function parseNeuron(
  text: string,
  { populations }: Network,
): { readonly index: number; readonly neuron: number } {
  const fault = (what: string) => new InputError(`--neuron: found '${text}'; ${what}`);
  const [, name, at] = text.match(/^(.+):(\d+,\d+,\d+)$/s) ?? [];
  if (at === undefined) throw fault("POPULATION:Y,X,C is supported, such as 3:0,0,5");
  const found =
    populations.find((population) => population.name === name) ??
    (/^\d+$/.test(name) ? populations[Number(name)] : undefined);
  if (!found)
    throw fault(`there is no population '${name}'; the model has 0 to ${populations.length - 1}, which inspect lists`);
  if (found.kind !== "bistable")
    throw fault(`population '${found.name}' is ${found.kind}; neurons of bistable ones are supported`);
  const [y, x, c] = at.split(",").map(Number);
  const { height, width, channels } = found;
  if (y >= height || x >= width || c >= channels)
    throw fault(`population '${found.name}' is ${height}×${width}×${channels}`);
  return { index: found.index, neuron: (y * width + x) * channels + c };
}

/** Index of the largest of some values of which a condition holds, -1 where there is none. */
function largest(values: ArrayLike<number>, counts: (n: number) => boolean): number {
  let best = -1;
  for (let n = 0; n < values.length; n++) if (counts(n) && (best < 0 || values[n] > values[best])) best = n;
  return best;
}

/**
 * Of the first, a middle and the last bistable population the neuron with the largest level below the ceiling; and of the middle one
 * the silent neuron that was the most excited before its inhibition arrived, which could have spiked had it not waited.
 */
export function chooseNeurons(runnable: Runnable, samples: Uint8Array, { lanes, phases }: Recording): Chosen {
  const bistable = lanes.filter(({ population }) => population.kind === "bistable");
  if (bistable.length === 0) return [];
  const places = [0, Math.floor(bistable.length / 2), bistable.length - 1];
  const ceiling = 2 ** phases - 1;
  const active = [...new Set(places)].flatMap((place) => {
    const lane = bistable[place];
    const neuron = largest(lane.levels, (n) => lane.levels[n] > 0 && lane.levels[n] < ceiling);
    return neuron < 0 ? [] : [{ lane, neuron }];
  });
  const lane = bistable[places[1]];
  const silent = silentNeuron(lane, peaks(runnable, samples, lane));
  return silent < 0 ? active : [...active, { lane, neuron: silent }];
}

function silentNeuron({ levels, indices }: Lane, most: Float64Array): number {
  const spiking = new Set(indices);
  // A level had arrived, so that a neuron that does not wait could have fired it.
  return largest(most, (n) => levels[n] === 0 && !spiking.has(n) && most[n] >= 1);
}
