/** Records a run of a network, gated or early, step by step. Needs no page: the worker calls it, and tests do. */

import type { ComparisonNeuron, LabNetwork, Schedule } from "../../../../../bindings/lab/types.ts";
import type { Samples, Step } from "../../../../../bindings/types.ts";
import { biasOf, type Model, neuronsOf, type Population } from "../model/model.ts";
import type { Recording, Train, Way } from "../playback/recording.ts";
import {
  alternatingWindows,
  clock,
  continuousWindows,
  earlyWindows,
  gatedWindows,
  stateAt,
} from "../playback/timing.ts";

/** Beyond so many neurons what forms is not kept, only what is fired. */
const MOST_FORMING = 6_000_000;

/** Values of an output that are followed over time; of larger ones these come first. */
const MOST_VALUES = 1000;

/** One neuron's life, for the inspector. */
export interface Trace {
  /** Potential after each step: of the gated network v, or while it takes in what v would be if nothing more came. */
  readonly potentials: Float64Array;
  /** Threshold of each step in which the neuron may fire; NaN elsewhere. */
  readonly thresholds: Float64Array;
  /** 1, −1 or 0 for each step. */
  readonly spikes: Int8Array;
}

/** Spikes of a population, as they come. */
class Collector {
  readonly starts: Uint32Array;
  #neurons: Uint32Array = new Uint32Array(1024);
  #signs: Int8Array | null;
  #count = 0;

  constructor(steps: number, signed: boolean) {
    this.starts = new Uint32Array(steps + 1);
    this.#signs = signed ? new Int8Array(1024) : null;
  }

