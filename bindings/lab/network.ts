/** A loaded network in the research build: early firing, and comparison neurons. */
import { mustBe, readOptions } from "../arguments.ts";
import { BsnnError } from "../error.ts";
import { shown } from "../kinds.ts";
import type { Core } from "../network/core.ts";
import { CoreNetwork, checkOptions, neuronsOf, RUN_OPTIONS, type Run } from "../network/network.ts";
import type { Activity, Inputs, Output, PopulationInfo, PopulationRef, RunOptions, Step } from "../types.ts";
import { type CheckedContinuous, checkContinuous } from "./comparison.ts";
import { readSchedule, readSchedules, uniform } from "./schedule.ts";
import type {
  ContinuousOptions,
  ContinuousStep,
  Delay,
  EarlyStep,
  InactivatedSpikes,
  LabNetwork,
  LabOptions,
  LabResult,
  Schedule,
  ScheduleName,
  Settling,
} from "./types.ts";

/** What this build of the core exports beside the others (assembly/lab.ts). */
export type LabCore = Core & {
  readonly exports: {
    planContinuous(): number;
    setLevels(population: number, channel: number, levels: number): void;
    beginContinuous(model: number, half: number): number;
    advanceContinuous(): void;
    listContinuousSpikes(population: number): number;
    answerContinuous(): void;
    countContinuous(): void;
    countInactivated(population: number): number;
    spikesOf(population: number, counted: number): number;
    planEarly(registers: number): number;
    setDelay(depth: number, delay: number, share: number): void;
    beginEarly(presentations: number, registers: number, corrections: number): void;
    advanceEarly(): number;
    runEarly(): void;
    readonly answered: { readonly value: number };
    readonly interval: { readonly value: number };
    readonly firing: { readonly value: number };
    listEarlySpikes(population: number): number;
    listEarlyMembranes(population: number): void;
    listEarlyPotentials(population: number): void;
    countEarly(presentations: number): void;
    figuresOf(population: number): number;
    keepEmitted(): void;
  };
};

/** Figures of a population (assembly/engine/early-counts.ts). */
const FIGURES = 7;

const LAB_OPTIONS = [...RUN_OPTIONS, "delay"] as const;
const LAB_STEP_OPTIONS = ["presentations", "carry", "registers", "delay"] as const;

/** A run of early firing, as asked for. */
interface EarlyRun {
  readonly schedule: Schedule;
  readonly presentations: number;
  readonly registers: 1 | 2;
}

export class CoreLab extends CoreNetwork implements LabNetwork {
  readonly schedules: Readonly<Record<ScheduleName, Schedule>> | null;
  readonly deepest: number;
  /** The last run of early firing, while no other has begun. */
  #early: Run | null = null;
  /** The last run of comparison neurons, likewise. */
  #continuous: Run | null = null;
  /** Whether its levels have been made of what was emitted. */
  #kept = false;

  constructor(core: LabCore) {
    super(core, "baseline");
    const hidden = this.populations.filter(({ kind }) => kind === "bistable" || kind === "synchronous");
    this.deepest = Math.max(0, ...hidden.map(({ depth }) => depth));
    this.schedules = readSchedules(core, this.deepest, this.phases);
  }

  override run(samples: Inputs, options?: LabOptions | null): LabResult {
    const given = readOptions(options, LAB_OPTIONS);
    const early = this.#earlyRun(given);
    if (!early) {
      const { delay, ...gated } = given;
      // Where a delay is asked for, steps are.
      const result = super.run(samples, delay === undefined ? gated : { ...gated, mode: "step" });
      return { ...result, stepsPerLayer: this.phases };
    }
    const run = this.#begin(samples, early);
    const { exports } = this.#lab;
    exports.runEarly();
    run.finished = true;
    const outputs = this.outputs();
    return {
      logits: outputs[0].values,
      outputs,
      steps: exports.answered.value,
      stepsPerAnswer: exports.interval.value,
      stepsPerLayer: exports.firing.value,
    };
  }

  override steps(
    samples: Inputs,
    options: Omit<LabOptions, "mode"> & { readonly delay: Delay },
  ): IterableIterator<EarlyStep>;
  override steps(samples: Inputs, options?: Omit<RunOptions, "mode"> | null): IterableIterator<Step>;
  override steps(samples: Inputs, options?: Omit<LabOptions, "mode"> | null): IterableIterator<EarlyStep | Step> {
    const given = readOptions<LabOptions>(options, LAB_STEP_OPTIONS);
    const early = this.#earlyRun(given);
    if (!early) {
      const { delay, ...gated } = given;
      return super.steps(samples, gated);
    }
    return this.#advance(this.copySamples(samples), early);
  }

