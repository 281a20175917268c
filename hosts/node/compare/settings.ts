/** Chooses the settings of integrate-and-fire neurons on calibration inputs. */
import type { LabNetwork } from "../../../bindings/lab.ts";
import { RelativeError } from "../report/scores.ts";
import { answersOf } from "./measure.ts";
import { type MethodName, marksUpTo } from "./methods.ts";
import { areThresholds, LevelCounts, type Thresholds } from "./thresholds.ts";

/** A calibration input, and the original's answer. */
export interface Example {
  readonly samples: Uint8Array;
  readonly logits: Float32Array;
}

/** Thresholds, and how they were found. */
export interface Candidate {
  readonly thresholds: Thresholds;
  /** In words. */
  readonly text: string;
  /** Mean over the steps of a trial of the error of the answers; null where thresholds are too high for the weights. */
  readonly error: number | null;
}

export interface Setting {
  readonly initial: 0 | 0.5;
  /** The best of all, and the best of those by layer where it is by channel, or the other way round. */
  readonly best: Candidate;
  readonly other: Candidate;
  /** What was tried, in words. */
  readonly text: string;
}

/** Whether a value that was kept is a setting of a network: with a threshold for each of its neurons that needs one. */
export function isSettingOf({ populations }: Pick<LabNetwork, "populations">, value: Partial<Setting> | null): boolean {
  const whole = (candidate?: Partial<Candidate>) =>
    typeof candidate?.text === "string" && areThresholds(populations, candidate.thresholds);
  return whole(value?.best) && whole(value?.other) && typeof value?.text === "string" && value.initial !== undefined;
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
    const candidates = (["layer", "channel"] as const).map((by) =>
      shares
        .map((share): Candidate => {
          const thresholds = this.#counts.thresholds(share, by);
          const error = this.#errorOf(thresholds, initial);
          onTried();
          const what = share === 1 ? "the maximum" : `the ${Number((100 * share).toFixed(2))} % quantile`;
          return { thresholds, error: Number.isFinite(error) ? error : null, text: `${what} per ${by}` };
        })
        .reduce(better),
    );
    const best = candidates.reduce(better);
    const { length } = this.#examples;
    return {
      initial,
      best,
      other: candidates.find((candidate) => candidate !== best)!,
      text: `thresholds: ${best.text}, the best of ${2 * shares.length} on ${length} calibration inputs over ${TRIED} steps`,
    };
  }

  /** How many trials `choose` makes. */
  static trials(name: MethodName): number {
    return name.startsWith("if-max") ? 2 : 2 * PERCENTILES.length;
  }

  /** Mean over marks of the error of the answers; thresholds that weights cannot bear are never best. */
  #errorOf(thresholds: Thresholds, initial: 0 | 0.5): number {
    const marks = marksUpTo(TRIED, 8);
    const errors = marks.map(() => new RelativeError());
    const spec = { kind: "continuous", neuron: "integrate-and-fire", thresholds, initial } as const;
    for (const { samples, logits } of this.#examples) {
      let k = 0;
      for (const answer of answersOf(this.#network, spec, marks, samples)) errors[k++].add(answer.logits, logits);
    }
    return errors.reduce((sum, { value }) => sum + value, 0) / errors.length;
  }
}

const better = (a: Candidate, b: Candidate) =>
  (b.error ?? Number.POSITIVE_INFINITY) < (a.error ?? Number.POSITIVE_INFINITY) ? b : a;
