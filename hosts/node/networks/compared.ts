/** The original of a model file, loaded to be compared with it. */
import type { Network } from "../../../bindings/types.ts";
import { inputOf } from "../data/inputs.ts";
import { InputError } from "../report/failure.ts";
import { loadOriginal, type Original, type ReadingOptions } from "./original.ts";

/**
 * Loads the original of a network.
 * @param onnx path of the original
 * @param model path of the model file
 * @throws InputError naming the file where it cannot be read, or is not what the network was converted from
 */
export async function loadCompared(
  onnx: string,
  model: string,
  network: Network,
  options: ReadingOptions,
): Promise<Original> {
  const { preprocessing } = network;
  const { real } = inputOf(network);
  if (!real && !preprocessing) {
    throw new InputError(
      `${model}: stores neither preprocessing nor a range, which --onnx needs to run the original on the same inputs`,
    );
  }
  const original = await loadOriginal(onnx, real ?? { preprocessing: preprocessing! }, options);
  checkOriginal(onnx, original, network);
  return original;
}

/** @throws InputError where the original's input or outputs have other shapes than the model's */
function checkOriginal(path: string, original: Original, network: Network): void {
  const shapes = (populations: readonly { height: number; width: number; channels: number }[]): string =>
    populations.map(({ height, width, channels }) => `${height}×${width}×${channels}`).join(", ");
  const compare = (what: string, ours: string, theirs: string): void => {
    if (ours === theirs) return;
    throw new InputError(
      `${path}: has ${what} ${theirs}, the spiking model ${ours}; it is not the one that was converted`,
    );
  };
  compare("input", shapes([network.input]), shapes([original.input]));
  const outputs = network.populations.filter(({ kind }) => kind === "output");
  compare("outputs", shapes(outputs), shapes(original.outputs));
}
