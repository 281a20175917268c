/** Which neurons that should be silent have spiked so far, step by step. */
import type { LabNetwork } from "../../../bindings/lab.ts";
import type { Run } from "./methods.ts";

/** Readings of a run, about. */
const READINGS = 48;

/** Shares of the neurons whose activation in the original is zero that have spiked by a time step, over some images. */
export interface InactivatedCurve {
  /** Time steps from the presentation, ascending. */
  readonly steps: readonly number[];
  /** Of all populations together, one number per reading. */
  readonly share: readonly number[];
  /** Of each population by itself. */
  readonly populations: readonly (readonly number[])[];
}

interface TimeStep {
  readonly t: number;
  spikes(population: number): Uint32Array;
}

function stepsOf(network: LabNetwork, { spec, marks }: Run, samples: Uint8Array): Iterable<TimeStep> {
  if (spec.kind === "early") return network.steps(samples, { delay: spec.delay });
  if (spec.kind !== "continuous") return network.steps(samples);
  const { neuron, thresholds, initial } = spec;
  const steps = marks.at(-1)!;
  return network.continuous(samples, { neuron, steps, ...(thresholds && { thresholds }), ...(initial && { initial }) });
}

/** Adds up images. */
export class InactivatedSums {
  readonly #network: LabNetwork;
  readonly #run: Run;
  readonly #populations: readonly number[];
  readonly #every: number;
  /** Neurons that should be silent, by population, and how many had spiked by each reading. */
  readonly #silent: number[];
  readonly #spiked: number[][];

  /** @param populations indices of bistable populations */
  constructor(network: LabNetwork, run: Run, populations: readonly number[]) {
    this.#network = network;
    this.#run = run;
    this.#populations = populations;
    this.#every = Math.max(1, Math.round(run.marks.at(-1)! / READINGS));
    this.#silent = populations.map(() => 0);
    this.#spiked = populations.map(() => []);
  }

  /**
   * Runs one image, up to the last reading; what the network then tells is of this run.
   * @param activations the original's, rectified, of the populations, in their order
   */
  add(samples: Uint8Array, activations: readonly Float32Array[]): void {
    const last = this.#run.marks.at(-1)!;
    // Neurons that should be silent and have been so far.
    const quiet = activations.map((own) => Uint8Array.from(own, (value) => Number(value <= 0)));
    quiet.forEach((own, k) => {
      this.#silent[k] += own.reduce((sum, flag) => sum + flag, 0);
    });
    const spiked = quiet.map(() => 0);
    for (const step of stepsOf(this.#network, this.#run, samples)) {
      this.#populations.forEach((index, k) => {
        for (const n of step.spikes(index)) {
          spiked[k] += quiet[k][n];
          quiet[k][n] = 0;
        }
      });
      const made = step.t + 1;
      if (made % this.#every !== 0 && made !== last) continue;
      const reading = Math.ceil(made / this.#every) - 1;
      spiked.forEach((count, k) => {
        this.#spiked[k][reading] = (this.#spiked[k][reading] ?? 0) + count;
      });
    }
  }

  curve(): InactivatedCurve {
    const last = this.#run.marks.at(-1)!;
    const readings = Math.ceil(last / this.#every);
    const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    const each = Array.from({ length: readings }, (_, r) => r);
    return {
      steps: each.map((r) => Math.min((r + 1) * this.#every, last)),
      share: each.map((r) => share(sum(this.#spiked.map((own) => own[r])), sum(this.#silent))),
      populations: this.#spiked.map((own, k) => each.map((r) => share(own[r], this.#silent[k]))),
    };
  }
}
