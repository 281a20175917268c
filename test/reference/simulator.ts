/**
 * The spiking network, time step by time step, exactly as docs/algorithm.md writes it and in the order it happens.
 * Slow on purpose: no step of it is clever. `period.ts` says the same in closed form.
 */

import type { Model, Population } from "./reader.ts";
import { type Wiring, wire } from "./wiring.ts";

export interface Presentation {
  /** How often the input is presented, ≥ 1. Default 1. */
  presentations?: number;
  /** Whether what is left in a potential is carried to the next presentation. Default false. */
  carry?: boolean;
  /** With 1 a neuron integrates or fires; with 2 it integrates one presentation while it fires the one before. Default 1. */
  registers?: 1 | 2;
}

/** Results of a run, one entry per population; of the last presentation unless stated otherwise. */
export interface Run {
  /** Levels fired, H×W×C; empty for output populations and for input that is not spikes. */
  levels: number[][];
  /** Potentials at the end of accumulating; those of outputs add up over presentations; empty for the input. */
  potentials: number[][];
  /** Potentials after firing; empty for input and output populations. */
  residuals: number[][];
  /** Of the whole run. */
  spikes: number[];
  synapticOperations: number;
  inputOperations: number;
  /** From the first presentation to the answer of the last. */
  steps: number;
}

/** The network's state after one time step. */
export interface State {
  /** Steps since the presentation, which is step 0. */
  t: number;
  period: number;
  phase: number;
  /** Per population, the flat indices of the neurons that spiked in this step, ascending. */
  spikes: number[][];
  /** Per population, membrane potentials v. */
  potentials: number[][];
  /** Per population, the phase-weighted input u of the running period. */
  inputs: number[][];
}

/** Greatest depth of a hidden population, 0 if there is none. */
export function deepestHidden(model: Model): number {
  return Math.max(0, ...model.populations.filter(isHidden).map((population) => population.depth));
}

/** Step of period 0 in which the input is presented: graded current comes at its last phase only, spikes from its first on. */
export const presentedAt = ({ coding, phases }: Model): number => (coding === "current" ? phases - 1 : 0);

/** Hidden populations are those that both receive and fire. */
export const isHidden = ({ kind }: Population): boolean => kind === "bistable" || kind === "synchronous";

/** Level that an input neuron fires in phase coding: the K most significant bits of its 8-bit sample. */
export const inputLevel = (model: Model, sample: number): number => Math.floor(sample / 2 ** (8 - model.phases));

/** What a neuron starts its next presentation from, if it carries: v, held within one threshold. */
export const carried = (residual: number, shift: number): number => Math.min(Math.max(residual, 0), 2 ** shift - 1);

/** Throws where a potential leaves 32 bits: the file's no-overflow rule is there to exclude it. */
export function int32(value: number): number {
  if (value !== (value | 0)) throw new Error(`${value} is not an int32`);
  return value;
}

/** Answers add up over presentations, but not beyond 32 bits. */
export const saturated = (sum: number): number => Math.min(Math.max(sum, -(2 ** 31)), 2 ** 31 - 1);

/**
 * Simulates a run.
 * @param model as read by `readModel`
 * @param samples H×W×C samples of the input, 0…255, channels last
 * @param onStep called after every time step with the state, which is reused from step to step
 */
