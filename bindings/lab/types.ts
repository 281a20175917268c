/** The types of `bsnn/lab`: early firing, and the network without gating. */
import type { Network, PopulationRef, Result, RunOptions, Samples, Step } from "../types.ts";

/** How early a network fires, chosen when it was converted: without a wrong level, nearly so, or for the fewest steps. */
export type ScheduleName = "exact" | "close" | "fast";

/** When and how the neurons of each depth fire. */
export interface Schedule {
  /** Steps a depth begins to fire after its sources, 1…K; of depths 1…L in order. The first depth waits for no spikes. */
  readonly delays: readonly number[];
  /** Share of a spike's worth that makes a neuron of each depth spike, in sixteenths, 8…16. */
  readonly shares: readonly number[];
  /** Steps of firing beyond K, with spikes worth one level: 0 or 1. */
  readonly corrections: 0 | 1;
}

/** A schedule of the file, one of your own, or one delay for all depths; K is the gated network. */
export type Delay = ScheduleName | Schedule | number;

export interface LabOptions extends RunOptions {
  /** Fires early, step by step. Default K: the gated network. */
  readonly delay?: Delay;
}

export interface LabResult extends Result {
  /** Steps that a neuron fires for one answer: what most papers call T. */
  readonly stepsPerLayer: number;
}

/** One time step of early firing; see `Step`. */
export interface EarlyStep {
  /** Time step t, from 0, in which the input is presented. */
  readonly t: number;
  /** Flat indices (channels last) of the neurons of a population that spiked in this step, ascending. */
  spikes(population: PopulationRef): Uint32Array;
  /** Their signs, 1 or −1, in the same order. */
  signs(population: PopulationRef): Int8Array;
  /** Potentials after this step, less what has been fired. */
  potentials(population: PopulationRef): Int32Array;
}

/** How a bistable population did in a run of early firing, over all presentations where not said otherwise. */
export interface Settling {
  readonly population: number;
  readonly neurons: number;
  /** Neurons that have not emitted, in the last presentation, the level that their whole input calls for. */
  readonly unsettled: number;
  /** Settled neurons that could not have mended one level more, in the last presentation. */
  readonly atLimit: number;
  /** Σ(emitted − level)² and Σlevel² in the last presentation. */
  readonly squaredError: number;
  readonly squaredLevels: number;
  readonly spikes: number;
  readonly negativeSpikes: number;
  /** Neurons whose level in the gated network is 0, and how many of them spiked in the last presentation. */
  readonly inactivated: number;
  readonly spikingInactivated: number;
}

/** What a population does without bistable gating. */
export interface InactivatedSpikes {
  readonly population: number;
  readonly neurons: number;
  /** Neurons whose level is 0: those that do not spike in the bistable network. */
  readonly inactivated: number;
  /** How many of those spiked without gating. */
  readonly spikingInactivated: number;
  /** Spikes of those, over all periods. */
  readonly inactivatedSpikes: number;
  /** Spikes of all its neurons without gating, over all periods. */
  readonly spikes: number;
}

/** A network in the research build of the core: all that `Network` does, and what a deployed one has no use for. */
export interface LabNetwork extends Network {
  /** L, the largest depth of a hidden population; 0 where there is none. */
  readonly deepest: number;
  /** The schedules that the file holds; null where it was converted without. */
  readonly schedules: Readonly<Record<ScheduleName, Schedule>> | null;
  /**
   * Runs one input; with `delay` early and step by step, whatever `mode` says, each presentation standing alone.
   * @throws BsnnError `bad-input` where an option is none, or a schedule is asked for that the file does not hold
   */
  run(samples: Samples, options?: LabOptions): LabResult;
  steps(samples: Samples, options: Omit<LabOptions, "mode"> & { readonly delay: Delay }): IterableIterator<EarlyStep>;
  steps(samples: Samples, options?: Omit<RunOptions, "mode">): IterableIterator<Step>;
  /**
   * Whether the neurons of the last run, of early firing, have settled: one entry per bistable population. Where none is unsettled,
   * levels, potentials and outputs are those of the gated network.
   * @throws BsnnError `bad-input` where the last run was none, or is not over
   */
  settling(): Settling[];
  /**
   * Runs one input with bistable gating, then for a number of periods without it, every population integrating and firing
   * at every step, and counts the neurons that should be silent but spike.
   * @param samples H×W×C 8-bit samples, channels last
   * @param options `periods`, 1…16777215; by default L + 1
   * @returns one entry per bistable or synchronous population
   * @throws BsnnError `bad-input` where the samples or the periods are not such, `disposed` after `dispose`
   */
  inactivatedSpikes(samples: Samples, options?: { readonly periods?: number }): InactivatedSpikes[];
}
