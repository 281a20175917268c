/** The original of a model file, loaded to be compared with it. */
import type { Network } from "../../../bindings/types.ts";
import type { InputOptions } from "../../../convert/form/input.ts";
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
  const original = await loadOriginal(onnx, meaningsOf(model, network), options);
  checkOriginal(onnx, original, network);
  return original;
}

/** What the samples of each input stand for. */
function meaningsOf(model: string, network: Network): readonly InputOptions[] {
  return network.inputs.map(({ range, signed, preprocessing }) => {
    if (range) return { range, signed };
    if (preprocessing) return { preprocessing };
    throw new InputError(
      `${model}: stores neither preprocessing nor a range, which --onnx needs to run the original on the same inputs`,
    );
  });
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
  compare("input", shapes([network.populations[0]]), shapes([original.input]));
  const outputs = network.populations.filter(({ kind }) => kind === "output");
  compare("outputs", shapes(outputs), shapes(original.outputs));
}
