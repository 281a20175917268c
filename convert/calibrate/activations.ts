/** The original network's values on the calibration images. */

import type { UnquantizedNetwork } from "../network/network.ts";
import type { InputCoding, UnquantizedPopulation } from "../wiring.ts";

/** Runs the original network on one input and returns the named tensors of its graph, batch of one, row-major. */
export interface AnnRunner {
  run(input: Float32Array, tensors: readonly string[]): Promise<Map<string, Float32Array>>;
}

/** Floats of ANN activations held at once; passes over the calibration images are grouped to stay below it. */
const WINDOW_VALUES = 96 << 20;

/**
 * The ANN's input tensor for one input of 8-bit samples (H×W×C of the input population, channels last): for an image in the
 * file's channel order, for a signed input ON and OFF channels. Of several inputs samples and tensors lie one after the other.
 */
export function annInput(coding: InputCoding, samples: Uint8Array): Float32Array {
  const { gain, shift, index, dims, places } = coding;
  const input = new Float32Array(dims.reduce((product, size) => product * size, 1));
  const channels = gain.length;
  for (let k = 0; k < index.length; k++) {
    const c = (places ? places[k] : k) % channels;
    input[index[k]] += gain[c] * samples[k] + shift[c];
  }
  return input;
}

/**
 * Reads a population's pre-activations out of the tensor of its view.
 * @param data the tensor's values, row-major, batch of one
 * @param into receives H×W×C values, channels last, OFF channels negated, from `into[at]` on
 */
export function readView(population: UnquantizedPopulation, data: Float32Array, into: Float32Array, at = 0): void {
  const { base, strides, channelOffsets } = population.view!;
  const { height, width, channels, signed } = population;
  const viewed = signed ? channels / 2 : channels;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = base + y * strides[0] + x * strides[1];
      for (let c = 0; c < viewed; c++) into[at++] = data[from + (channelOffsets?.[c] ?? c * strides[2])];
      if (signed) for (let c = 0; c < viewed; c++) into[at++] = -data[from + (channelOffsets?.[c] ?? c * strides[2])];
    }
  }
}

/**
 * The ANN's pre-activations of every population on the calibration images. Populations must be asked for in
 * ascending order: the images are run once per group of populations, and a group is dropped when the next begins.
 */
export class Activations {
  readonly #ann: AnnRunner;
  readonly #network: UnquantizedNetwork;
  readonly #inputs: Float32Array[];
  #held = new Map<number, Float32Array>();

  /** @param inputs the ANN's input tensor of every image */
  constructor(ann: AnnRunner, network: UnquantizedNetwork, inputs: Float32Array[]) {
    this.#ann = ann;
    this.#network = network;
    this.#inputs = inputs;
  }

  /** Pre-activations of population `index`, which has a view, on all images: `[n][H][W][C]` in ANN units. */
  async of(index: number): Promise<Float32Array> {
    if (!this.#held.has(index)) await this.#fetch(index);
    const values = this.#held.get(index)!;
    this.#held.delete(index);
    return values;
  }

  async #fetch(from: number): Promise<void> {
    this.#held.clear();
    const images = this.#inputs.length;
    const { populations } = this.#network;
    let held = 0;
    for (let i = from; i < populations.length; i++) {
      const { view, height, width, channels } = populations[i];
      if (!view) continue;
      const size = images * height * width * channels;
      if (this.#held.size > 0 && held + size > WINDOW_VALUES) break;
      this.#held.set(i, new Float32Array(size));
      held += size;
    }
    const wanted = [...this.#held.keys()];
    const tensors = [...new Set(wanted.map((i) => populations[i].view!.tensor))];
    for (let n = 0; n < images; n++) {
      const values = await this.#ann.run(this.#inputs[n], tensors);
      for (const i of wanted) {
        const into = this.#held.get(i)!;
        readView(populations[i], values.get(populations[i].view!.tensor)!, into, n * (into.length / images));
      }
    }
  }
}
