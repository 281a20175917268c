/** What single populations do: how far they are from the original's activations, and which inactivated neurons spike. */
import type { LabNetwork } from "../../../bindings/lab.ts";
import { type InactivatedCurve, InactivatedSums } from "./inactivated.ts";
import type { Run } from "./methods.ts";
import type { Thresholds } from "./thresholds.ts";

/** Pairs of values that are shown of one population. */
const SHOWN = 150;

/** One population with one method, over some images. */
export interface LayerFigures {
  readonly population: string;
  readonly depth: number;
  /** ‖spiking − ANN‖ / ‖ANN‖, and the correlation, of activations. */
  readonly relativeError: number;
  readonly correlation: number;
  /** Share of neurons whose ANN activation is zero that spiked, and of all spikes that are theirs. */
  readonly inactivatedSpiking: number;
  readonly spikesOfInactivated: number;
  /** Some pairs of activations, ANN and spiking. */
  readonly pairs: readonly (readonly [number, number])[];
}

/** Sums of one population. */
class Sums {
  squares = 0;
  difference = 0;
  own = 0;
  ownSquares = 0;
  ann = 0;
  products = 0;
  count = 0;
  inactivated = 0;
  spiking = 0;
  spikes = 0;
  theirs = 0;
  readonly pairs: [number, number][] = [];

  add(ann: number, own: number, spikes: number): void {
    this.count++;
    this.difference += (own - ann) ** 2;
    this.squares += ann * ann;
    this.ann += ann;
    this.own += own;
    this.ownSquares += own * own;
    this.products += ann * own;
    this.spikes += spikes;
    if (ann > 0) return;
    this.inactivated++;
    if (spikes > 0) this.spiking++;
    this.theirs += spikes;
  }

  figures(population: string, depth: number): LayerFigures {
    const n = this.count;
    const covariance = this.products / n - (this.ann / n) * (this.own / n);
    const variances = (this.squares / n - (this.ann / n) ** 2) * (this.ownSquares / n - (this.own / n) ** 2);
    const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);
    return {
      population,
      depth,
      relativeError: share(Math.sqrt(this.difference), Math.sqrt(this.squares)),
      correlation: share(covariance, Math.sqrt(Math.max(variances, 0))),
      inactivatedSpiking: share(this.spiking, this.inactivated),
      spikesOfInactivated: share(this.theirs, this.spikes),
      pairs: this.pairs,
    };
  }
}

/** What a method does with single populations, over some images. */
export interface Layers {
  /** The setting of the method that they were looked at with. */
  readonly label: string;
  readonly figures: readonly LayerFigures[];
  readonly inactivated: InactivatedCurve;
}

/** Ends the names of second neurons, which go on where the first ones end: both together are the original's. */
const ABOVE = "@above";

/** Adds up what a method's last mark comes to, population by population, image by image. */
export class LayerSums {
  readonly #network: LabNetwork;
  readonly #run: Run;
  readonly #sums = new Map<number, Sums>();
  /** Second neurons of the populations that have them. */
  readonly #above = new Map<number, number>();
  readonly #inactivated: InactivatedSums;

  constructor(network: LabNetwork, run: Run) {
    this.#network = network;
    this.#run = run;
    const byName = new Map(network.populations.map(({ name, index }) => [name, index]));
    for (const { index, kind, name } of network.populations) {
      const isSecond = name.endsWith(ABOVE) && byName.has(name.slice(0, -ABOVE.length));
      if (kind !== "bistable" || isSecond) continue;
      this.#sums.set(index, new Sums());
      const above = byName.get(name + ABOVE);
      if (above !== undefined) this.#above.set(index, above);
    }
    this.#inactivated = new InactivatedSums(network, run, this.populations);
  }

  /** Indices of the populations that are looked at. */
  get populations(): number[] {
    return [...this.#sums.keys()];
  }

  /** @param activations the original's, rectified, of the populations above, in their order */
  add(samples: Uint8Array, activations: readonly Float32Array[]): void {
    const network = this.#network;
    const { marks, spec } = this.#run;
    this.#inactivated.add(samples, activations);
    this.populations.forEach((index, k) => {
      const { channels } = network.populations[index];
      const scales = network.scales(index);
      const above = this.#above.get(index);
      const both = (of: (population: number) => ArrayLike<number>) => {
        const [first, second] = [of(index), above === undefined ? null : of(above)];
        return second ? Array.from(first, (value, n) => value + second[n]) : first;
      };
      const spikes = both((population) => network.spikeCounts(population));
      const thresholds = spec.kind === "continuous" ? (spec.thresholds as Thresholds | undefined)?.[index] : undefined;
      const rate = spec.kind === "continuous" && spec.neuron === "integrate-and-fire";
      // Weighted spikes of a run that goes on have no single level: only their number is known.
      const levels = spec.kind === "continuous" ? null : both((population) => network.levels(population));
      const sums = this.#sums.get(index)!;
      const every = Math.max(1, Math.floor(activations[k].length / SHOWN));
      activations[k].forEach((ann, n) => {
        const c = n % channels;
        const worth = thresholds?.[c] ?? 2 ** network.phases - 1;
        const own = levels
          ? levels[n] * scales[c]
          : rate
            ? (spikes[n] * worth * scales[c]) / marks.at(-1)!
            : Number.NaN;
        sums.add(ann, own, spikes[n]);
        if (n % every === 0 && sums.pairs.length < SHOWN && !Number.isNaN(own)) sums.pairs.push([ann, own]);
      });
    });
  }

  layers(): Layers {
    const figures = this.populations.map((index) => {
      const { name, depth } = this.#network.populations[index];
      return this.#sums.get(index)!.figures(name, depth);
    });
    return { label: this.#run.label, figures, inactivated: this.#inactivated.curve() };
  }
}