export function simulate(
  model: Model,
  samples: ArrayLike<number>,
  { presentations = 1, carry = false, registers = 1 }: Presentation = {},
  onStep: (state: State) => void = () => {},
): Run {
  const K = model.phases;
  const { populations } = model;
  const wirings = model.projections.map((projection) => wire(model, projection));
  // Periods from one presentation to the next.
  const interval = registers === 2 ? 1 : 2;
  const beginning = presentedAt(model);
  const end = (deepestHidden(model) + 1 + interval * (presentations - 1)) * K;

  const neurons = populations.map(({ height, width, channels }) => height * width * channels);
  const shiftOf = (population: Population, n: number) => population.shift[n % population.channels];
  const initialOf = (population: Population, n: number) => population.initial[n % population.channels];

  // v starts at rest, at the initial potential; the input has no potential.
  const v = populations.map((population, i) =>
    Array.from({ length: population.kind === "input" ? 0 : neurons[i] }, (_, n) => initialOf(population, n)),
  );
  const u = v.map((potentials) => potentials.map(() => 0));
  const spiking = neurons.map((count) => new Array<boolean>(count).fill(false));
  // Per projection, pooling window and neuron of the window: does it still take part in the tournament?
  const alive = wirings.map(({ windows }) => windows.map((window) => window.map(() => true)));

  const result: Run = {
    levels: populations.map(({ kind }, i) =>
      new Array<number>(kind === "output" || (kind === "input" && model.coding === "current") ? 0 : neurons[i]).fill(0),
    ),
    potentials: populations.map(() => []),
    residuals: populations.map(() => []),
    spikes: populations.map(() => 0),
    synapticOperations: 0,
    inputOperations: 0,
    steps: end - beginning,
  };

  // Presentation i is fired by depth d in period d + i·interval, and integrated by depth d in the period before.
  const presented = (delay: number) => delay >= 0 && delay % interval === 0 && delay / interval < presentations;
  const fires = ({ kind, depth }: Population, period: number) => kind !== "output" && presented(period - depth);
  const integrates = ({ kind, depth }: Population, period: number) =>
    kind !== "input" && presented(period - (depth - 1));

  /** Puts v where it starts the next presentation from. */
  const restart = (population: Population, i: number) => {
    for (let n = 0; n < neurons[i]; n++)
      v[i][n] = carry ? carried(v[i][n], shiftOf(population, n)) : initialOf(population, n);
  };

  /** Worth of what one input neuron, or one place outside the image, sends at a phase. */
  const inputSignal = (sample: number, phase: number): number => {
    if (model.coding === "current") return phase === K - 1 ? sample : 0;
    return Math.floor(inputLevel(model, sample) / 2 ** (K - 1 - phase)) % 2;
  };

  /** Spikes that reach the kernel from one window: one at most, but for sum pooling. */
  const arriving = ({ projection, windows }: Wiring, j: number, position: number): number => {
    const window = windows[position];
    if (projection.pool?.kind === "sum") return window.filter((n) => spiking[projection.source][n]).length;
    const stillIn = alive[j][position];
    const winners = window.map((n, k) => stillIn[k] && spiking[projection.source][n]);
    if (!winners.includes(true)) return 0;
    alive[j][position] = winners;
    return 1;
  };

  for (let time = beginning; time < end; time++) {
    const period = Math.floor(time / K);
    const phase = time % K;

    populations.forEach((population, i) => {
      spiking[i].fill(false);
      if (!fires(population, period)) return;
      for (let n = 0; n < neurons[i]; n++) {
        if (population.kind === "input") {
          spiking[i][n] = model.coding === "phase" && inputSignal(samples[n], phase) === 1;
        } else {
          const threshold = 2 ** (shiftOf(population, n) + K - 1 - phase);
          if (v[i][n] >= threshold) {
            spiking[i][n] = true;
            v[i][n] -= threshold;
          }
        }
        if (phase === 0 && result.levels[i].length > 0) result.levels[i][n] = 0;
        if (spiking[i][n]) {
          result.levels[i][n] += 2 ** (K - 1 - phase);
          result.spikes[i]++;
        }
      }
      if (phase === K - 1 && population.kind !== "input") result.residuals[i] = [...v[i]];
    });

    populations.forEach((population, i) => {
      if (!integrates(population, period)) {
        u[i].fill(0);
        return;
      }
      const again = isHidden(population) && period >= population.depth;
      if (phase === 0) u[i].fill(0);
      // With one register v is free for the next presentation by now; with two it is still being fired, until the period ends.
      if (again && phase === (registers === 2 ? K - 1 : 0)) restart(population, i);
      for (let n = 0; n < neurons[i]; n++) u[i][n] *= 2;
      wirings.forEach((wiring, j) => {
        if (wiring.projection.target !== i) return;
        const source = populations[wiring.projection.source];
        const graded = source.kind === "input" && model.coding === "current";
        if (phase === 0) for (const window of alive[j]) window.fill(true);
        const signals = wiring.windows.map((window, position) =>
          graded ? inputSignal(samples[window[0]], phase) : arriving(wiring, j, position),
        );
        for (const { target, from, channel, weight } of wiring.synapses) {
          const signal = from >= 0 ? signals[from] : inputSignal(model.zeroPoint[channel], phase);
          u[i][target] += weight * signal;
          if (from >= 0 && graded) result.inputOperations += signal > 0 ? 1 : 0;
          else if (from >= 0) result.synapticOperations += signal;
        }
      });
      u[i].forEach(int32);
      if (phase === K - 1) {
        for (let n = 0; n < neurons[i]; n++) {
          const total = v[i][n] + u[i][n] + population.bias[n];
          v[i][n] = population.kind === "output" ? saturated(total) : int32(total);
        }
        result.potentials[i] = [...v[i]];
      }
    });

    onStep({
      t: time - beginning,
      period,
      phase,
      spikes: spiking.map((spikes) => spikes.flatMap((spikes, n) => (spikes ? [n] : []))),
      potentials: v,
      inputs: u,
    });
  }
  return result;
}