  override activity(): Activity {
    if (this.#continuous === this.lastRun) {
      this.#lab.exports.countContinuous();
      return this.countedActivity();
    }
    const run = this.#early === this.lastRun ? this.#early : null;
    if (run?.finished && !run.counted) {
      run.counted = true;
      this.#lab.exports.countEarly(run.presentations);
      this.#kept = true;
    }
    return super.activity();
  }

  override levels(population: PopulationRef): Uint8Array {
    if (this.#early === this.lastRun && !this.#kept) {
      this.#lab.exports.keepEmitted();
      this.#kept = this.lastRun.finished;
    }
    return super.levels(population);
  }

  override potentials(population: PopulationRef): Int32Array {
    const info = this.populationOf(population);
    if (this.#continuous === this.lastRun && info.kind === "output") this.#lab.exports.answerContinuous();
    if (this.#early !== this.lastRun || info.kind !== "bistable") return super.potentials(population);
    const core = this.#lab;
    core.exports.listEarlyPotentials(info.index);
    return core.copyI32(core.exports.listing.value, neuronsOf(info));
  }

  settling(): Settling[] {
    const core = this.#lab;
    if (this.#early !== this.lastRun) {
      throw new BsnnError("bad-input", "the last run was none of early firing: run with a delay below K first");
    }
    const { spikesByPopulation } = this.activity();
    return this.populations
      .filter(({ kind }) => kind === "bistable")
      .map((info) => {
        const figures = core.copyF64(core.exports.figuresOf(info.index), FIGURES);
        const [unsettled, atLimit, negative, inactivated, spikingInactivated, squaredError, squaredLevels] = figures;
        return {
          population: info.index,
          neurons: neuronsOf(info),
          unsettled,
          atLimit,
          squaredError,
          squaredLevels,
          spikes: spikesByPopulation[info.index],
          negativeSpikes: negative * this.lastRun.presentations,
          inactivated,
          spikingInactivated,
        };
      });
  }

  continuous(samples: Inputs, options: ContinuousOptions): IterableIterator<ContinuousStep> {
    const checked = checkContinuous(options, this.populations, this.phases);
    return this.#continue(this.copySamples(samples), checked);
  }

  inactivity(): InactivatedSpikes[] {
    const core = this.#lab;
    if (this.#continuous !== this.lastRun) {
      throw new BsnnError("bad-input", "the last run was none of comparison neurons: run with `continuous` first");
    }
    return this.populations
      .filter(({ kind }) => kind === "bistable")
      .map((info) => {
        const counts = core.copyF64(core.exports.countInactivated(info.index), 4);
        const [inactivated, spikingInactivated, inactivatedSpikes, spikes] = counts;
        return {
          population: info.index,
          neurons: neuronsOf(info),
          inactivated,
          spikingInactivated,
          inactivatedSpikes,
          spikes,
        };
      });
  }

  spikeCounts(population: PopulationRef): Uint32Array {
    const info = this.populationOf(population);
    if (info.kind !== "bistable") {
      throw new BsnnError(
        "bad-input",
        `population '${info.name}' is ${info.kind}: spikes of bistable neurons are counted`,
      );
    }
    const core = this.#lab;
    core.require(core.exports.planContinuous());
    // Early firing counts them when its activity is asked for.
    if (this.#early === this.lastRun) this.activity();
    const counted = this.#early === this.lastRun || this.#continuous === this.lastRun;
    return core.copyU32(core.exports.spikesOf(info.index, Number(counted)), neuronsOf(info));
  }

  override outputs(): Output[] {
    if (this.#continuous === this.lastRun) this.#lab.exports.answerContinuous();
    return super.outputs();
  }

  get #lab(): LabCore {
    return this.core as LabCore;
  }

  /** What is asked for, null where it is the gated network. */
  #earlyRun({ delay = this.phases, ...options }: LabOptions): EarlyRun | null {
    if (delay === this.phases) return null;
    const { presentations, carry, registers } = checkOptions({ ...options, mode: "step" });
    if (carry)
      throw new BsnnError(
        "bad-input",
        "carry must be false: early firing carries nothing over, each presentation stands alone",
      );
    const schedule = typeof delay === "string" || typeof delay === "number" ? this.#scheduleOf(delay) : delay;
    return { schedule: readSchedule(schedule, this.deepest, this.phases), presentations, registers };
  }

  #scheduleOf(delay: ScheduleName | number): Schedule {
    if (typeof delay === "number") {
      if (Number.isInteger(delay) && delay >= 1 && delay <= this.phases) return uniform(delay, this.deepest);
      throw mustBe("delay", `a whole number in 1…${this.phases}`, delay);
    }
    const { schedules } = this;
    if (schedules && Object.hasOwn(schedules, delay)) return schedules[delay];
    const held = this.schedules ? `the file holds ${Object.keys(this.schedules).join(", ")}` : "the file holds none";
    throw new BsnnError("bad-input", `delay '${shown(delay)}': there is no such schedule; ${held}`);
  }

  #begin(samples: Inputs, { schedule, presentations, registers }: EarlyRun): Run {
    const run = this.beginRun(samples, presentations);
    const core = this.#lab;
    core.require(core.exports.planEarly(registers));
    schedule.delays.forEach((delay, i) => {
      core.exports.setDelay(i + 1, delay, schedule.shares[i]);
    });
    core.exports.beginEarly(presentations, registers, schedule.corrections);
    this.#early = run;
    this.#kept = false;
    return run;
  }

