/** One input run step by step, with what its neurons did in each step. */

import type { Delay, EarlyStep, LabNetwork, Schedule } from "../../../bindings/lab.ts";
import type { Network, Output, PopulationInfo, Step } from "../../../bindings/types.ts";
import { earlyTiming, gatedTiming, type Timing, worthOf } from "../networks/timing.ts";

/** What a population did. */
export interface Lane {
  readonly population: PopulationInfo;
  readonly timing: Timing;
  readonly neurons: number;
  /** Spikes in the order of time, then of neurons. */
  readonly times: Int32Array;
  readonly indices: Int32Array;
  readonly signs: Int8Array;
  /** Levels that were emitted, channels last. */
  readonly levels: Int16Array;
  /** Mean over positions of what has been emitted after each step of firing, levels: steps × channels. */
  readonly build: readonly Float64Array[];
}

/** One neuron over time, in levels. */
export interface Course {
  readonly lane: Lane;
  readonly neuron: number;
  /** Before each step, and after the last: what has arrived so far, less what has been fired. Null where nothing is known yet. */
  readonly potential: readonly (number | null)[];
  /** In each step what the potential is compared with; null where it does not fire. */
  readonly threshold: readonly (number | null)[];
  /** Of early firing: below which a negative spike takes back. */
  readonly lower: readonly (number | null)[];
  readonly spikes: readonly { readonly t: number; readonly sign: number }[];
}

/** An output over time: its values, in the ANN's units, after each step. */
export interface OutputCourse {
  readonly population: PopulationInfo;
  readonly values: readonly Float32Array[];
}

export interface Recording {
  readonly steps: number;
  readonly phases: number;
  readonly lanes: readonly Lane[];
  readonly outputs: readonly Output[];
  readonly outputCourses: readonly OutputCourse[];
  /** Of early firing. */
  readonly schedule: Schedule | null;
}

/** A network with the way it is to fire. */
export type Runnable =
  | { readonly network: Network; readonly early: null }
  | { readonly network: LabNetwork; readonly early: { readonly delay: Delay; readonly schedule: Schedule } };

const neuronsOf = ({ height, width, channels }: PopulationInfo): number => height * width * channels;

function* stepsOf({ network, early }: Runnable, samples: Uint8Array): Generator<Step | EarlyStep> {
  yield* early ? network.steps(samples, { delay: early.delay }) : network.steps(samples);
}

function timingsOf({ network, early }: Runnable): Timing[] {
  return early ? earlyTiming(network, early.schedule) : gatedTiming(network);
}

/** Collects what one population does. */
class LaneRecorder {
  readonly #times: number[] = [];
  readonly #indices: Uint32Array[] = [];
  readonly #signs: Int8Array[] = [];
  readonly #sums: Float64Array;
  readonly #build: Float64Array[] = [];
  readonly #levels: Int16Array;

  constructor(
    readonly population: PopulationInfo,
    readonly timing: Timing,
    readonly phases: number,
  ) {
    this.#sums = new Float64Array(population.channels);
    this.#levels = new Int16Array(neuronsOf(population));
  }

  add(step: Step | EarlyStep): void {
    const { firing } = this.timing;
    if (step.t < firing.from || step.t >= firing.to) return;
    const { index, channels, height, width } = this.population;
    const spikes = step.spikes(index);
    const signs = "signs" in step ? step.signs(index) : new Int8Array(spikes.length).fill(1);
    this.#times.push(step.t);
    this.#indices.push(spikes);
    this.#signs.push(signs);
    const worth = worthOf(this.phases, step.t - firing.from);
    spikes.forEach((neuron, i) => {
      this.#levels[neuron] += worth * signs[i];
      this.#sums[neuron % channels] += worth * signs[i];
    });
    this.#build.push(this.#sums.map((sum) => sum / (height * width)));
  }

  end(): Lane {
    const count = this.#indices.reduce((sum, { length }) => sum + length, 0);
    const [times, indices, signs] = [new Int32Array(count), new Int32Array(count), new Int8Array(count)];
    let at = 0;
    this.#indices.forEach((neurons, i) => {
      times.fill(this.#times[i], at, at + neurons.length);
      indices.set(neurons, at);
      signs.set(this.#signs[i], at);
      at += neurons.length;
    });
    const { population, timing } = this;
    const build = this.#build;
    return { population, timing, neurons: neuronsOf(population), times, indices, signs, levels: this.#levels, build };
  }
}

/** Reads what has arrived at a population after each step, with initial potential and bias, less what has been fired of it. */
class Membranes {
  readonly #index: number;
  readonly #phases: number;
  readonly #timing: Timing;
  readonly #rows: ArrayLike<number>[] = [];
  /** Initial potential and bias, which joins only when all has arrived: known then. */
  #base: Float64Array | null = null;

  constructor({ index }: PopulationInfo, timing: Timing, phases: number) {
    this.#index = index;
    this.#timing = timing;
    this.#phases = phases;
  }

