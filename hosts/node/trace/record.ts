/** One input run step by step, with what its neurons did in each step. */

import type { Delay, EarlyStep, LabNetwork, Schedule } from "../../../bindings/lab.ts";
import type { Network, Output, PopulationInfo, Step } from "../../../bindings/types.ts";
import { earlyTiming, gatedTiming, type Timing, worthOf } from "./timing.ts";

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

/** What has arrived at a population after a step, fired part taken off, in units of its potential. */
function potentialsOf(
  step: Step | EarlyStep,
  index: number,
  phases: number,
  { accumulating }: Timing,
): ArrayLike<number> {
  const potentials = step.potentials(index);
  if ("signs" in step) return potentials;
  // In the last step of its period the input has joined the potential, with the bias.
  if (step.t < accumulating.from || step.t >= accumulating.to || step.phase === phases - 1) return potentials;
  const worth = 2 ** (phases - 1 - step.phase);
  return Float64Array.from(step.input(index), (input, n) => potentials[n] + input * worth);
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
  const courses = outputs.map((population) => ({ population, values: [] as Float32Array[] }));
  const units = outputs.map(({ index }) => network.units(index));
  let steps = 0;
  for (const step of stepsOf(runnable, samples)) {
    steps = step.t + 1;
    for (const recorder of recorders) recorder.add(step);
    courses.forEach(({ population: { index, channels }, values }, k) => {
      const potentials = potentialsOf(step, index, phases, timings[index]);
      values.push(Float32Array.from(potentials, (v, n) => v * units[k][n % channels]));
    });
  }
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
  const { phases } = network;
  const indices = [...new Set(chosen.map(({ lane }) => lane.population.index))];
  const found = chosen.map(() => [null] as (number | null)[]);
  const sizes = new Map(indices.map((index) => [index, levelSizes(network, network.populations[index])]));
  for (const step of stepsOf(runnable, samples)) {
    const potentials = new Map(
      indices.map((index) => [index, potentialsOf(step, index, phases, recording.lanes[index].timing)]),
    );
    chosen.forEach(({ lane: { population }, neuron }, k) => {
      const size = sizes.get(population.index)![neuron % population.channels];
      found[k].push(potentials.get(population.index)![neuron] / size);
    });
  }
  return chosen.map(({ lane, neuron }, k) => ({
    lane,
    neuron,
    potential: found[k],
    ...thresholdsOf(lane, recording),
    spikes: spikesOf(lane, neuron),
  }));
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
export function peaks(runnable: Runnable, samples: Uint8Array, lane: Lane): Float64Array {
  const { network } = runnable;
  const { index, channels } = lane.population;
  const sizes = levelSizes(network, lane.population);
  const most = new Float64Array(lane.neurons).fill(Number.NEGATIVE_INFINITY);
  for (const step of stepsOf(runnable, samples)) {
    if (step.t < lane.timing.accumulating.from || step.t >= lane.timing.accumulating.to) continue;
    const potentials = potentialsOf(step, index, network.phases, lane.timing);
    for (let n = 0; n < most.length; n++) most[n] = Math.max(most[n], potentials[n] / sizes[n % channels]);
  }
  return most;
}
