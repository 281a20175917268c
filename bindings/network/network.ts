/** A loaded network over an instance of the core. */

import { Key, PopulationField } from "../../layout/layout.ts";
import { mustBe, readNumbers, readOptions } from "../arguments.ts";
import { BsnnError } from "../error.ts";
import { arrayLength, bytesOf, shown } from "../kinds.ts";
import type {
  Activity,
  Classification,
  CoreBuild,
  InputInfo,
  Inputs,
  NamedInputInfo,
  Network,
  Output,
  PopulationInfo,
  PopulationRef,
  Preprocessing,
  ProjectionInfo,
  Result,
  RunOptions,
  Samples,
  Step,
} from "../types.ts";
import { type Core, LOST } from "./core.ts";
import type { Crew } from "./crew.ts";
import { describeLabels, describePopulation, describeProjection } from "./describe.ts";
import { readSeveral, type SeveralInputs } from "./inputs.ts";
import { describeOutput, inOrder, type OutputTensor, readOutputTensors } from "./outputs.ts";
import { readFit, readPreprocessing } from "./preprocessing.ts";
import { requireSamples } from "./samples.ts";

/** Options of runs, each read once. */
const STEP_OPTIONS = ["presentations", "carry", "registers"] as const satisfies (keyof RunOptions)[];
export const RUN_OPTIONS = ["mode", ...STEP_OPTIONS] as const;
const CLASSIFY_OPTIONS = [...RUN_OPTIONS, "top"] as const;

/** A loaded network: thin access to one instance of the core. */
export class CoreNetwork implements Network {
  readonly name: string;
  readonly phases: number;
  readonly latency: number;
  readonly build: CoreBuild;
  readonly input: InputInfo;
  readonly inputs: readonly NamedInputInfo[];
  readonly labels: readonly string[];
  readonly classifier: boolean;
  readonly preprocessing: Preprocessing | null;
  readonly macs: number | null;
  readonly verified: boolean;
  readonly populations: readonly PopulationInfo[];
  readonly projections: readonly ProjectionInfo[];
  readonly #firstOutput: number;
  readonly #tensors: readonly OutputTensor[];
  readonly #several: SeveralInputs | null;
  readonly #crew: Crew | null;
  #core: Core | null;
  #last: Run = { ...checkOptions({}), finished: true, counted: true, stepsMade: 0 };

