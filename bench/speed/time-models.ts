/** Program: times one model with every contender in this engine. */
import { readFileSync } from "node:fs";
import { quartiles } from "../statistics.ts";
import { answer } from "./answer.ts";
import { type Contender, contendersOf, sampleInputs } from "./contenders.ts";
import { LayerTimer } from "./layers.ts";
import type { BuildName, ContenderName, Memory, ModelTimings, Modules, TimingPlan } from "./plan.ts";

/** Something that has a turn in every round; gives what it measured. */
interface Turn {
  once(image: number): unknown;
  readonly keep: (ms: number) => void;
  /** Forgets what was measured while warming up, for what keeps its own measurements. */
  readonly forget?: () => void;
}

interface Peak {
  readonly build: BuildName;
  readonly run: (steps: number) => number;
  readonly macsPerStep: number;
}

/** Steps of the bare loop in one run: a fraction of a millisecond. */
const PEAK_STEPS = 10_000;

/** A warm-up has at least so many runs. */
const WARM_RUNS = 3;

async function loadPeak(build: BuildName, peaks: Modules): Promise<Peak> {
  const { instance } = await WebAssembly.instantiate(readFileSync(peaks[build]));
  const exports = instance.exports as { run: Peak["run"]; macsPerStep: WebAssembly.Global };
  return { build, run: exports.run, macsPerStep: exports.macsPerStep.value };
}

/** Runs for at least some time, and returns the ms of one run at the end of it. */
async function warm(turn: Turn, images: number, ms: number): Promise<number> {
  const begin = performance.now();
  let took = Number.POSITIVE_INFINITY;
  for (let n = 0; n < WARM_RUNS || performance.now() - begin < ms; n++) {
    const before = performance.now();
    await turn.once(n % images);
    took = Math.min(took, performance.now() - before);
  }
  return took;
}

/** Gives every turn its time, round after round, so that what disturbs the machine hits all alike. */
async function playRounds(turns: readonly Turn[], { subject, rounds, turn: ms, warmUp }: TimingPlan): Promise<void> {
  const repeats: number[] = [];
  for (const turn of turns) repeats.push(Math.max(1, Math.round(ms / (await warm(turn, subject.images, warmUp)))));
  for (const turn of turns) turn.forget?.();
  for (let round = 0; round < rounds; round++) {
    for (const [k, turn] of turns.entries()) {
      const begin = performance.now();
      for (let n = 0; n < repeats[k]; n++) {
        const running = turn.once((round + n) % subject.images);
        if (running instanceof Promise) await running;
      }
      turn.keep((performance.now() - begin) / repeats[k]);
    }
  }
}

function best(values: Float32Array): number {
  return values.indexOf(values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY));
}

/** Compares the answers of all contenders on every image. */
async function compare(contenders: readonly Contender[], images: number) {
  let agreeing = 0;
  let identical = true;
  for (let image = 0; image < images; image++) {
    const classes = new Map<ContenderName, number>();
    let reference: string | null = null;
    for (const contender of contenders) {
      classes.set(contender.name, best(await contender.run(image)));
      if (!contender.potentials) continue;
      const text = contender.potentials().join(";");
      reference ??= text;
      if (text !== reference) identical = false;
    }
    if (classes.get("baseline") === classes.get("onnxruntime-web")) agreeing++;
  }
  return { agreeing, identical };
}

async function measure(plan: TimingPlan): Promise<ModelTimings> {
  const { subject, cores, peaks } = plan;
  const { contenders, skipped } = await contendersOf(subject, cores);
  const own = (name: ContenderName) => contenders.find((contender) => contender.name === name)?.network;
  const loaded = own("baseline")!.memory;
  const { agreeing, identical } = await compare(contenders, subject.images);
  const builds: BuildName[] = own("relaxed") ? ["baseline", "relaxed"] : ["baseline"];
  const inputs = sampleInputs(subject);
  const times = contenders.map((): number[] => []);
  const peakRates = new Map(builds.map((build): [BuildName, number[]] => [build, []]));
  const timers = await Promise.all(builds.map((build) => LayerTimer.load(build, cores[build], subject.model)));
  const bare = await Promise.all(builds.map((build) => loadPeak(build, peaks)));
  for (const timer of timers) for (const samples of inputs) timer.count(samples);
  const turns: Turn[] = [
    ...contenders.map((contender, k) => ({
      once: (image: number) => contender.run(image),
      keep: (ms: number) => times[k].push(ms),
    })),
    ...bare.map(({ build, run, macsPerStep }) => ({
      once: () => run(PEAK_STEPS),
      keep: (ms: number) => peakRates.get(build)!.push((PEAK_STEPS * macsPerStep) / ms / 1e6),
    })),
    ...timers.map((timer) => ({
      once: (image: number) => timer.pass(inputs[image]),
      keep: () => {},
      forget: () => timer.forget(),
    })),
  ];
  await playRounds(turns, plan);
  const memory: Memory = {
    file: readFileSync(subject.model).length,
    activations: timers[0].activations,
    loaded,
    afterPeriods: own("baseline")!.memory,
    afterSteps: own("step")!.memory,
  };
  return {
    model: subject.name,
    macs: timers[0].macs,
    steps: own("baseline")!.latency,
    timings: contenders.map(({ name }, k) => ({ contender: name, ms: quartiles(times[k]) })),
    skipped,
    peaks: Object.fromEntries([...peakRates].map(([build, rates]) => [build, quartiles(rates)])),
    layers: timers.map((timer) => timer.result()),
    memory,
    images: subject.images,
    agreeing,
    identical,
  };
}

await answer(measure);
