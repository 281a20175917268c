/** The largest activations on inputs that nothing else is fitted to. */

import type { UnquantizedNetwork } from "../network/network.ts";
import { type AnnRunner, annInput } from "./activations.ts";
import { largestOf } from "./views.ts";

/**
 * The ANN's largest activations on some inputs, by population: `[n][C]` in ANN units, rectified, none above the ceiling; null
 * where there is nothing to scale. The inputs are run once, so that what is held at a time does not grow with them.
 * @param anns runners of it; each takes the next image when it is done with one
 * @param images 8-bit samples
 * @param onProgress told after each input
 */
export async function largestActivations(
  anns: readonly AnnRunner[],
  network: UnquantizedNetwork,
  images: readonly Uint8Array[],
  onProgress?: (done: number) => void,
): Promise<(Float32Array | null)[]> {
  // Second neurons have no view: their channels are looked at with the first ones.
  const found = network.populations.map(({ kind, channels, view }) =>
    kind === "bistable" && view && images.length > 0 ? new Float32Array(images.length * channels) : null,
  );
  const wanted = network.populations.flatMap((population, i) => (found[i] ? [{ population, into: found[i] }] : []));
  const tensors = [...new Set(wanted.map(({ population }) => population.view!.tensor))];
  let begun = 0;
  let done = 0;
  const work = async (ann: AnnRunner) => {
    while (begun < images.length) {
      const n = begun++;
      const values = await ann.run(annInput(network.input, images[n]), tensors);
      for (const { population, into } of wanted) {
        const { channels, view } = population;
        largestOf(population, values.get(view!.tensor)!, into.subarray(n * channels, (n + 1) * channels));
      }
      onProgress?.(++done);
    }
  };
  await Promise.all(anns.map(work));
  return found;
}
