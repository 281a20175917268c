/**
 * A small model of two outputs, the first like that of a classifier: it is none, as it has more to say. Its values lie in
 * another order in the original's tensor.
 */

import { writeModel } from "../../../convert/write/model.ts";
import { network, population, projection } from "../../reference/build.ts";

/** Samples of the model's input, 2×2×3. */
export const TWO_OUTPUTS_SAMPLES = Uint8Array.from({ length: 12 }, (_, i) => 20 * i + 5);

const REORDERED = {
  shape: [3, 1],
  rows: Int32Array.of(0),
  columns: Int32Array.of(0),
  channels: Int32Array.of(2, 0, 1),
};

/**
 * The model file.
 * @param coding of its input; with a range it takes no images
 */
export function twoOutputs(coding: { readonly range?: [number, number] } = {}): Uint8Array {
  const shape: [number, number, number] = [2, 2, 3];
  const populations = [
    population("input", shape, 0),
    population("bistable", shape, 1, { shift: [5, 5, 5] }),
    { ...population("output", [1, 1, 3], 2, { unit: [0.1, 0.25, 3] }), tensor: REORDERED },
    population("output", [1, 1, 2], 2, { unit: [1e-8, 3e20], bias: [1, -1] }),
  ];
  const joined = (target: number, channels: number, weight: Int8Array) =>
    projection({
      source: 1,
      target,
      sourceChannels: [0, 3],
      targetChannels: [0, channels],
      region: [0, 0, 1, 1],
      kernel: [2, 2],
      weight,
    });
  const projections = [
    projection({
      source: 0,
      target: 1,
      sourceChannels: [0, 3],
      targetChannels: [0, 3],
      region: [0, 0, 2, 2],
      weight: Int8Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1),
    }),
    joined(
      2,
      3,
      Int8Array.from({ length: 36 }, (_, i) => (i % 7) - 3),
    ),
    joined(3, 2, new Int8Array(24).fill(2)),
  ];
  return writeModel(network(3, populations, projections, { coding: "current", ...coding }));
}