  /** The steps of a run that begins when the first is asked for. */
  *#advance(samples: Uint8Array, early: EarlyRun): IterableIterator<EarlyStep> {
    const run = this.#begin(samples, early);
    for (let t = 0; ; t++) {
      if (this.lastRun !== run) throw new BsnnError("bad-input", "another run has begun since these steps");
      const { exports } = this.#lab;
      if (!exports.advanceEarly()) return;
      run.stepsMade = t + 1;
      run.finished = run.stepsMade === exports.answered.value;
      yield this.#step(t, run);
    }
  }

  /** The steps of a run of comparison neurons; levels are those of the gated network, which runs first. */
  *#continue(samples: Uint8Array, options: CheckedContinuous): IterableIterator<ContinuousStep> {
    super.run(samples);
    const run = this.beginRun(samples, 1);
    run.finished = true;
    const core = this.#lab;
    const { exports } = core;
    core.require(exports.planContinuous());
    for (const { population, levels } of options.thresholds) {
      levels.forEach((value, channel) => {
        exports.setLevels(population, channel, value);
      });
    }
    core.require(exports.beginContinuous(options.model, Number(options.half)));
    this.#continuous = run;
    for (let t = 0; t < options.steps; t++) {
      if (this.lastRun !== run) throw new BsnnError("bad-input", "another run has begun since these steps");
      this.#lab.exports.advanceContinuous();
      run.stepsMade = t + 1;
      yield this.#continuousStep(t, run);
    }
  }

  #continuousStep(t: number, run: Run): ContinuousStep {
    const core = this.#lab;
    const read = this.#reader(t, run);
    return {
      t,
      spikes: (which) => {
        const count = core.exports.listContinuousSpikes(read(which).index);
        return core.copyU32(core.exports.listing.value, count);
      },
      potentials: (which) => {
        const info = read(which);
        requirePotentials(info, "hands on what comes");
        if (info.kind === "output") return this.potentials(info.index);
        core.exports.listIntegrated(info.index);
        return core.copyI32(core.exports.listing.value, neuronsOf(info));
      },
      outputs: () => {
        read(0);
        return this.outputs();
      },
      activity: () => {
        read(0);
        return this.activity();
      },
    };
  }

  /** Finds populations as long as the engine stands at a step. */
  #reader(t: number, run: Run): (which: PopulationRef) => PopulationInfo {
    return (which) => {
      if (this.lastRun === run && run.stepsMade === t + 1) return this.populationOf(which);
      throw new BsnnError("bad-input", `step ${t} is over: read it before the next one`);
    };
  }

  /** A step's access to the engine, as long as it stands at that step. */
  #step(t: number, run: Run): EarlyStep {
    const read = this.#reader(t, run);
    const entries = (which: PopulationRef): Uint32Array => {
      const core = this.#lab;
      const count = core.exports.listEarlySpikes(read(which).index);
      return core.copyU32(core.exports.listing.value, count);
    };
    return {
      t,
      spikes: (which) => entries(which).map((entry) => entry >>> 1),
      signs: (which) => Int8Array.from(entries(which), (entry) => (entry & 1 ? -1 : 1)),
      potentials: (which) => {
        const info = read(which);
        requirePotentials(info, "is left out by early firing");
        const core = this.#lab;
        core.exports.listEarlyMembranes(info.index);
        return core.copyI32(core.exports.listing.value, neuronsOf(info));
      },
    };
  }
}

/** @throws BsnnError `bad-input` where a population has no potentials; `why` says what a synchronous one does instead */
function requirePotentials({ kind, name }: PopulationInfo, why: string): void {
  if (kind !== "input" && kind !== "synchronous") return;
  const what = kind === "input" ? "is the input" : why;
  throw new BsnnError("bad-input", `population '${name}' ${what}: it has no potentials`);
}
