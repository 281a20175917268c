/** What a file says of the tensors that its outputs stand for (docs/format.md). */

import { type OutputTensor, tensorOrder } from "../wiring.ts";

/** An output as it is written. */
interface Output {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly tensor?: OutputTensor;
}

/**
 * The shapes of outputs, each after its number of axes, and the places of their values; empty where a reader takes the same
 * without being told.
 * @param outputs in the order of the file
 */
export function outputNumbers(outputs: readonly Output[]): { readonly shape: number[]; readonly place: number[] } {
  const tensors = outputs.map((output) => output.tensor ?? plainTensor(output));
  const isPlaced = tensors.some((tensor) => tensor.continues || tensorOrder(tensor).some((at, k) => at !== k));
  const isShaped = tensors.some(({ shape }, k) => shape.join() !== plainTensor(outputs[k]).shape.join());
  return {
    shape:
      isPlaced || isShaped
        ? tensors.flatMap(({ shape, continues }) => (continues ? [] : [shape.length, ...shape]))
        : [],
    place: isPlaced ? tensors.flatMap(({ rows, columns, channels }) => [...rows, ...columns, ...channels]) : [],
  };
}

/** What an output is without being told: a batch of one, of classes or of a map with channels last. */
function plainTensor({ height, width, channels }: Output): OutputTensor {
  const steps = (count: number, step: number) => Int32Array.from({ length: count }, (_, k) => k * step);
  return {
    shape: height * width === 1 ? [1, channels] : [1, height, width, channels],
    rows: steps(height, width * channels),
    columns: steps(width, channels),
    channels: steps(channels, 1),
  };
}
