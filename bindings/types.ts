/** The public types of bsnn: what every host sees. */

import type { KINDS, POOLS } from "../layout/layout.ts";

/** A build of the core: for every engine with SIMD, or with relaxed SIMD. */
export type CoreBuild = "baseline" | "relaxed";

/** `auto` takes the relaxed-SIMD build where the engine passes its known-answer test, else the baseline one. */
export type Build = "auto" | CoreBuild;

/** `period` computes a whole period at once, `step` simulates every time step; results are equal to the bit. */
export type Mode = "period" | "step";

/** An input: H×W×C samples of 8 bits, channels last. */
export type Samples = Uint8Array | Uint8ClampedArray;

/**
 * What a network runs on: the samples of its input; of several inputs those of each, in the order of `Network.inputs` or by name, or
 * those of all in one array, in that order.
 */
export type Inputs = Samples | readonly Samples[] | { readonly [name: string]: Samples };

/** A population by its index or its name. */
export type PopulationRef = number | string;

export type PopulationKind = (typeof KINDS)[number];

export interface PopulationInfo {
  readonly index: number;
  readonly name: string;
  readonly kind: PopulationKind;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly depth: number;
}

export interface ProjectionInfo {
  readonly index: number;
  readonly source: number;
  readonly target: number;
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly groups: number;
  readonly pool: (typeof POOLS)[number];
  /** Bits of a weight: 8 or 16; 0 for relays, which have none. */
  readonly weightBits: 0 | 8 | 16;
  /** Number of stored weights. */
  readonly weights: number;
  /** Synapses: pairs of source and target neuron joined, border-exact. */
  readonly synapses: number;
}

export interface InputInfo {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly coding: "current" | "phase";
  /** Present for non-image input: reals that the samples 0 and 255 stand for. */
  readonly range?: readonly [number, number];
  readonly signed: boolean;
  /** Of images: how one of other proportions is fitted, as `bsnn/images` does it; `stretch` where the file does not say. */
  readonly fit?: Fit;
}

/** An input by its name in the ANN. */
export interface NamedInputInfo extends InputInfo {
  readonly name: string;
  /** Of an image: what was folded into the weights; null where the file does not say. */
  readonly preprocessing: Preprocessing | null;
}

/**
 * How an image of another size becomes input: each side resized by itself (`stretch`), the largest part of the right proportions from
 * its middle (`cover`), all of it with black beside (`contain`), or its middle as it is, with black where it is smaller (`crop`).
 */
export type Fit = "stretch" | "cover" | "contain" | "crop";

export interface Preprocessing {
  readonly scale: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly channelOrder: "rgb" | "bgr";
}

export interface RunOptions {
  /** Default `period`. */
  readonly mode?: Mode;
  /** How often the input is presented, ≥ 1; the answer is the mean over presentations. Default 1. */
  readonly presentations?: number;
  /** Carry what is left in the potentials over from one presentation to the next. Default false. */
  readonly carry?: boolean;
  /**
   * Registers per neuron. With one a population fires what it has before it integrates again, and presentations follow each
   * other by 2·K time steps; with two it integrates the next presentation while it fires this one, and they follow by K.
   * Either way gives the same results, to the bit; only `steps` and `stepsPerAnswer` differ. Default 1.
   */
  readonly registers?: 1 | 2;
}

/** A tensor of the ANN that is an output, and the neurons that hold its elements. */
export interface Output {
  readonly name: string;
  /** Of its output population; of a tensor that joins several 1, 1 and the number of all values. */
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Potentials of the neurons H×W×C, channels last, populations one after another; summed over presentations, held within int32. */
  readonly potentials: Int32Array;
  /** Shape of the ANN's own tensor, the batch of one included. */
  readonly shape: readonly number[];
  /** The ANN's own tensor, row-major, in its units: potential × unit (÷ presentations). */
  readonly values: Float32Array;
}

export interface Result {
  /** `values` of the first output. */
  readonly logits: Float32Array;
  readonly outputs: readonly Output[];
  /**
   * Time steps from the first presentation to the answer: `latency` + (presentations − 1)·`stepsPerAnswer`. In period mode
   * those that step mode would make.
   */
  readonly steps: number;
  /** Time steps from one presentation to the next, and so from answer to answer: 2·K, or K with two registers. */
  readonly stepsPerAnswer: number;
}

