/** What a population's synapses deliver on the calibration images. */

import { integrate } from "../calibrate/integrate.ts";
import type { Stages } from "../stages.ts";
import type { Population } from "../wiring.ts";
import type { Incoming } from "./channels.ts";
import type { IntegerWeights } from "./weights.ts";

/** Sums held at a time; where those of all images are more, they are worked out again for each use. */
const MOST_HELD = 32 << 20;

/** The sums Σ weight·level of a population, in units of potential. */
export class ReceivedSums {
  readonly #population: Population;
  readonly #incoming: readonly Incoming[];
  readonly #weights: readonly IntegerWeights[];
  readonly #stages: Stages;
  #all: Float32Array | null = null;

  /** @param weights of each incoming projection */
  constructor(
    population: Population,
    incoming: readonly Incoming[],
    weights: readonly IntegerWeights[],
    stages: Stages,
  ) {
    this.#population = population;
    this.#incoming = incoming;
    this.#weights = weights;
    this.#stages = stages;
  }

  /**
   * Visits the sums of all images, some images after others.
   * @param take receives `[n][H][W][C]`, and where in those of all images they begin
   */
  async visit(take: (sums: Float32Array, at: number) => void | Promise<void>): Promise<void> {
    const { height, width, channels } = this.#population;
    const { images } = this.#incoming[0].source.maps;
    const size = height * width * channels;
    const most = Math.max(1, Math.floor(MOST_HELD / size));
    if (images <= most) {
      this.#all ??= await this.#integrate(0, images);
      await take(this.#all, 0);
      return;
    }
    for (let first = 0; first < images; first += most) {
      await take(await this.#integrate(first, Math.min(most, images - first)), first * size);
    }
  }

  async #integrate(first: number, count: number): Promise<Float32Array> {
    const target = this.#population;
    const sums = new Float32Array(count * target.height * target.width * target.channels);
    for (const [k, { projection, source }] of this.#incoming.entries()) {
      const synapses = { projection, weight: this.#weights[k], source: source.maps, target };
      await this.#stages.time("integration", () => integrate(synapses, sums, [first, count]));
    }
    return sums;
  }
}
