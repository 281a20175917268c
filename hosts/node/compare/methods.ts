/** The methods that are compared, and what each is made of: runs of a network, whose answers are read at certain time steps. */
import type { ComparisonNeuron, Delay, LabNetwork } from "../../../bindings/lab.ts";

/** How one input is run. */
export type Spec =
  /** Gated: every presentation's answer in turn. */
  | { readonly kind: "gated" }
  /** All at once, layer by layer: no time steps. */
  | { readonly kind: "period" }
  | { readonly kind: "early"; readonly delay: Delay }
  | {
      readonly kind: "continuous";
      readonly neuron: ComparisonNeuron;
      readonly thresholds?: readonly (readonly number[] | null)[];
      readonly initial?: 0 | 0.5;
    };

/** One run of every image, on one network. */
export interface Run {
  /** Unique, for what is kept: method and network. */
  readonly id: string;
  /** Name of the network: `bistable-K` or `few-spikes-K`. */
  readonly network: string;
  readonly spec: Spec;
  /** Time steps at which the answer is read, ascending. */
  readonly marks: readonly number[];
  /** What is said of it beside its steps. */
  readonly label: string;
  /** Steps that a layer takes for one answer, and from answer to answer; null where answers are read from a run that goes on. */
  readonly stepsPerLayer: number | null;
  readonly stepsPerAnswer: number | null;
  /** Bits that a neuron may send in them. */
  readonly bits: number;
}

/** What its rows are kept by: what is read of a run is not known of another with other marks. */
export function rowOf({ id, marks }: Run): string {
  return `${id} @ ${marks.length > 1 ? `${marks[0]}–` : ""}${marks.at(-1)}`;
}

export interface Method {
  readonly name: MethodName;
  readonly title: string;
  /** Its setting, in words, and how it was found. */
  readonly setting: string;
  /** What its curve is made of: several settings that answer once each, or one that goes on. */
  readonly runs: readonly Run[];
  /** Settings that are measured beside, on fewer images. */
  readonly others: readonly Run[];
}

/** Names that `--methods` takes, in the order in which they are shown, with what each is called. */
export const METHODS = {
  bistable: "bistable",
  presentations: "bistable, repeated",
  early: "early firing",
  "no-synchronous": "no synchronous neurons",
  phase: "phase coding",
  "if-max": "IF, maximum",
  "if-max-half": "IF, maximum, half",
  "if-percentile": "IF, percentile",
  "if-percentile-half": "IF, percentile, half",
  "few-spikes": "few-spikes",
  "quantised-ann": "quantised ANN",
} as const;

/** What each of them is. */
export const MEANINGS: Readonly<Record<MethodName, string>> = {
  bistable: "bistable neurons with synchronous ones on shortcuts, converted anew for each number of phases",
  presentations: "the same, presented several times, with what is left over carried on",
  early: "neurons that fire before all of their input is there, with signed spikes",
  "no-synchronous": "bistable neurons in alternation, with a shortcut's spikes arriving when they are fired",
  phase: "phase coding without bistability: neurons integrate and fire at every step",
  "if-max": "integrate-and-fire neurons, rate coded, reset by subtraction, with the greatest activation as threshold",
  "if-max-half": "the same, with half a threshold of initial potential",
  "if-percentile": "integrate-and-fire neurons with a high quantile of activations as threshold",
  "if-percentile-half": "the same, with half a threshold of initial potential",
  "few-spikes": "few-spikes neurons as mlGeNN runs them: one scale per layer, from its maximum, rounded down",
  "quantised-ann":
    "the levels of the bistable network computed by multiplication, layer by layer: the bit-matched baseline",
};

export type MethodName = keyof typeof METHODS;

/** Presentations of which the answers are read. */
const PRESENTATIONS = 4;

/** Time steps at which a run of `steps` is read: densely at first, then a twelfth more each, in whole periods. */
export function marksUpTo(steps: number, period: number, first = period): number[] {
  const marks: number[] = [];
  for (let at = first; at <= steps; ) {
    marks.push(at);
    at += period * Math.max(1, Math.round(at / 12 / period));
  }
  return marks;
}

/** Steps of the gated network after which the answer of each presentation is there. */
export function presentationMarks({ latency, phases }: LabNetwork): number[] {
  return Array.from({ length: PRESENTATIONS }, (_, n) => latency + 2 * n * phases);
}

/**
 * Times at which a bistable network without synchronous neurons can be read: when a period of its outputs' input is over, which is not before
 * the gated network answers.
 */
export function alternatingMarks({ latency, phases }: LabNetwork, steps: number): number[] {
  return marksUpTo(Math.max(steps, latency), 2 * phases, latency);
}