  /** @param neurons those to keep; default all */
  add(step: Step | EarlyStep, neurons?: readonly number[]): void {
    const kept = (values: ArrayLike<number>): ArrayLike<number> =>
      neurons ? neurons.map((neuron) => values[neuron]) : values;
    if ("signs" in step) {
      this.#rows.push(kept(step.potentials(this.#index)));
      return;
    }
    const { from, to } = this.#timing.accumulating;
    if (step.t >= to) {
      this.#rows.push(kept(step.potentials(this.#index)));
      return;
    }
    const input = kept(step.t < from ? [] : step.input(this.#index));
    const worth = 2 ** (this.#phases - 1 - step.phase);
    this.#rows.push(Float64Array.from(input, (value) => (value ?? 0) * worth));
    if (step.t === to - 1) {
      const whole = kept(step.potentials(this.#index));
      this.#base = Float64Array.from(whole, (value, n) => value - input[n]);
    }
  }

  /** Potentials of a neuron (by its place among those kept): before the first step, and after each; null where that is not known. */
  course(n: number): (number | null)[] {
    const { to } = this.#timing.accumulating;
    const base = this.#base?.[n] ?? 0;
    return [this.#base ? base : null, ...this.#rows.map((row, t) => (row[n] ?? 0) + (t < to ? base : 0))];
  }
}

/** Units of the potential that make one level, by channel: 2^s. */
function levelSizes(network: Network, { index, kind, channels }: PopulationInfo): number[] {
  if (kind !== "bistable") return Array<number>(channels).fill(1);
  const [scales, units] = [network.scales(index), network.units(index)];
  return Array.from(scales, (scale, c) => Math.round(scale / units[c]));
}

/** Runs one input and records all spikes. */
export function record(runnable: Runnable, samples: Uint8Array): Recording {
  const { network, early } = runnable;
  const { phases, populations } = network;
  const timings = timingsOf(runnable);
  const recorders = populations.map((population, i) => new LaneRecorder(population, timings[i], phases));
  const outputs = populations.filter(({ kind }) => kind === "output");
  const membranes = outputs.map((population) => new Membranes(population, timings[population.index], phases));
  const units = outputs.map(({ index }) => network.units(index));
  let steps = 0;
  for (const step of stepsOf(runnable, samples)) {
    steps = step.t + 1;
    for (const recorder of recorders) recorder.add(step);
    for (const membrane of membranes) membrane.add(step);
  }
  const courses = outputs.map((population, k) => {
    const neurons = Array.from({ length: neuronsOf(population) }, (_, n) => membranes[k].course(n).slice(1));
    const values = Array.from({ length: steps }, (_, t) =>
      Float32Array.from(neurons, (potentials, n) => potentials[t]! * units[k][n % population.channels]),
    );
    return { population, values };
  });
  return {
    steps,
    phases,
    lanes: recorders.map((recorder) => recorder.end()),
    outputs: network.outputs(),
    outputCourses: courses,
    schedule: early?.schedule ?? null,
  };
}

/** Neurons to follow, by lane. */
export type Chosen = readonly { readonly lane: Lane; readonly neuron: number }[];

/** Runs the same input again and follows some neurons. */
export function follow(runnable: Runnable, samples: Uint8Array, recording: Recording, chosen: Chosen): Course[] {
  const { network } = runnable;
  const lanes = [...new Set(chosen.map(({ lane }) => lane))];
  const followed = lanes.map((lane) => {
    const neurons = chosen.filter((one) => one.lane === lane).map(({ neuron }) => neuron);
    return { lane, neurons, membranes: new Membranes(lane.population, lane.timing, network.phases) };
  });
  for (const step of stepsOf(runnable, samples)) {
    for (const { neurons, membranes } of followed) membranes.add(step, neurons);
  }
  return chosen.map(({ lane, neuron }) => {
    const { neurons, membranes } = followed[lanes.indexOf(lane)];
    const size = levelSizes(network, lane.population)[neuron % lane.population.channels];
    const potential = membranes.course(neurons.indexOf(neuron));
    return {
      lane,
      neuron,
      potential: potential.map((value) => (value === null ? null : value / size)),
      ...thresholdsOf(lane, recording),
      spikes: spikesOf(lane, neuron),
    };
  });
}

function spikesOf({ times, indices, signs }: Lane, neuron: number): Course["spikes"] {
  const spikes: { t: number; sign: number }[] = [];
  for (let i = 0; i < times.length; i++) if (indices[i] === neuron) spikes.push({ t: times[i], sign: signs[i] });
  return spikes;
}

function thresholdsOf(
  { population, timing }: Lane,
  { steps, phases, schedule }: Recording,
): Pick<Course, "threshold" | "lower"> {
  const over = (value: (step: number) => number): (number | null)[] =>
    Array.from({ length: steps }, (_, t) =>
      t >= timing.firing.from && t < timing.firing.to ? value(t - timing.firing.from) : null,
    );
  if (!schedule) return { threshold: over((step) => worthOf(phases, step)), lower: [] };
  // Sixteenths of a level: docs/early.md. The half that rounds is part of the potential.
  const share = (worth: number): number => (worth === 1 ? 8 : schedule.shares[population.depth - 1]) * worth;
  return {
    threshold: over((step) => (share(worthOf(phases, step)) + 8) / 16),
    lower: over((step) => (8 - share(worthOf(phases, step))) / 16),
  };
}

/** The most that had arrived at each neuron of a population before its input was whole, in levels. */
export function peaks(runnable: Runnable, samples: Uint8Array, { population, timing, neurons }: Lane): Float64Array {
  const { network } = runnable;
  const { accumulating } = timing;
  const membranes = new Membranes(population, timing, network.phases);
  for (const step of stepsOf(runnable, samples)) {
    membranes.add(step, step.t < accumulating.to ? undefined : []);
  }
  const sizes = levelSizes(network, population);
  return Float64Array.from({ length: neurons }, (_, n) => {
    const arrived = membranes.course(n).slice(accumulating.from + 1, accumulating.to + 1) as number[];
    return Math.max(...arrived) / sizes[n % population.channels];
  });
}