  /**
   * @param crew that helps the core
   * @throws BsnnError `bad-model` where the preprocessing or the labels that the file states cannot be meant
   */
  constructor(core: Core, build: CoreBuild, crew: Crew | null = null) {
    this.#crew = crew;
    const { exports } = core;
    this.verified = exports.keyPointer(Key.checksum) !== 0;
    this.#core = core;
    this.build = build;
    this.phases = exports.phases.value;
    this.latency = exports.stepsTo(1, 1) >>> 0;
    this.#firstOutput = exports.firstOutput();
    this.name = core.text(exports.keyPointer(Key.name), exports.keyCount(Key.name));
    this.populations = Array.from({ length: exports.populationCount.value }, (_, i) => describePopulation(core, i));
    this.projections = Array.from({ length: exports.projectionCount.value }, (_, j) => describeProjection(core, j));
    this.#tensors = readOutputTensors(
      core,
      this.populations.filter(({ kind }) => kind === "output"),
    );
    const [{ shape, order }] = this.#tensors;
    this.classifier = exports.isClassifier() === 1 && shape.filter((size) => size > 1).length === 1;
    this.labels = describeLabels(core, neuronsOf(this.populations[this.#firstOutput]), order);
    const { height, width, channels } = this.populations[0];
    const range = exports.keyPointer(Key.range);
    const signed = exports.keyPointer(Key.signed);
    const [lo, hi] = range ? core.copyF64(range, 2) : [0, 0];
    this.input = {
      height,
      width,
      channels,
      coding: exports.phaseCoded.value ? "phase" : "current",
      signed: signed !== 0 && core.bytes(signed, 1)[0] === 1,
      ...(range ? { range: [lo, hi] } : { fit: readFit(core) }),
    };
    const [population] = this.populations;
    const { coding, fit = "stretch" } = this.input;
    const preprocessing = readPreprocessing(core, channels);
    this.preprocessing = preprocessing;
    this.#several = readSeveral(core, population, { coding, fit, preprocessing });
    this.inputs = this.#several?.infos ?? [{ name: population.name, ...this.input, preprocessing }];
    const macs = exports.keyPointer(Key.macs) >>> 0;
    this.macs = macs ? Number(new DataView(core.exports.memory.buffer).getBigUint64(macs, true)) : null;
  }

  get threads(): number {
    return this.#crew?.threads ?? 1;
  }

  get memory(): number {
    return this.#alive().exports.memory.buffer.byteLength;
  }

  encode(values: ArrayLike<number>, input?: number | string): Uint8Array {
    const core = this.#alive();
    const { exports } = core;
    if (this.#several) return this.#several.encode(values, input);
    if (!this.input.range) {
      throw new BsnnError("bad-input", "this model takes 8-bit samples: it states no range of real values to encode");
    }
    const numbers = readNumbers("values to encode", values, exports.valueCount());
    const pointer = core.require(exports.valuePointer()) >>> 0;
    // Engines of WebAssembly are little-endian, as the core is; the place need not be aligned.
    core.bytes(pointer, numbers.byteLength).set(new Uint8Array(numbers.buffer));
    return core.copyU8(exports.encode(), neuronsOf(this.input));
  }

  run(samples: Inputs, options?: RunOptions | null): Result {
    const core = this.#alive();
    const checked = checkOptions(options);
    const { mode, presentations, carry, registers } = checked;
    this.#present(samples);
    this.#begin(checked);
    if (mode === "period") core.require(core.exports.runPeriods(presentations, Number(carry)));
    else {
      core.require(core.exports.beginSteps(presentations, Number(carry), registers));
      core.exports.runSteps();
    }
    this.#last.finished = true;
    const outputs = this.outputs();
    return { logits: outputs[0].values, outputs, steps: this.#steps(), stepsPerAnswer: this.#stepsPerAnswer() };
  }

  classify(samples: Inputs, options?: (RunOptions & { readonly top?: number }) | null): Classification[] {
    this.#alive();
    const { top = 5, ...given } = readOptions(options, CLASSIFY_OPTIONS);
    if (!Number.isInteger(top) || top < 1) throw mustBe("top", "an integer ≥ 1", top);
    const { logits } = this.run(samples, given);
    return this.#rank(logits, Math.min(top, logits.length)).map((index) => ({
      index,
      label: this.labels[index] ?? String(index),
      value: logits[index],
    }));
  }

  steps(samples: Inputs, options?: Omit<RunOptions, "mode"> | null): IterableIterator<Step> {
    this.#alive();
    const checked = checkOptions({ ...readOptions(options, STEP_OPTIONS), mode: "step" });
    return this.#advance(this.copySamples(samples), checked);
  }

  /** The steps of a run that begins when the first is asked for. */
  *#advance(samples: Uint8Array, options: Required<RunOptions>): IterableIterator<Step> {
    const core = this.#alive();
    this.#present(samples);
    const run = this.#begin(options);
    core.require(core.exports.beginSteps(options.presentations, Number(options.carry), options.registers));
    for (let t = 0; ; t++) {
      if (this.#last !== run) throw new BsnnError("bad-input", "another run has begun since these steps");
      this.#alive();
      if (!core.exports.advanceStep()) return;
      run.stepsMade = t + 1;
      run.finished = run.stepsMade === this.#steps();
      yield this.#step(t, run);
    }
  }

  levels(population: PopulationRef): Uint8Array {
    const core = this.#alive();
    const info = this.#population(population);
    if (info.kind === "output") {
      throw new BsnnError("bad-input", `population '${info.name}' is an output: it fires no levels`);
    }
    return core.copyU8(core.populationField(info.index, PopulationField.levels), neuronsOf(info));
  }

  potentials(population: PopulationRef): Int32Array {
    const core = this.#alive();
    const { exports } = core;
    const info = this.#population(population);
    const { index, kind, name } = info;
    if (kind === "input") throw new BsnnError("bad-input", `population '${name}' is the input: it has no potentials`);
    const potentials = core.populationField(index, PopulationField.potentials);
    if (kind === "output") return core.copyI32(potentials, neuronsOf(info));
    if (kind === "synchronous") return Int32Array.from(this.levels(index));
    if (this.#last.mode === "step") {
      exports.listIntegrated(index);
      return core.copyI32(exports.listing.value, neuronsOf(info));
    }
    if (!potentials) {
      core.require(exports.keepPotentials());
      core.require(exports.runPeriods(this.#last.presentations, Number(this.#last.carry)));
      this.#last.counted = false;
    }
    return core.copyI32(core.populationField(index, PopulationField.potentials), neuronsOf(info));
  }

  units(population: PopulationRef): Float32Array {
    const core = this.#alive();
    const { index, kind, channels, name } = this.#population(population);
    const pointer = core.populationField(index, PopulationField.unit);
    if (pointer) return core.copyF32(pointer, channels);
    throw new BsnnError("bad-input", `population '${name}' is ${kind}: only bistable and output ones have units`);
  }

  scales(population: PopulationRef): Float32Array {
    const core = this.#alive();
    const { index, kind, channels, name } = this.#population(population);
    const pointer = core.populationField(index, PopulationField.shift);
    if (!pointer) throw new BsnnError("bad-input", `population '${name}' is ${kind}: only bistable ones have scales`);
    const shifts = core.bytes(pointer, channels);
    return core
      .copyF32(core.populationField(index, PopulationField.unit), channels)
      .map((unit, c) => unit * 2 ** shifts[c]);
  }

  outputs(): Output[] {
    const core = this.#alive();
    const { exports } = core;
    return this.#tensors.map((tensor) => {
      const size = tensor.outputs.reduce((sum, info) => sum + neuronsOf(info), 0);
      const potentials = new Int32Array(size);
      const values = new Float32Array(size);
      let at = 0;
      for (const info of tensor.outputs) {
        const count = neuronsOf(info);
        potentials.set(core.copyI32(core.populationField(info.index, PopulationField.potentials), count), at);
        values.set(core.copyF32(exports.decode(info.index, this.#last.presentations), count), at);
        at += count;
      }
      return { ...describeOutput(tensor), potentials, values: inOrder(values, tensor) };
    });
  }

  activity(): Activity {
    const core = this.#alive();
    if (!this.#last.finished) {
      throw new BsnnError("bad-input", "the steps of the last run are not over: activity is counted at their end");
    }
    if (!this.#last.counted) {
      this.#last.counted = true;
      core.exports.countActivity();
    }
    return this.countedActivity();
  }

  /** What the core has counted. */
  protected countedActivity(): Activity {
    const core = this.#alive();
    const counts = core.copyF64(core.exports.counts.value, 2 + this.populations.length);
    const [synapticOperations, inputOperations, ...spikesByPopulation] = counts;
    const spikes = spikesByPopulation.reduce((total, count) => total + count, 0);
    return { spikes, synapticOperations, inputOperations, spikesByPopulation };
  }

  dispose(): void {
    if (this.#core) this.#crew?.end();
    this.#core = null;
  }

  /** The core, for kinds of runs that a research build adds. */
  protected get core(): Core {
    return this.#alive();
  }

  /** The last run. */
  protected get lastRun(): Run {
    return this.#last;
  }

  /** Hands the samples to the core and takes note of a run that begins: of a kind that a research build adds. */
  protected beginRun(samples: Inputs, presentations: number): Run {
    this.#present(samples);
    return this.#begin({ mode: "step", presentations, carry: false, registers: 1 });
  }

  /** The caller's samples as they are now. @throws BsnnError `bad-input` where they are none */
  protected copySamples(samples: Inputs): Uint8Array {
    if (this.#several) return this.#several.collect(samples);
    return bytesOf(this.#checked(samples)).slice();
  }

  /** @throws BsnnError `bad-input` where there is no such population */
  protected populationOf(which: PopulationRef): PopulationInfo {
    return this.#population(which);
  }

  /** Indices of the largest values of the first output, largest first, the lower index first on ties. */
  #rank(values: Float32Array, count: number): number[] {
    if (this.#tensors[0].order)
      return [...values.keys()].sort((a, b) => values[b] - values[a] || a - b).slice(0, count);
    const core = this.#alive();
    return [...core.copyU32(core.exports.rank(this.#firstOutput, this.#last.presentations, count), count)];
  }

  #begin(options: Required<RunOptions>): Run {
    this.#last = { ...options, finished: false, counted: false, stepsMade: 0 };
    return this.#last;
  }

  #steps(): number {
    const { presentations, registers } = this.#last;
    return this.#alive().exports.stepsTo(presentations, registers) >>> 0;
  }

  #stepsPerAnswer(): number {
    const { exports } = this.#alive();
    const { registers } = this.#last;
    return exports.stepsTo(2, registers) - exports.stepsTo(1, registers);
  }

  /** A step's access to the engine, as long as it stands at that step. */
  #step(t: number, run: Run): Step {
    const read = (which: PopulationRef): [Core, PopulationInfo] => {
      const core = this.#alive();
      if (this.#last !== run || run.stepsMade !== t + 1) {
        throw new BsnnError("bad-input", `step ${t} is over: read it before the next one`);
      }
      return [core, this.#population(which)];
    };
    const membranes = (which: PopulationRef, list: "listMembranes" | "listInputs") => {
      const [core, info] = read(which);
      if (info.kind === "input") {
        throw new BsnnError("bad-input", `population '${info.name}' is the input: it has no potentials`);
      }
      core.exports[list](info.index);
      return core.copyI32(core.exports.listing.value, neuronsOf(info));
    };
    const time = (this.#alive().exports.time.value >>> 0) - 1;
    return {
      t,
      period: Math.floor(time / this.phases),
      phase: time % this.phases,
      spikes: (which) => {
        const [core, { index }] = read(which);
        const count = core.exports.listSpikes(index);
        return core.copyU32(core.exports.listing.value, count);
      },
      potentials: (which) => membranes(which, "listMembranes"),
      input: (which) => membranes(which, "listInputs"),
    };
  }

  #alive(): Core {
    if (!this.#core) throw new BsnnError("disposed", "the network has been disposed of");
    if (!this.#core.lost) return this.#core;
    this.#crew?.end();
    throw new BsnnError("unsupported", LOST);
  }

  #present(given: Inputs): void {
    const core = this.#alive();
    const samples = this.#several ? this.#several.mapOf(this.#several.collect(given)) : this.#checked(given);
    core.bytes(core.exports.samples.value, arrayLength(samples)).set(samples);
  }

  /** Samples of the one input. */
  #checked(samples: Inputs): Samples {
    const { height, width, channels } = this.input;
    const count = height * width * channels;
    requireSamples(samples);
    const found = arrayLength(samples);
    if (found !== count) throw mustBe("samples", `${height}×${width}×${channels} = ${count} samples`, found);
    return samples;
  }

  #population(which: PopulationRef): PopulationInfo {
    if (typeof which === "string") {
      const found = this.populations.find(({ name }) => name === which);
      if (found) return found;
      throw new BsnnError("bad-input", `no population is named '${shown(which)}'`);
    }
    const found = typeof which === "number" ? this.populations[which] : undefined;
    if (found) return found;
    throw mustBe("population", `an index in 0…${this.populations.length - 1} or a name`, which);
  }
}

/** The last run, as far as later questions depend on it. */
export interface Run extends Required<RunOptions> {
  /** False while its steps are under way, or were abandoned. */
  finished: boolean;
  counted: boolean;
  stepsMade: number;
}

/** Neurons of a map. */
export function neuronsOf({ height, width, channels }: { height: number; width: number; channels: number }): number {
  return height * width * channels;
}

/** Reads options and fills in defaults. @throws BsnnError `bad-input` where an option is none */
export function checkOptions(options: RunOptions | null | undefined): Required<RunOptions> {
  const given = readOptions(options, RUN_OPTIONS);
  const { mode = "period", presentations = 1, carry = false, registers = 1 } = given;
  if (mode !== "period" && mode !== "step") throw mustBe("mode", "'period' or 'step'", mode);
  checkCount("presentations", presentations);
  if (typeof carry !== "boolean") throw mustBe("carry", "true or false", carry);
  if (registers !== 1 && registers !== 2) throw mustBe("registers", "1 or 2", registers);
  return { mode, presentations, carry, registers };
}

/** Counts are bounded so that time steps stay below 2^32. */
export function checkCount(what: string, count: unknown): asserts count is number {
  if (Number.isInteger(count) && Number(count) >= 1 && Number(count) <= 0xffffff) return;
  throw mustBe(what, "an integer in 1…16777215", count);
}
