/** The original network's values on the calibration images. */

import type { UnquantizedNetwork } from "../network/network.ts";
import type { InputCoding, UnquantizedPopulation } from "../wiring.ts";
import { holdsAll, readView, unreadView } from "./views.ts";

/** Runs the original network on one input and returns the named tensors of its graph, batch of one, row-major. */
export interface AnnRunner {
  run(
    input: Float32Array,
    tensors: readonly string[],
    known?: ReadonlyMap<string, Float32Array>,
  ): Promise<Map<string, Float32Array>>;
  /** Which of some tensors that have been asked for others are computed from, were they known. */
  goesOnFrom(tensors: readonly string[], candidates: readonly string[]): string[];
  /** Whether it runs beside this thread: it can be asked for many inputs at once, and for what is needed only later. */
  readonly apart?: boolean;
}

/** Floats of ANN activations that a step gives, and as many that the next goes on from, are held at once. */
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

/** A population, and its values on all images. */
interface Kept {
  readonly population: UnquantizedPopulation;
  readonly values: Float32Array;
}

/** What a pass over the images gives. */
interface Step {
  /** By population. */
  readonly held: Map<number, Float32Array>;
  /** Population that the next step begins with. */
  readonly end: number;
}

/**
 * The ANN's pre-activations of every population on the calibration images. Populations must be asked for in
 * ascending order: the images are run once, in steps that end with a group of populations each. A step goes on from what the one
 * before it gave, which is held until then; the other values are dropped when the next step begins. A runner beside this thread is one
 * step ahead; its steps are the same, since they decide about bits.
 */
export class Activations {
  readonly #ann: AnnRunner;
  readonly #network: UnquantizedNetwork;
  readonly #inputs: Float32Array[];
  readonly #window: number;
  #held = new Map<number, Float32Array>();
  /** The step that a runner beside this thread is at. */
  #ahead: Promise<Step> | null = null;
  /** By tensor: what the next step goes on from. */
  #known = new Map<string, Kept>();

  /**
   * @param inputs the ANN's input tensor of every image
   * @param window values that a step gives at most, where that is more than one population; as many are kept for the next
   */
  constructor(ann: AnnRunner, network: UnquantizedNetwork, inputs: Float32Array[], window = WINDOW_VALUES) {
    this.#ann = ann;
    this.#network = network;
    this.#inputs = inputs;
    this.#window = window;
  }

  /** Pre-activations of population `index`, which has a view, on all images: `[n][H][W][C]` in ANN units. */
  async of(index: number): Promise<Float32Array> {
    if (!this.#held.has(index)) await this.#fetch(index);
    const values = this.#held.get(index)!;
    this.#held.delete(index);
    return values;
  }

  /** Lets a runner beside this thread begin with the first step; another begins when it is asked. */
  begin(): void {
    this.#goAhead(0);
  }

  async #fetch(from: number): Promise<void> {
    this.#held.clear();
    const { held, end } = await (this.#ahead ?? this.#step(from));
    this.#ahead = null;
    this.#held = held;
    this.#goAhead(end);
  }

  #goAhead(from: number): void {
    if (!this.#ann.apart || !this.#network.populations.slice(from).some(({ view }) => view)) return;
    this.#ahead = this.#step(from);
    // It is told to whoever asks for the step.
    this.#ahead.catch(() => {});
  }

  async #step(from: number): Promise<Step> {
    const images = this.#inputs.length;
    const { populations } = this.#network;
    const found = new Map<number, Float32Array>();
    let held = 0;
    let end = from;
    for (; end < populations.length; end++) {
      const { view, height, width, channels } = populations[end];
      if (!view) continue;
      const size = images * height * width * channels;
      if (found.size > 0 && held + size > this.#window) break;
      found.set(end, new Float32Array(size));
      held += size;
    }
    const wanted = [...found].map(([i, values]): Kept => ({ population: populations[i], values }));
    const tensors = tensorsOf(wanted.map(({ population }) => population));
    const lengths = new Map<string, number>();
    const one = async (n: number) => {
      const known = new Map(
        [...this.#known].map(([tensor, kept]) => [tensor, unreadView(kept.population, ofImage(kept, n, images))]),
      );
      const values = await this.#ann.run(this.#inputs[n], tensors, known);
      for (const { population, values: into } of wanted) {
        const data = values.get(population.view!.tensor)!;
        lengths.set(population.view!.tensor, data.length);
        readView(population, data, into, n * (into.length / images));
      }
    };
    if (this.#ann.apart) await Promise.all(this.#inputs.map((_, n) => one(n)));
    else for (let n = 0; n < images; n++) await one(n);
    this.#keep(wanted, lengths, tensorsOf(populations.slice(end)));
    return { held: found, end };
  }

  /**
   * Keeps what the next step goes on from.
   * @param found populations of this step
   * @param lengths of their tensors
   * @param later tensors of all further steps
   */
  #keep(found: readonly Kept[], lengths: ReadonlyMap<string, number>, later: readonly string[]): void {
    const all = new Map(this.#known);
    for (const kept of found) {
      const { tensor } = kept.population.view!;
      if (later.length > 0 && holdsAll(kept.population, lengths.get(tensor)!)) all.set(tensor, kept);
    }
    const needed = later.length > 0 ? this.#ann.goesOnFrom(later, [...all.keys()]) : [];
    this.#known = new Map(needed.map((tensor) => [tensor, all.get(tensor)!]));
    const size = [...this.#known.values()].reduce((sum, { values }) => sum + values.length, 0);
    if (size > this.#window) this.#known.clear();
  }
}

/** The values of one image. */
function ofImage({ values }: Kept, n: number, images: number): Float32Array {
  const size = values.length / images;
  return values.subarray(n * size, (n + 1) * size);
}

/** The tensors that some populations are read out of. */
const tensorsOf = (populations: readonly UnquantizedPopulation[]): string[] => [
  ...new Set(populations.flatMap(({ view }) => (view ? [view.tensor] : []))),
];
