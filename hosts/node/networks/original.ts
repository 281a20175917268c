/** The original network, run by onnxruntime-web on the same samples as the spiking one. */

import { readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, normalize, sep } from "node:path";
import type { InputOptions } from "../../../convert/form/input.ts";
import { readModel } from "../../../convert/graph/model.ts";
import { annInput, type Conversion, ConversionError, type ConversionFault, readView } from "../../../convert/index.ts";
import { buildNetwork } from "../../../convert/network/build.ts";
import type { PerInput } from "../../../convert/per-input.ts";
import { outputTensors } from "../../../convert/wiring.ts";
import { readInput } from "../data/file.ts";
import { atPath, InputError } from "../report/failure.ts";

type UnquantizedNetwork = Conversion["unquantized"];
type UnquantizedPopulation = UnquantizedNetwork["populations"][number];

/** @throws InputError naming the file where it cannot be read */
export function readOnnxFile(path: string): Promise<Uint8Array> {
  return readInput(path);
}

/**
 * Reads the external data files of a model, which lie in its folder or below and nowhere else, links followed.
 * @param onRead told each file's path before it is read
 */
export function externalData(
  model: string,
  onRead: (path: string) => void = () => {},
): (location: string) => Uint8Array {
  const outside = (location: string) =>
    new InputError(
      `${model}: names external data at ${JSON.stringify(location)}; a file below the model's folder is supported`,
    );
  return (location) => {
    const relative = normalize(location);
    if (isAbsolute(relative) || relative === ".." || relative.startsWith(`..${sep}`)) throw outside(location);
    const path = join(dirname(model), relative);
    try {
      // A model that is a link itself may have its data beside what it leads to.
      const folders = [realpathSync(dirname(model)), dirname(realpathSync(model))];
      const real = realpathSync(path);
      const below = (folder: string) => real.startsWith(folder.endsWith(sep) ? folder : folder + sep);
      if (!folders.some(below)) throw outside(location);
      // A device or pipe might have no end; folders are told by reading them.
      if (!statSync(real).isFile() && !statSync(real).isDirectory()) throw outside(location);
      onRead(real);
      return readFileSync(real);
    } catch (error) {
      throw atPath(`${model}: external data ${path}`, error);
    }
  };
}

/** Faults that lie elsewhere. */
const OF_NO_MODEL: ReadonlySet<ConversionFault> = new Set(["bad-input", "not-installed"]);

/** Puts the model's file name before what the converter says about it. */
export function aboutModel(path: string, error: unknown): unknown {
  if (!(error instanceof ConversionError) || OF_NO_MODEL.has(error.code)) return error;
  return new InputError(error.message.startsWith(path) ? error.message : `${path}: ${error.message}`, { cause: error });
}

/** A converted network's original: its values where the spiking network has a population. */
export class Original {
  readonly #network: UnquantizedNetwork;
  readonly #ann: Conversion["ann"];

  constructor(network: UnquantizedNetwork, ann: Conversion["ann"]) {
    this.#network = network;
    this.#ann = ann;
  }

  /** The network's input. */
  get input(): UnquantizedPopulation {
    return this.#network.populations[0];
  }

  /** All of its populations, in the order of the model file. */
  get populations(): readonly UnquantizedPopulation[] {
    return this.#network.populations;
  }

  /** The network's outputs, in the order of the model file. */
  get outputs(): readonly UnquantizedPopulation[] {
    return this.#network.populations.filter(({ kind }) => kind === "output");
  }

  /** Of a classifier (one output, one position, several values) the number of classes; null of any other. */
  get classes(): number | null {
    const [output, ...others] = this.outputs;
    const isList = output.height * output.width === 1 && output.tensor!.shape.filter((size) => size > 1).length === 1;
    return others.length === 0 && isList ? output.channels : null;
  }

  /** What an input's samples stand for. */
  get coding(): UnquantizedNetwork["input"] {
    return this.#network.input;
  }

  /**
   * Runs one image.
   * @param samples H×W×C, 0…255, channels last
   * @param populations of this network, none of them synchronous
   * @returns for each population its values before rectification, H×W×C, channels last, in the ANN's units
   */
  async run(samples: Uint8Array, populations: readonly UnquantizedPopulation[]): Promise<Float32Array[]> {
    return this.values(annInput(this.#network.input, samples), populations);
  }

  /**
   * Runs an input tensor of the original.
   * @param input row-major, batch of one
   * @param populations as for `run`, which says what is returned
   */
  async values(input: Float32Array, populations: readonly UnquantizedPopulation[]): Promise<Float32Array[]> {
    const tensors = [...new Set(populations.map(({ view }) => view!.tensor))];
    const values = await this.#ann.run(input, tensors);
    return populations.map((population) => {
      const { height, width, channels, view } = population;
      const read = new Float32Array(height * width * channels);
      readView(population, values.get(view!.tensor)!, read);
      return read;
    });
  }

  /**
   * Runs one image.
   * @param samples as for `run`
   * @param coding what they stand for, where it is not what the network was built with
   * @returns the tensors that the network's outputs stand for, row-major, in the ANN's units
   */
  async answer(samples: Uint8Array, coding = this.coding): Promise<Float32Array[]> {
    return outputTensors(this.outputs, await this.values(annInput(coding, samples), this.outputs));
  }
}

/** What a conversion was told of the model. */
export interface ReadingOptions {
  /** Fixes a dynamic input shape, batch included. */
  readonly inputShape?: PerInput<readonly number[]>;
  /** Tensors that stand for its outputs. */
  readonly outputs?: readonly string[];
}

/**
 * Loads an ONNX model to be run on the samples of a model file.
 * @param inputs what the samples of each input stand for, as the model file stores it
 * @throws InputError naming the file where it cannot be read, executed or compared
 */
export async function loadOriginal(
  path: string,
  inputs: readonly InputOptions[],
  options: ReadingOptions,
): Promise<Original> {
  const bytes = await readOnnxFile(path);
  try {
    const { inputShape, outputs } = options;
    const model = await readModel(bytes, {
      external: externalData(path),
      ...(inputShape && { inputShape }),
      ...(outputs && { outputs }),
      ...(inputs.length === 1 && "range" in inputs[0] && { range: inputs[0].range }),
    });
    if (model.inputs.length !== inputs.length) {
      const found = `has ${model.inputs.length} inputs, the spiking model ${inputs.length}`;
      throw new InputError(`${path}: ${found}; it is not the one that was converted`);
    }
    return new Original(buildNetwork(model, inputs), model.ann);
  } catch (error) {
    throw aboutModel(path, error);
  }
}
