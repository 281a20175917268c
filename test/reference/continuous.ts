/**
 * The neurons that comparisons need, time step by time step, as docs/comparison.md writes them. Slow on purpose, and written apart from
 * the core: plain lists of synapses, one neuron after the other.
 */

import type { Model, Population } from "./reader.ts";
import { inputLevel, saturated } from "./simulator.ts";
import { wire } from "./wiring.ts";

export interface Comparison {
  neuron: "phase" | "alternating" | "integrate-and-fire";
  steps: number;
  /** Integrate-and-fire: per population, levels that a spike of each channel is worth. */
  thresholds?: readonly (readonly number[])[];
  /** Integrate-and-fire: share of a threshold that potentials begin with. */
  initial?: 0 | 0.5;
}

export interface ContinuousState {
  t: number;
  /** Per population, flat indices of the neurons that spiked, ascending; empty for synchronous ones. */
  spikes: number[][];
  /** Per population, potentials after the step, of outputs the mean over presentations; empty for the input and synchronous ones. */
  potentials: number[][];
}

export interface ContinuousRun {
  /** Per population, spikes of each neuron. */
  spikes: number[][];
  synapticOperations: number;
}

const MOST = 2 ** 30;
const held = (v: number) => Math.min(Math.max(v, -MOST), MOST);

/** Simulates a run of one input, presented all the time. */
export function simulateContinuously(
  model: Model,
  samples: ArrayLike<number>,
  { neuron, steps, thresholds, initial = 0 }: Comparison,
  onStep: (state: ContinuousState) => void = () => {},
): ContinuousRun {
  const K = model.phases;
  const { populations } = model;
  const rate = neuron === "integrate-and-fire";
  const relay = ({ kind }: Population) => kind === "synchronous";
  const sends = (i: number) => i === 0 && (rate || model.coding === "current");
  const originOf = (i: number): number =>
    relay(populations[i]) ? originOf(model.projections.find(({ target }) => target === i)!.source) : i;
  const neurons = populations.map(({ height, width, channels }) => height * width * channels);
  const wirings = model.projections
    .filter(({ target }) => !relay(populations[target]))
    .map((projection) => ({
      ...wire(model, projection),
      origin: originOf(projection.source),
      relayed: relay(populations[projection.source]),
      pool: projection.pool?.kind,
    }));

  const sentFor = (sample: number) => (model.coding === "current" ? sample : inputLevel(model, sample));
  const levelsOf = (i: number, n: number) => thresholds?.[i]?.[n % populations[i].channels] ?? 2 ** K - 1;
  const scaleOf = (i: number, n: number) => 2 ** populations[i].shift[n % populations[i].channels];
  const v = populations.map((population, i) =>
    Array.from({ length: i === 0 || relay(population) ? 0 : neurons[i] }, (_, n) => {
      if (population.kind === "output") return 0;
      if (!rate) return population.initial[n % population.channels];
      return initial ? Math.min(Math.floor((levelsOf(i, n) * scaleOf(i, n)) / 2), MOST) : 0;
    }),
  );
  // What a neuron, or a pooling's window, has sent: the digits of this period, or how many spikes.
  const sent = neurons.map((count) => new Array<number>(count).fill(0));
  const through = wirings.map(({ windows }) => windows.map(() => 0));
  const result: ContinuousRun = {
    spikes: neurons.map((count) => new Array<number>(count).fill(0)),
    synapticOperations: 0,
  };
  const answers = populations.map(() => 0);

  // Of gated neurons the first period has one step only, where the input is sent as current.
  const start = neuron === "alternating" && model.coding === "current" ? K - 1 : 0;
  for (let t = 0; t < steps; t++) {
    const period = Math.floor((t + start) / K);
    const phase = (t + start) % K;
    const worth = 2 ** (K - 1 - phase);
    const begins = phase === 0 || t === 0;
    const fires = ({ depth }: Population) =>
      neuron !== "alternating" || (period >= depth && (period - depth) % 2 === 0);
    const hears = ({ depth }: Population) =>
      neuron !== "alternating" || (period >= depth - 1 && (period - depth + 1) % 2 === 0);
    if (!rate && begins) {
      for (const digits of sent) digits.fill(0);
      for (const digits of through) digits.fill(0);
    }
    // The one step in which current is sent in a period: where all may fire, the first.
    const now = rate || (neuron === "phase" ? phase === 0 : phase === K - 1);
    const state: ContinuousState = { t, spikes: populations.map(() => []), potentials: [] };
    populations.forEach((population, i) => {
      if (relay(population)) return;
      if (i === 0) {
        if (sends(0) || !fires(population)) return;
        for (let n = 0; n < neurons[0]; n++) {
          if (Math.floor(inputLevel(model, samples[n]) / worth) % 2 === 0) continue;
          state.spikes[0].push(n);
          sent[0][n] += worth;
          result.spikes[0][n]++;
        }
        return;
      }
      const arrived = new Array<number>(neurons[i]).fill(0);
      wirings.forEach(({ projection, windows, synapses, origin, relayed, pool }, j) => {
        if (projection.target !== i) return;
        const graded = sends(origin);
        const signals = new Array<number>(windows.length).fill(0);
        const counts = new Array<number>(windows.length).fill(0);
        if (graded) {
          if (now && fires(populations[0]))
            windows.forEach((window, k) => {
              const values = window.map((n) =>
                relayed ? Math.min(sentFor(samples[n]), 2 ** K - 1) : sentFor(samples[n]),
              );
              signals[k] = pool === "max" ? Math.max(0, ...values) : values.reduce((sum, value) => sum + value, 0);
            });
        } else {
          const spiking = new Set(state.spikes[origin]);
          windows.forEach((window, k) => {
            const spikes = window.filter((n) => spiking.has(n));
            if (pool === "max") {
              const most = Math.max(0, ...window.map((n) => sent[origin][n]));
              if (most === through[j][k]) return;
              through[j][k] = most;
              counts[k] = 1;
            } else counts[k] = spikes.length;
            if (spikes.length > 0) signals[k] = counts[k] * (rate ? levelsOf(origin, window[0]) : worth);
          });
        }
        for (const { target, from, channel, weight } of synapses) {
          let signal = signals[from];
          if (from < 0) {
            const zero = sentFor(model.zeroPoint[channel]);
            if (graded) signal = now && fires(populations[0]) ? zero : 0;
            else signal = fires(populations[0]) ? (Math.floor(zero / worth) % 2) * worth : 0;
          } else result.synapticOperations += counts[from];
          arrived[target] += weight * signal;
        }
      });
      const biased = rate || (begins && hears(population));
      // An answer is the mean of what came in so many presentations.
      if (biased && population.kind === "output") answers[i]++;
      for (let n = 0; n < neurons[i]; n++) {
        if (population.kind === "output") {
          v[i][n] += arrived[n] + (biased ? population.bias[n] : 0);
          continue;
        }
        v[i][n] = held(v[i][n] + arrived[n]);
        if (biased) v[i][n] = held(v[i][n] + population.bias[n]);
        if (!fires(population)) continue;
        const threshold = scaleOf(i, n) * (rate ? levelsOf(i, n) : worth);
        if (v[i][n] < threshold) continue;
        v[i][n] -= threshold;
        state.spikes[i].push(n);
        sent[i][n] += rate ? 1 : worth;
        result.spikes[i][n]++;
      }
    });
    state.potentials = v.map((potentials, i) => {
      if (populations[i].kind !== "output") return [...potentials];
      return potentials.map((sum) => saturated(Math.floor(sum / Math.max(1, answers[i]))));
    });
    onStep(state);
  }
  return result;
}
