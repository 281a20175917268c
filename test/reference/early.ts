/**
 * Early firing, time step by time step, as docs/early.md writes it. Slow on purpose, and written apart from the core: plain lists of
 * synapses, one neuron after the other.
 */

import type { Model, Population } from "./reader.ts";
import { deepestHidden, inputLevel, int32, isHidden } from "./simulator.ts";
import { wire } from "./wiring.ts";

export interface Schedule {
  /** Of depths 1…L. */
  delays: readonly number[];
  /** Sixteenths, of depths 1…L. */
  shares: readonly number[];
  corrections: number;
}

export interface EarlyState {
  t: number;
  /** Per population, flat index of each neuron that spiked and its sign. */
  spikes: (readonly [neuron: number, sign: number])[][];
  /** Per population, potentials less what has been fired. */
  potentials: number[][];
}

export interface EarlyRun {
  steps: number;
  /** What was emitted; empty for the input and outputs. */
  emitted: number[][];
  /** All that arrived, with bias and initial potential; empty for the input and synchronous populations. */
  potentials: number[][];
  unsettled: number[];
  /** Both signs. */
  spikes: number[];
  negativeSpikes: number[];
  synapticOperations: number;
}

/** Simulates one presentation. */
export function simulateEarly(
  model: Model,
  samples: ArrayLike<number>,
  { delays, shares, corrections }: Schedule,
  onStep: (state: EarlyState) => void = () => {},
): EarlyRun {
  const K = model.phases;
  const { populations } = model;
  const lasts = K + corrections;
  const neurons = populations.map(({ height, width, channels }) => height * width * channels);
  const relay = ({ kind }: Population) => kind === "synchronous";
  const current = model.coding === "current";
  const worth = (step: number) => (step < K ? 2 ** (K - 1 - step) : 1);
  const originOf = (source: number): number =>
    relay(populations[source]) ? originOf(model.projections.find(({ target }) => target === source)!.source) : source;

  // Synchronous populations are left out: what leaves them comes from where it entered them.
  const wirings = model.projections
    .filter(({ target }) => !relay(populations[target]))
    .map((projection) => ({
      ...wire(model, projection),
      origin: originOf(projection.source),
      relayed: relay(populations[projection.source]),
      max: projection.pool?.kind === "max",
    }));
  const begins = populations.map(() => 0);
  const ends = populations.map(() => 0);
  populations.forEach((population, i) => {
    if (i === 0 || relay(population)) return;
    begins[i] = 1;
    ends[i] = 1;
    for (const { projection, origin, max } of wirings) {
      if (projection.target !== i || (origin === 0 && current)) continue;
      const arrives = begins[origin] + (max ? 1 : 0);
      ends[i] = Math.max(ends[i], arrives + lasts);
      begins[i] = Math.max(begins[i], arrives + (isHidden(population) ? delays[population.depth - 1] : 0));
    }
  });
  const steps = Math.max(...populations.map(({ kind }, i) => (kind === "output" ? ends[i] : 0)));

  const arrived = populations.map((population, i) =>
    i === 0 || relay(population)
      ? []
      : Array.from(
          { length: neurons[i] },
          (_, n) =>
            population.bias[n] + (population.kind === "output" ? 0 : population.initial[n % population.channels]),
        ),
  );
  const emitted = populations.map(({ kind }, i) =>
    new Array<number>(kind === "bistable" || i === 0 ? neurons[i] : 0).fill(0),
  );
  const pooled = wirings.map(({ windows, max }) => new Array<number>(max ? windows.length : 0).fill(0));
  const result: EarlyRun = {
    steps,
    emitted,
    potentials: arrived,
    unsettled: populations.map(() => 0),
    spikes: populations.map(() => 0),
    negativeSpikes: populations.map(() => 0),
    synapticOperations: 0,
  };

  for (let t = 0; t < steps; t++) {
    // Everybody decides before anything is sent.
    const fired = populations.map((population, i): [number, number][] => {
      const step = t - begins[i];
      if (population.kind === "output" || relay(population) || step < 0) return [];
      if (i === 0) {
        if (current || step >= K) return [];
        const spikes = (n: number) => Math.floor(inputLevel(model, samples[n]) / worth(step)) % 2 === 1;
        return Array.from({ length: neurons[0] }, (_, n) => n)
          .filter(spikes)
          .map((n) => [n, 1]);
      }
      if (step >= lasts) return [];
      const w = worth(step);
      const share = w === 1 ? 8 : shares[population.depth - 1];
      return Array.from({ length: neurons[i] }, (_, n): [number, number] => {
        const level = 2 ** population.shift[n % population.channels];
        const rest = arrived[i][n] - emitted[i][n] * level;
        const e = emitted[i][n];
        if (rest >= ((share * w + 8) / 16) * level && e + w <= 2 ** K - 1) return [n, 1];
        if (rest < Math.floor(((8 - share * w) * level) / 16) && e > (share * w - 8) / 16) return [n, -1];
        return [n, 0];
      }).filter(([, sign]) => sign !== 0);
    });
    // A max pooling follows the largest of what its windows had emitted before this step.
    const follows = wirings.map(({ windows, origin, max }, j): [number, number][] => {
      const step = t - begins[origin] - 1;
      if (!max || (origin === 0 && current) || step < 0 || step >= lasts) return [];
      return windows
        .map((window, k): [number, number] => {
          const most = Math.max(0, ...window.map((n) => emitted[origin][n]));
          if (Math.abs(most - pooled[j][k]) > worth(step)) throw new Error("a max pooling cannot follow");
          return [k, Math.sign(most - pooled[j][k])];
        })
        .filter(([, sign]) => sign !== 0);
    });

    wirings.forEach(({ projection, windows, synapses, origin, relayed, max }, j) => {
      const signals = new Array<number>(windows.length).fill(0);
      const counts = new Array<number>(windows.length).fill(0);
      const w = worth(t - begins[origin] - (max ? 1 : 0));
      // Current is there at once, through poolings too.
      if (origin === 0 && current) {
        if (t === 0)
          windows.forEach((window, k) => {
            const sent = window.map((n) => (relayed ? Math.min(samples[n], 2 ** K - 1) : samples[n]));
            signals[k] = max ? Math.max(0, ...sent) : sent.reduce((sum, value) => sum + value, 0);
          });
      } else if (max) {
        for (const [k, sign] of follows[j]) [signals[k], counts[k]] = [sign * w, 1];
      } else {
        const signs = new Map(fired[origin]);
        windows.forEach((window, k) => {
          for (const n of window) {
            const sign = signs.get(n) ?? 0;
            signals[k] += sign * w;
            counts[k] += Math.abs(sign);
          }
        });
      }
      for (const { target, from, channel, weight } of synapses) {
        let signal = signals[from];
        if (from < 0) {
          // Outside the image it is the zero point that is sent.
          const zero = model.zeroPoint[channel];
          if (current) signal = t === 0 ? zero : 0;
          else signal = t < K ? (Math.floor(inputLevel(model, zero) / worth(t)) % 2) * worth(t) : 0;
        } else result.synapticOperations += counts[from];
        arrived[projection.target][target] = int32(arrived[projection.target][target] + weight * signal);
      }
    });
    populations.forEach((_, i) => {
      for (const [n, sign] of fired[i]) {
        emitted[i][n] += sign * worth(t - begins[i]);
        result.spikes[i]++;
        if (sign < 0) result.negativeSpikes[i]++;
      }
    });
    follows.forEach((windows, j) => {
      for (const [k, sign] of windows) pooled[j][k] += sign * worth(t - begins[wirings[j].origin] - 1);
    });
    onStep({
      t,
      spikes: fired,
      potentials: populations.map(({ kind, shift, channels }, i) =>
        kind === "bistable" ? arrived[i].map((v, n) => v - emitted[i][n] * 2 ** shift[n % channels]) : [...arrived[i]],
      ),
    });
  }
  populations.forEach(({ kind, shift, channels }, i) => {
    if (kind !== "bistable") return;
    arrived[i].forEach((v, n) => {
      const level = Math.min(Math.max(Math.floor(v / 2 ** shift[n % channels]), 0), 2 ** K - 1);
      if (level !== emitted[i][n]) result.unsettled[i]++;
    });
  });
  return result;
}

/** The same delay everywhere. */
export const uniformSchedule = (model: Model, delay: number, share = 8, corrections = 0): Schedule => ({
  delays: new Array<number>(deepestHidden(model)).fill(delay),
  shares: new Array<number>(deepestHidden(model)).fill(share),
  corrections,
});