export interface Classification {
  readonly index: number;
  readonly label: string;
  /** The output's value in the ANN's units (a logit where the ANN ended in one). */
  readonly value: number;
}

/** Counts of the last run, as defined in docs/algorithm.md. */
export interface Activity {
  readonly spikes: number;
  readonly synapticOperations: number;
  readonly inputOperations: number;
  /** Spikes per population, by index. */
  readonly spikesByPopulation: readonly number[];
}

/**
 * One time step of the fixed-step engine. What its methods return is copied and stays valid; the methods themselves speak
 * of the engine's present state, so they throw (`bad-input`) once the next step has been made or another run begun.
 */
export interface Step {
  /** Time step t, from 0, in which the input is first presented. */
  readonly t: number;
  /** Period m, from 0; a population of depth d begins to fire in period d. */
  readonly period: number;
  /** Phase p, 0…K − 1. Of a current-coded network the step t = 0 is the only one of period 0, in phase K − 1. */
  readonly phase: number;
  /** Flat indices (channels last) of the neurons of a population that spiked in this step, ascending. */
  spikes(population: PopulationRef): Uint32Array;
  /**
   * Membrane potentials v after this step: u and the bias join v in the last step of an accumulating period; until then,
   * with two registers, v is what is being fired.
   */
  potentials(population: PopulationRef): Int32Array;
  /** Phase-weighted input u of the running period so far, this step's included; zero where nothing is integrated. */
  input(population: PopulationRef): Int32Array;
}

export interface Network {
  readonly name: string;
  /** K, steps in a period. */
  readonly phases: number;
  /** Time steps from the presentation to the answer: L·K + 1, or (L + 1)·K with phase-coded input. */
  readonly latency: number;
  readonly build: CoreBuild;
  /** What the input population takes; where there are several inputs, `inputs` says what each does. */
  readonly input: InputInfo;
  /** The inputs of the ANN, in its order; the input population's, where there is but one. */
  readonly inputs: readonly NamedInputInfo[];
  /** One per value of the first output, in their order; none where the file has none. */
  readonly labels: readonly string[];
  /** Whether the model has one output and that is a list of classes: one position, more than one value along one axis. */
  readonly classifier: boolean;
  /** What was folded into the weights; of several inputs `inputs` says it of each. */
  readonly preprocessing: Preprocessing | null;
  /** Multiply-accumulates of the ANN this was converted from, or null if the file does not say. */
  readonly macs: number | null;
  /** Whether the file states a checksum; where it does, it has been compared with the bytes. */
  readonly verified: boolean;
  readonly populations: readonly PopulationInfo[];
  readonly projections: readonly ProjectionInfo[];
  /** Linear memory in use, bytes. */
  readonly memory: number;
  /** Threads that compute an image together, period by period: as many as were asked for, less those that have ended. */
  readonly threads: number;
  /**
   * Encodes real-valued (non-image) input as 8-bit samples; see docs/format.md, *Encoding*.
   * @param input of several: which, by index or name
   */
  encode(values: ArrayLike<number>, input?: number | string): Uint8Array;
  /** Runs one input of H×W×C 8-bit samples, channels last; of several inputs one of each. */
  run(samples: Inputs, options?: RunOptions | null): Result;
  /** The `top` best classes of the first output, best first; ties go to the lower index. */
  classify(samples: Inputs, options?: (RunOptions & { readonly top?: number }) | null): Classification[];
  /**
   * The fixed-step engine, one time step per iteration; after the last, `levels` and `outputs` hold the result. The samples
   * are checked and copied at the call; the run begins when the first step is asked for.
   */
  steps(samples: Inputs, options?: Omit<RunOptions, "mode"> | null): IterableIterator<Step>;
  /** Levels a population fired in the last run, 0…2^K − 1, channels last; of a current-coded input the samples. */
  levels(population: PopulationRef): Uint8Array;
  /**
   * Potentials a bistable population had reached in the last run when it began to fire (v = v₀ + b + W·q, of the last
   * presentation), or an output population at the run's end (summed over presentations).
   * In period mode the first call asks the core to keep hidden potentials and repeats the run.
   */
  potentials(population: PopulationRef): Int32Array;
  /** Units u of a population's channels: ANN units per unit of potential. */
  units(population: PopulationRef): Float32Array;
  /** Scales λ = 2^s·u of a bistable population's channels: ANN units per level. */
  scales(population: PopulationRef): Float32Array;
  outputs(): Output[];
  /** Counts what the last run caused. Throws `bad-input` while the steps of `steps` are not over. */
  activity(): Activity;
  /** Releases the core. Any later call throws a `BsnnError` of code `disposed`. */
  dispose(): void;
}