  add(t: number, neurons: Uint32Array, signs?: Int8Array): void {
    const needed = this.#count + neurons.length;
    if (needed > this.#neurons.length) {
      const size = Math.max(needed, 2 * this.#neurons.length);
      const more = new Uint32Array(size);
      more.set(this.#neurons);
      this.#neurons = more;
      if (this.#signs) {
        const moreSigns = new Int8Array(size);
        moreSigns.set(this.#signs);
        this.#signs = moreSigns;
      }
    }
    this.#neurons.set(neurons, this.#count);
    if (signs) this.#signs?.set(signs, this.#count);
    this.#count = needed;
    this.starts[t + 1] = needed;
  }

  train(forming: Uint8Array | null, levels: Uint8Array): Train {
    return {
      starts: this.starts,
      neurons: this.#neurons.slice(0, this.#count),
      signs: this.#signs?.slice(0, this.#count) ?? null,
      forming,
      levels,
    };
  }
}

const spiking = ({ kind }: { kind: string }) => kind !== "output";

/** Records the gated network. */
export function recordGated(net: LabNetwork, model: Model, samples: Samples): Recording {
  const begin = performance.now();
  const { phases, coding } = model;
  const steps = net.latency;
  const collectors = model.populations.map(() => new Collector(steps, false));
  const neurons = model.populations.reduce((sum, population) => sum + neuronsOf(population), 0);
  const forming = model.populations.map(({ kind, height, width, channels, depth }) =>
    neurons > MOST_FORMING || kind === "input" || kind === "output"
      ? null
      : new Uint8Array((depth === 1 && coding === "current" ? 1 : phases) * height * width * channels),
  );
  const outputs = model.populations.filter(({ kind }) => kind === "output");
  const [first] = outputs;
  const classes = Math.min(MOST_VALUES, neuronsOf(first));
  const answers = new Float32Array(steps * classes);
  for (const step of net.steps(samples)) {
    const { period, phase } = clock(step.t, phases, coding);
    for (const population of model.populations) {
      const { index, kind, depth } = population;
      const fires = spiking(population) && depth === period && !(kind === "input" && coding === "current");
      collectors[index].add(step.t, fires ? step.spikes(index) : new Uint32Array());
      const rows = forming[index];
      if (rows && depth - 1 === period) {
        const row = depth === 1 && coding === "current" ? 0 : phase;
        form(rows.subarray(row * neuronsOf(population)), population, step, phases - 1 - phase, 2 ** phases - 1);
      }
    }
    answerSoFar(answers.subarray(step.t * classes, (step.t + 1) * classes), first, step, period, phase, phases);
  }
  const found = net.outputs();
  answers.set(found[0].values.subarray(0, classes), (steps - 1) * classes);
  return {
    way: "gated",
    phases,
    steps,
    trains: collectors.map((collector, i) => collector.train(forming[i], levelsOf(net, model, i))),
    windows: gatedWindows(model),
    answers,
    potentials: joinPotentials(found.map(({ potentials }) => potentials)),
    ...countsOf(net),
    unsettled: null,
    milliseconds: performance.now() - begin,
  };
}

/** Levels that neurons would fire if nothing more came: of what has come in so far, worth what it will be at the period's end. */
function form(into: Uint8Array, population: Population, step: Step, left: number, most: number): void {
  const { index, kind, channels, initial, shift } = population;
  const last = left === 0;
  const potentials = last ? step.potentials(index) : step.input(index);
  for (let n = 0; n < potentials.length; n++) {
    const c = n % channels;
    const start = kind === "bistable" ? initial[c] + biasOf(population, n) : 0;
    // In the last step of the period u and the bias have joined v.
    const v = last ? potentials[n] : start + potentials[n] * 2 ** left;
    const level = kind === "bistable" ? Math.floor(v / 2 ** shift[c]) : v;
    into[n] = Math.max(0, Math.min(most, level));
  }
}

/** Values of an output, worth what they will be at the period's end; before anything has come, zero. */
function answerSoFar(
  into: Float32Array,
  output: Population,
  step: Step,
  period: number,
  phase: number,
  phases: number,
): void {
  if (period < output.depth - 1) return;
  const v = step.potentials(output.index);
  const u = period === output.depth - 1 && phase < phases - 1 ? step.input(output.index) : null;
  const perPosition = output.channels;
  for (let n = 0; n < into.length; n++) {
    const potential = u ? v[n] + u[n] * 2 ** (phases - 1 - phase) + biasOf(output, n) : v[n];
    into[n] = potential * output.unit[n % perPosition];
  }
}

/** Records early firing. */
export function recordEarly(net: LabNetwork, model: Model, samples: Samples, schedule: Schedule): Recording {
  const begin = performance.now();
  const { phases, coding } = model;
  const { steps } = net.run(samples, { delay: schedule });
  const collectors = model.populations.map(({ index }) => new Collector(steps, index > 0));
  const [first] = model.populations.filter(({ kind }) => kind === "output");
  const classes = Math.min(MOST_VALUES, neuronsOf(first));
  const answers = new Float32Array(steps * classes);
  const silent = new Uint32Array();
  for (const step of net.steps(samples, { delay: schedule })) {
    for (const { index, kind } of model.populations) {
      const quiet = kind === "output" || kind === "synchronous" || (kind === "input" && coding === "current");
      if (quiet) collectors[index].add(step.t, silent);
      else collectors[index].add(step.t, step.spikes(index), step.signs(index));
    }
    const v = step.potentials(first.index);
    for (let n = 0; n < classes; n++) answers[step.t * classes + n] = v[n] * first.unit[n % first.channels];
  }
  const found = net.outputs();
  answers.set(found[0].values.subarray(0, classes), (steps - 1) * classes);
  const counts = countsOf(net);
  const unsettled = net.settling().reduce((sum, population) => sum + population.unsettled, 0);
  return {
    way: "early",
    phases,
    steps,
    trains: collectors.map((collector, i) => collector.train(null, levelsOf(net, model, i))),
    windows: earlyWindows(model, schedule),
    answers,
    potentials: joinPotentials(found.map(({ potentials }) => potentials)),
    ...counts,
    unsettled,
    milliseconds: performance.now() - begin,
  };
}

/** Steps for which comparison neurons run: twice those of the gated network, in whole periods. */
export function stepsOfComparison(net: LabNetwork): number {
  return Math.ceil((2 * net.latency) / net.phases) * net.phases;
}

/** Records comparison neurons; levels are those of the gated network, which tell neurons that should be silent. */
export function recordComparison(net: LabNetwork, model: Model, samples: Samples, neuron: ComparisonNeuron): Recording {
  const begin = performance.now();
  const { phases, coding } = model;
  const steps = stepsOfComparison(net);
  const collectors = model.populations.map(() => new Collector(steps, false));
  const classes = Math.min(MOST_VALUES, neuronsOf(model.populations.find(({ kind }) => kind === "output")!));
  const answers = new Float32Array(steps * classes);
  const silent = new Uint32Array();
  let counts = { spikes: 0, synapticOperations: 0, inputOperations: 0 };
  for (const step of net.continuous(samples, { neuron, steps })) {
    for (const { index, kind } of model.populations) {
      const quiet = kind === "output" || kind === "synchronous" || (kind === "input" && coding === "current");
      collectors[index].add(step.t, quiet ? silent : step.spikes(index));
    }
    answers.set(step.outputs()[0].values.subarray(0, classes), step.t * classes);
    if (step.t === steps - 1) counts = step.activity();
  }
  const { spikes, synapticOperations, inputOperations } = counts;
  const potentials = joinPotentials(net.outputs().map((output) => output.potentials));
  return {
    way: neuron,
    phases,
    steps,
    trains: collectors.map((collector, i) => collector.train(null, levelsOf(net, model, i))),
    windows: neuron === "alternating" ? alternatingWindows(model, steps) : continuousWindows(model, steps),
    answers,
    potentials,
    spikes,
    synapticOperations,
    inputOperations,
    unsettled: null,
    milliseconds: performance.now() - begin,
  };
}

/** The life of one bistable or output neuron. */
export function traceOf(
  net: LabNetwork,
  model: Model,
  samples: Samples,
  way: Way,
  schedule: Schedule | null,
  population: number,
  neuron: number,
): Trace {
  if (way !== "gated" && way !== "early") return comparisonTrace(net, model, samples, way, population, neuron);
  const { phases, coding } = model;
  const info = model.populations[population];
  const steps = schedule ? net.run(samples, { delay: schedule }).steps : net.latency;
  const potentials = new Float64Array(steps);
  const thresholds = new Float64Array(steps).fill(Number.NaN);
  const spikes = new Int8Array(steps);
  const shift = info.kind === "bistable" ? info.shift[neuron % info.channels] : 0;
  if (!schedule) {
    for (const step of net.steps(samples)) {
      const { period, phase } = clock(step.t, phases, coding);
      const left = phases - 1 - phase;
      const taking = period === info.depth - 1 && left > 0;
      const v = step.potentials(population)[neuron];
      const start = info.kind === "bistable" ? info.initial[neuron % info.channels] : 0;
      potentials[step.t] = taking
        ? start + biasOf(info, neuron) + step.input(population)[neuron] * 2 ** left
        : period < info.depth - 1
          ? start
          : v;
      if (info.kind !== "output" && period === info.depth) {
        thresholds[step.t] = 2 ** (shift + left);
        if (step.spikes(population).includes(neuron)) spikes[step.t] = 1;
      }
    }
    return { potentials, thresholds, spikes };
  }
  const window = earlyWindows(model, schedule)[population];
  for (const step of net.steps(samples, { delay: schedule })) {
    potentials[step.t] = step.potentials(population)[neuron];
    if (info.kind === "output" || step.t < window.begins || step.t >= window.ends) continue;
    const j = step.t - window.begins;
    const worth = j < phases ? 2 ** (phases - 1 - j) : 1;
    const share = worth === 1 ? 0.5 : schedule.shares[info.depth - 1] / 16;
    thresholds[step.t] = (share * worth + 0.5) * 2 ** shift;
    const at = step.spikes(population).indexOf(neuron);
    if (at >= 0) spikes[step.t] = step.signs(population)[at];
  }
  return { potentials, thresholds, spikes };
}

function comparisonTrace(
  net: LabNetwork,
  model: Model,
  samples: Samples,
  way: ComparisonNeuron,
  population: number,
  neuron: number,
): Trace {
  const { phases } = model;
  const info = model.populations[population];
  const steps = stepsOfComparison(net);
  const potentials = new Float64Array(steps);
  const thresholds = new Float64Array(steps).fill(Number.NaN);
  const spikes = new Int8Array(steps);
  const window = way === "alternating" ? alternatingWindows(model, steps)[population] : null;
  for (const step of net.continuous(samples, { neuron: way, steps })) {
    potentials[step.t] = step.potentials(population)[neuron];
    if (info.kind === "output") continue;
    if (window && stateAt(window, step.t) !== "fires") continue;
    const phase = (step.t - (window?.begins ?? 0)) % phases;
    const level = way === "integrate-and-fire" ? 2 ** phases - 1 : 2 ** (phases - 1 - phase);
    thresholds[step.t] = level * 2 ** info.shift[neuron % info.channels];
    if (step.spikes(population).includes(neuron)) spikes[step.t] = 1;
  }
  return { potentials, thresholds, spikes };
}

function levelsOf(net: LabNetwork, model: Model, index: number): Uint8Array {
  return model.populations[index].kind === "output" ? new Uint8Array() : net.levels(index);
}

function countsOf(net: LabNetwork): Pick<Recording, "spikes" | "synapticOperations" | "inputOperations"> {
  const { spikes, synapticOperations, inputOperations } = net.activity();
  return { spikes, synapticOperations, inputOperations };
}

export function joinPotentials(parts: readonly Int32Array[]): Int32Array {
  const joined = new Int32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
