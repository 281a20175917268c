/** Chooses the settings of integrate-and-fire neurons on calibration inputs. */
import type { LabNetwork } from "../../../bindings/lab.ts";
import { RelativeError } from "../report/scores.ts";
import { measure } from "./measure.ts";
import { type MethodName, marksUpTo, type Run } from "./methods.ts";
import { LevelCounts, type Thresholds } from "./thresholds.ts";

/** A calibration input, and the original's answer. */
export interface Example {
  readonly samples: Uint8Array;
  readonly logits: Float32Array;
}

export interface Setting {
  readonly thresholds: Thresholds;
  readonly initial: 0 | 0.5;
  /** In words, and what was tried. */
  readonly text: string;
}

/** Shares of neurons' activations that a threshold is not exceeded by. */
const PERCENTILES = [0.99, 0.999, 0.9999];
/** Steps of a trial. */
const TRIED = 128;

/** Settings of the four kinds of integrate-and-fire neurons: each the one whose answers are nearest to the original's on the way. */
export class SettingSearch {
  readonly #network: LabNetwork;
  readonly #examples: readonly Example[];
  readonly #counts: LevelCounts;

  /** @param examples inputs to choose by; those of `ranges` are what thresholds are read from */
  constructor(network: LabNetwork, ranges: readonly Uint8Array[], examples: readonly Example[]) {
    this.#network = network;
    this.#examples = examples;
    this.#counts = new LevelCounts(network);
    for (const samples of ranges) {
      network.run(samples);
      this.#counts.add();
    }
  }

  /** @param onTried told after each trial */
  choose(name: MethodName, onTried: () => void): Setting {
    const shares = name.startsWith("if-max") ? [1] : PERCENTILES;
    const initial = name.endsWith("half") ? 0.5 : 0;
    const candidates = shares.flatMap((share) =>
      (["layer", "channel"] as const).map((by) => {
        const thresholds = this.#counts.thresholds(share, by);
        const error = this.#errorOf(thresholds, initial);
        onTried();
        const what = share === 1 ? "the maximum" : `the ${Number((100 * share).toFixed(2))} % quantile`;
        return { thresholds, error, text: `${what} per ${by}` };
      }),
    );
    const best = candidates.reduce((a, b) => (b.error < a.error ? b : a));
    const { length } = this.#examples;
    return {
      thresholds: best.thresholds,
      initial,
      text: `thresholds: ${best.text}, the best of ${candidates.length} on ${length} calibration inputs over ${TRIED} steps`,
    };
  }

  /** How many trials `choose` makes. */
  static trials(name: MethodName): number {
    return name.startsWith("if-max") ? 2 : 2 * PERCENTILES.length;
  }

  /** Mean over marks of the error of the answers; thresholds that weights cannot bear are never best. */
  #errorOf(thresholds: Thresholds, initial: 0 | 0.5): number {
    const spec = { kind: "continuous", neuron: "integrate-and-fire", thresholds, initial } as const;
    const marks = marksUpTo(TRIED, 8);
    const run: Run = {
      id: "",
      network: "",
      spec,
      marks,
      label: "",
      stepsPerLayer: null,
      stepsPerAnswer: null,
      bits: 0,
    };
    const errors = marks.map(() => new RelativeError());
    for (const { samples, logits } of this.#examples) {
      measure(this.#network, run, samples).logits.forEach((found, k) => {
        errors[k].add(found, logits);
      });
    }
    return errors.reduce((sum, { value }) => sum + value, 0) / errors.length;
  }
}
