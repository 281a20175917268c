/** The types of `bsnn/lab`: early firing, and comparison neurons. */
import type {
  Activity,
  Inputs,
  LoadOptions,
  Network,
  Output,
  PopulationRef,
  Result,
  RunOptions,
  Step,
} from "../types.ts";

/** Limits on loading; there is one build, which every engine with SIMD runs. */
export type LabLoadOptions = Omit<LoadOptions, "build">;

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

/**
 * Neurons for comparison (docs/comparison.md), in the same network with the same weights:
 * - `phase`: phase coding without bistability, integrates and fires at every step (Kim et al. 2018);
 * - `alternating`: bistable, in alternation for as long as the run lasts, with synchronous neurons left out;
 * - `integrate-and-fire`: rate coding, reset by subtraction.
 */
export type ComparisonNeuron = "phase" | "alternating" | "integrate-and-fire";

export interface ContinuousOptions {
  readonly neuron: ComparisonNeuron;
  /** Time steps to run, 1…16777215; the input is presented all the time. */
  readonly steps: number;
  /**
   * Of integrate-and-fire neurons: by population index, per channel, the levels that a spike is worth and a potential must reach, whole
   * numbers in 1…65535. Where a population has none (null, or too short a list of populations): 2^K − 1, the highest level.
   */
  readonly thresholds?: readonly (ArrayLike<number> | null)[];
  /** Of integrate-and-fire neurons: share of the threshold that potentials begin with. Default 0. */
  readonly initial?: 0 | 0.5;
}

/** One time step of comparison neurons; see `Step`. All layers are updated within a step, each with what came in it. */
export interface ContinuousStep {
  /** Time step t, from 0, in which the input is first presented. */
  readonly t: number;
  /** Flat indices (channels last) of the neurons of a population that spiked in this step, ascending; none of synchronous ones. */
  spikes(population: PopulationRef): Uint32Array;
  /** Potentials after this step, of bistable populations; of outputs the mean so far. */
  potentials(population: PopulationRef): Int32Array;
  /** The answer so far: potentials are the mean over presentations (of rate coding, over steps), rounded down. */
  outputs(): Output[];
  /** Spikes and operations of the run so far. */
  activity(): Activity;
}

/** What a population of comparison neurons does that gated ones do not. */
export interface InactivatedSpikes {
  readonly population: number;
  readonly neurons: number;
  /** Neurons whose level is 0: those that do not spike in the bistable network. */
  readonly inactivated: number;
  /** How many of those spiked. */
  readonly spikingInactivated: number;
  /** Spikes of those, in the whole run. */
  readonly inactivatedSpikes: number;
  /** Spikes of all its neurons. */
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
  run(samples: Inputs, options?: LabOptions | null): LabResult;
  steps(samples: Inputs, options: Omit<LabOptions, "mode"> & { readonly delay: Delay }): IterableIterator<EarlyStep>;
  steps(samples: Inputs, options?: Omit<RunOptions, "mode"> | null): IterableIterator<Step>;
  /**
   * Whether the neurons of the last run, of early firing, have settled: one entry per bistable population. Where none is unsettled,
   * levels, potentials and outputs are those of the gated network.
   * @throws BsnnError `bad-input` where the last run was none, or is not over
   */
  settling(): Settling[];
  /**
   * Runs one input with comparison neurons, one time step per iteration, from the first step on; it may be left at any step.
   * @param samples H×W×C 8-bit samples, channels last; checked and copied at the call
   * @throws BsnnError `bad-input` where samples or options are not such, `unsupported` where thresholds are too high for the weights, or
   * memory ends
   */
  continuous(samples: Inputs, options: ContinuousOptions): IterableIterator<ContinuousStep>;
  /**
   * Spikes of every neuron of a bistable population, channels last: of early firing and of the gated network in the last presentation, of
   * comparison neurons in the run so far.
   */
  spikeCounts(population: PopulationRef): Uint32Array;
  /**
   * Counts, in the last run of comparison neurons so far, the neurons that should be silent but spike.
   * @returns one entry per bistable population
   * @throws BsnnError `bad-input` where the last run was none
   */
  inactivity(): InactivatedSpikes[];
}