export interface LoadOptions {
  readonly build?: Build;
  /**
   * Most bytes of linear memory that the network may take, while loading and later; no longer file is read. Default: 128 MiB
   * on edge workers, 1 GiB in browsers and of `bsnn/inline`, 2 GiB elsewhere.
   */
  readonly maxMemory?: number;
  /** Most synapses of all projections together, which is the work that one presentation takes. Default: any number. */
  readonly maxSynapses?: number;
  /**
   * Threads that compute one image together, 1…32, the caller's included: workers in a memory that all share. They help with runs
   * period by period, and sleep otherwise. Default 1.
   */
  readonly threads?: number;
  /** Ends the loading while the model is fetched or read, or workers are started: the promise rejects with the signal's reason. */
  readonly signal?: Signal;
}

export interface PoolOptions extends Omit<LoadOptions, "threads"> {
  /** Number of workers, 1…256; default: as many as the host has processors. */
  readonly workers?: number;
}

export interface PoolRunOptions extends RunOptions {
  /** Whether to count the run's activity as well. Default false. */
  readonly activity?: boolean;
}

export interface PoolResult extends Result {
  /** How long the run took in its worker, ms. */
  readonly milliseconds: number;
  /** Present where it was asked for. */
  readonly activity?: Activity;
}

/** One model in several workers, for many inputs. What a run gives is the same, to the bit, as from one network. */
export interface Pool {
  readonly workers: number;
  readonly build: CoreBuild;
  /**
   * Runs one input on a worker that is free, or on the first that will be; inputs are begun in the order of the calls and
   * copied at the call. Where a worker ends in the middle of a run, another takes the input once; then the run rejects with a
   * `BsnnError` of code `unsupported`.
   */
  run(samples: Inputs, options?: PoolRunOptions | null): Promise<PoolResult>;
  /** Ends the workers. Runs that have not been answered, and later ones, reject with a `BsnnError` of code `disposed`. */
  dispose(): Promise<void>;
}

/** What a model is loaded from on every host: its bytes, an address to fetch them from, or a response that holds them. */
export type WebSource = ArrayBuffer | Uint8Array | Address | string | Answer;

/** A `URL`, told by what is read of it: not every set of types declares one. */
export interface Address {
  readonly href: string;
}

/** A `Response`, told by some of what it has. */
export interface Answer {
  readonly ok: boolean;
  readonly status: number;
  readonly url: string;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** An `AbortSignal`, told by what is used of it. */
export interface Signal {
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** A compiled `WebAssembly.Module`, which not every set of types declares either. */
export type CompiledModule = object;

/** A `WebAssembly.Memory`, which not every set of types declares either. */
export type LinearMemory = object;

/** The path of a file: a string without a scheme. */
export type FilePath = string;

/** What a model is loaded from where files are read. */
export type FileSource = WebSource | FilePath;

/** What a model is loaded from on one host or another. */
export type ModelSource = WebSource | FileSource;

/** What every host's entry offers; `Source` is what a model is loaded from there. */
export interface Entry<Source extends ModelSource> {
  /**
   * Loads a model.
   * @param source the model's bytes, an address to fetch them from, a response that holds them, or, where files are read
   * (Node, Bun, and Deno with --allow-read), the path of a file
   * @throws BsnnError `bad-model` where the bytes are no bsnn model, `bad-input` where they cannot be had, `unsupported`
   * where the engine lacks SIMD, memory, threads or the build asked for, or the model needs more than the options allow
   */
  load(source: Source, options?: LoadOptions | null): Promise<Network>;
  /**
   * Loads a model in a pool of workers.
   * @param source as for `load`
   * @throws BsnnError as `load`, and `unsupported` where the host has no threads or workers cannot be started
   */
  loadPool(source: Source, options?: PoolOptions | null): Promise<Pool>;
}

export type ErrorCode =
  /** The bytes are no bsnn model, or one that breaks a rule of docs/format.md. */
  | "bad-model"
  /** An argument has the wrong size, type or range, or a model cannot be read from where it is said to be. */
  | "bad-input"
  /** The engine lacks SIMD, memory, threads, or a build that was asked for. */
  | "unsupported"
  /** The network or pool was used after `dispose`. */
  | "disposed";
