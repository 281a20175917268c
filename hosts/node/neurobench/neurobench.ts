/**
 * NeuroBench's metrics of a network, by NeuroBench's own definitions (docs/neurobench.md): of its fixed-step engine, all populations
 * called in every time step, samples one by one.
 */

import type { Network, PopulationInfo } from "../../../bindings/types.ts";
import { gatedTiming, type Timing } from "../networks/timing.ts";
import { type ModelFile, readModelFile } from "./model-file.ts";
import { Counter } from "./operations.ts";

/** Named as NeuroBench does. Operations and updates are means over the samples. */
export interface NeuroBench {
  /** Bytes. */
  readonly Footprint: number;
  readonly ConnectionSparsity: number;
  /** Null without labels. */
  readonly ClassificationAccuracy: number | null;
  readonly ActivationSparsity: number;
  readonly SynapticOperations: {
    readonly Effective_MACs: number;
    readonly Effective_ACs: number;
    readonly Dense: number;
  };
  readonly MembraneUpdates: number;
}

const neuronsOf = ({ height, width, channels }: PopulationInfo): number => height * width * channels;

function connectionSparsity({ projections }: ModelFile): number {
  let [zeros, all] = [0, 0];
  for (const { weights } of projections) {
    all += weights.length;
    for (const weight of weights) if (weight === 0) zeros++;
  }
  // Divided in single precision and rounded to four digits, as there.
  return all === 0 ? 0 : Number(Math.fround(zeros / all).toFixed(4));
}

/** Adds up samples of one network. */
export class NeuroBenchCounter {
  readonly #network: Network;
  readonly #file: ModelFile;
  readonly #counters: readonly Counter[];
  /** Populations with a membrane. */
  readonly #neurons: readonly PopulationInfo[];
  readonly #timings: readonly Timing[];
  #samples = 0;
  #steps = 0;
  #spikes = 0;
  #macs = 0;
  #acs = 0;
  #updates = 0;

  /** @param model content of the file that the network was loaded from */
  constructor(network: Network, model: Uint8Array) {
    this.#network = network;
    this.#file = readModelFile(model);
    const { projections, holding } = this.#file;
    this.#counters = projections.map(
      (one) => new Counter(one, network.populations[one.source], one.source === 0 ? holding : null),
    );
    this.#timings = gatedTiming(network);
    this.#neurons = network.populations.filter(({ kind }) => kind !== "input");
  }

  /** Runs one input step by step and counts. */
  add(samples: Uint8Array): void {
    const network = this.#network;
    const arrivals = this.#neurons.map((population) => new Arrivals(population, this.#timings[population.index]));
    let steps = 0;
    for (const step of network.steps(samples)) {
      steps = step.t + 1;
      for (const arrival of arrivals) arrival.add(step);
    }
    const { spikesByPopulation } = network.activity();
    const spikes = this.#neurons.reduce((sum, { index }) => sum + spikesByPopulation[index], 0);
    for (const counter of this.#counters) {
      const { macs, acs } = counter.count(network);
      this.#macs += macs;
      this.#acs += acs;
    }
    this.#samples++;
    this.#steps = steps;
    this.#spikes += spikes;
    // At the first step every neuron counts; later those that something reaches, and those that fire.
    const all = this.#neurons.reduce((sum, population) => sum + neuronsOf(population), 0);
    this.#updates += all + spikes + arrivals.reduce((sum, { updates }) => sum + updates, 0);
  }

  /** @param accuracy share of samples whose best class is the right one, null where that is not known */
  result(accuracy: number | null): NeuroBench {
    const samples = this.#samples;
    const neurons = this.#neurons.reduce((sum, population) => sum + neuronsOf(population), 0);
    const outputs = neurons * this.#steps * samples;
    const dense = this.#counters.reduce((sum, counter) => sum + counter.dense, 0);
    return {
      Footprint: this.#file.footprint,
      ConnectionSparsity: connectionSparsity(this.#file),
      ClassificationAccuracy: accuracy,
      ActivationSparsity: (outputs - this.#spikes) / outputs,
      SynapticOperations: {
        Effective_MACs: this.#macs / samples,
        Effective_ACs: this.#acs / samples,
        Dense: dense * this.#steps,
      },
      MembraneUpdates: this.#updates / samples,
    };
  }
}

type Step = ReturnType<Network["steps"]> extends Iterator<infer T> ? T : never;

/** Counts the neurons of a population whose potential changes by what arrives, from the second step on. */
class Arrivals {
  readonly #population: PopulationInfo;
  readonly #from: number;
  readonly #to: number;
  /** Phase-weighted input, and potentials, after the step before. */
  #input: Int32Array;
  #potentials: Int32Array | null = null;
  updates = 0;

  constructor(population: PopulationInfo, { accumulating }: Timing) {
    this.#population = population;
    this.#from = accumulating.from;
    this.#to = accumulating.to;
    this.#input = new Int32Array(neuronsOf(population));
  }

  add(step: Step): void {
    const { index, kind } = this.#population;
    if (step.t === this.#to - 2 && kind !== "synchronous") this.#potentials = step.potentials(index);
    if (step.t < this.#from || step.t >= this.#to) return;
    const before = this.#input;
    const input = step.input(index);
    this.#input = input;
    const last = step.t === this.#to - 1;
    if (step.t > 0) {
      // The bias arrives with the last of the input.
      const biased = last && kind !== "synchronous" ? step.potentials(index) : null;
      for (let n = 0; n < input.length; n++) {
        const bias = biased ? biased[n] - this.#potentials![n] - input[n] : 0;
        if (input[n] - 2 * before[n] + bias !== 0) this.updates++;
      }
    }
  }
}
