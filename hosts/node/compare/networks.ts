/** The networks that methods run on: the model file itself, and others converted from its original. */
import { type LabNetwork, load } from "../../../bindings/lab.ts";
import { convert, INGREDIENTS, type Ingredient } from "../../../convert/index.ts";
import { inputOf } from "../data/inputs.ts";
import { aboutModel, externalData, type ReadingOptions, readOnnxFile } from "../networks/original.ts";
import type { Kept } from "./keep.ts";

/**
 * What is left out of a conversion so that it is the few-spikes neuron's: all but the outer layers' 16 bits, which all its weights have. So
 * there is one scale per layer, from the maximum, rounded down.
 */
const FEW_SPIKES: readonly Ingredient[] = INGREDIENTS.filter((name) => name !== "outer");

/** Makes networks as they are asked for, by name: `bistable-K` or `few-spikes-K`. */
export class Networks {
  readonly #kept: Kept;
  readonly #network: LabNetwork;
  readonly #model: string;
  readonly #onnx: string;
  readonly #calibration: readonly Uint8Array[];
  readonly #options: ReadingOptions;
  /** Of those that have been asked for. */
  readonly #paths = new Map<string, Promise<string>>();

  constructor(
    kept: Kept,
    network: LabNetwork,
    paths: { readonly model: string; readonly onnx: string },
    calibration: readonly Uint8Array[],
    options: ReadingOptions,
  ) {
    this.#kept = kept;
    this.#network = network;
    this.#model = paths.model;
    this.#onnx = paths.onnx;
    this.#calibration = calibration;
    this.#options = options;
  }

  /** Name of the network of the model file. */
  get own(): string {
    return `bistable-${this.#network.phases}`;
  }

  /** Path of a network's file. */
  async path(name: string): Promise<string> {
    if (name === this.own) return this.#model;
    const known = this.#paths.get(name) ?? this.#kept.file(`${name}.bsnn.gguf`, () => this.#convert(name), isWhole);
    this.#paths.set(name, known);
    return known;
  }

  async #convert(name: string): Promise<Uint8Array> {
    const [, method, phases] = name.match(/^(.+)-([0-9]+)$/)!;
    const { preprocessing, input } = this.#network;
    const { real } = inputOf(this.#network);
    const few = method === "few-spikes";
    try {
      const { file } = await convert(await readOnnxFile(this.#onnx), {
        name,
        phases: Number(phases),
        coding: input.coding,
        // mlGeNN's weights are floats: 16 bits do them no harm.
        ...(few && { without: FEW_SPIKES, weightBits: 16 }),
        ...(real ? { range: real.range, signed: real.signed ?? false } : { preprocessing: preprocessing! }),
        external: externalData(this.#onnx),
        ...(this.#options.inputShape && { inputShape: this.#options.inputShape }),
        ...(this.#options.outputs && { outputs: this.#options.outputs }),
        calibration: async () => this.#calibration,
      });
      return file;
    } catch (error) {
      throw aboutModel(this.#onnx, error);
    }
  }
}

async function isWhole(file: Uint8Array): Promise<boolean> {
  try {
    const network = await load(file);
    network.dispose();
    return true;
  } catch {
    return false;
  }
}
