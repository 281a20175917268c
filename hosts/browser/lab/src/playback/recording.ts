/** A recorded run: who spiked when, what formed, what was answered; and the picture of a population at any step of it. */

import { type State, stateAt, type Window, worth } from "./timing.ts";

/** Which run a recording is of. `phase`, `alternating` and `integrate-and-fire` are those of comparison neurons. */
export type Way = "gated" | "early" | "phase" | "alternating" | "integrate-and-fire";

export interface Train {
  /** Spikes of step t are entries starts[t]…starts[t + 1]. */
  readonly starts: Uint32Array;
  /** Flat indices (channels last), ascending within a step. */
  readonly neurons: Uint32Array;
  /** 1 or −1; null where all are positive. */
  readonly signs: Int8Array | null;
  /**
   * Of the gated network: the level that each neuron would fire if nothing more came, after each of the K steps in which it takes in;
   * null where that is not recorded.
   */
  readonly forming: Uint8Array | null;
  /** Levels fired in the whole run (of comparison neurons: those of the gated network; of a current-coded input: the samples); empty of outputs. */
  readonly levels: Uint8Array;
}

export interface Recording {
  readonly way: Way;
  readonly phases: number;
  readonly steps: number;
  readonly trains: readonly Train[];
  readonly windows: readonly Window[];
  /** For each step the first output's values in ANN units, as far as they can be told: steps × classes. */
  readonly answers: Float32Array;
  /** Potentials of all outputs at the end, one after the other. */
  readonly potentials: Int32Array;
  readonly spikes: number;
  readonly synapticOperations: number | null;
  readonly inputOperations: number | null;
  /** Neurons that fired another level than the gated network; null where it is not counted. */
  readonly unsettled: number | null;
  /** How long recording took, ms. */
  readonly milliseconds: number;
}

/** Entries of a train at a step. */
export function spikesAt(
  { starts, neurons, signs }: Train,
  t: number,
): { neurons: Uint32Array; signs: Int8Array | null } {
  const [from, to] = [starts[t], starts[t + 1]];
  return { neurons: neurons.subarray(from, to), signs: signs?.subarray(from, to) ?? null };
}

/** Spikes of all populations up to a step, that one included. */
export function spikesUntil({ trains }: Recording, t: number): number {
  return trains.reduce((sum, { starts }) => sum + starts[Math.min(t + 1, starts.length - 1)], 0);
}

/** What a population's map shows. */
export interface Picture {
  readonly state: State;
  /** Levels, 0…2^K − 1 (samples of a current-coded input): formed so far while it takes in, emitted so far once it gives out. */
  readonly values: Float32Array;
  /** Of the spikes of this very step: sign × worth; 0 where there is none. */
  readonly fresh: Float32Array;
  /** Largest value that there can be. */
  readonly most: number;
}

/**
 * The picture of a population at a step.
 * @param into reused where it is as long as the population
 */
export function pictureAt(recording: Recording, population: number, t: number, into?: Picture): Picture {
  const train = recording.trains[population];
  const window = recording.windows[population];
  const { phases } = recording;
  const size = train.levels.length;
  const reuse = into?.values.length === size;
  const values = reuse ? into.values : new Float32Array(size);
  const fresh = reuse ? into.fresh : new Float32Array(size);
  values.fill(0);
  fresh.fill(0);
  const graded = population === 0 && train.neurons.length === 0;
  const state = stateAt(window, t);
  const most = graded ? 255 : 2 ** phases - 1;
  if (graded) {
    values.set(train.levels);
    return { state, values, fresh, most };
  }
  if (state === "waits") return { state, values, fresh, most };
  if (state === "accumulates" && recording.way === "gated") {
    const { forming } = train;
    if (forming) values.set(forming.subarray((t - window.hears) * size, (t - window.hears + 1) * size));
    // Current arrives in one step: all K rows would be the same.
    return { state, values, fresh, most };
  }
  if (state === "done") {
    values.set(train.levels);
    return { state, values, fresh, most };
  }
  if (recording.way === "integrate-and-fire") {
    rates(train, t, most, values, fresh);
    return { state, values, fresh, most };
  }
  const first = firstOf(recording, window, t);
  for (let s = first; s <= t && s < window.ends; s++) {
    const { neurons, signs } = spikesAt(train, s);
    const level = worthAt(recording, population, s);
    for (let k = 0; k < neurons.length; k++) {
      const signed = signs ? signs[k] * level : level;
      values[neurons[k]] += signed;
      if (s === t) fresh[neurons[k]] = signed;
    }
  }
  return { state, values, fresh, most };
}

/** First step of the firing that a picture adds up: of neurons that go on and on the last one. */
function firstOf({ way, phases }: Recording, { begins, cycle }: Window, t: number): number {
  if (way === "phase") return t - (t % phases);
  return cycle !== undefined && t >= begins ? t - ((t - begins) % cycle) : Math.max(0, begins);
}

/** Of rate coding: the level that a neuron's rate so far stands for. */
function rates(train: Train, t: number, most: number, values: Float32Array, fresh: Float32Array): void {
  const { starts, neurons } = train;
  for (let k = 0; k < starts[t + 1]; k++) values[neurons[k]] += most / (t + 1);
  for (let k = starts[t]; k < starts[t + 1]; k++) fresh[neurons[k]] = most;
}

/** Levels that a spike of a population is worth at a step. */
export function worthAt({ way, windows, phases }: Recording, population: number, t: number): number {
  if (way === "integrate-and-fire") return 2 ** phases - 1;
  const { begins } = windows[population];
  return worth(way === "phase" || way === "alternating" ? (t - begins) % phases : t - begins, phases);
}

/** First step from which on the best class stays what it should be; null where it is another at the end. */
export function agreesFrom(recording: Recording, best: number): number | null {
  let from: number | null = null;
  for (let t = recording.steps - 1; t >= 0 && bestAt(recording, t) === best; t--) from = t;
  return from;
}

/** How far the values at the end are from those of another recording: ‖difference‖ / ‖other‖. */
export function errorAgainst(recording: Recording, other: Recording): number {
  const classes = recording.answers.length / recording.steps;
  const [own, right] = [recording.answers.slice(-classes), other.answers.slice(-classes)];
  const sum = (values: Float32Array) => values.reduce((total, value) => total + value * value, 0);
  const norm = sum(right);
  return norm === 0 ? 0 : Math.sqrt(sum(own.map((value, c) => value - right[c])) / norm);
}

/** The class with the largest value at a step, and by how much; ties go to the lower index. */
export function bestAt({ answers, steps }: Recording, t: number): number {
  const classes = answers.length / steps;
  const row = answers.subarray(t * classes, (t + 1) * classes);
  return row.indexOf(Math.max(...row));
}
