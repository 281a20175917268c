/** Program: times one model with every contender in this engine. */
import { readFileSync } from "node:fs";
import type { CoreBuild } from "../../bindings/types.ts";
import { quartiles } from "../statistics.ts";
import { answer } from "./answer.ts";
import type { Contender } from "./contender.ts";
import { contendersOf, sampleInputs } from "./contenders.ts";
import { LayerTimer } from "./layers.ts";
import type { ContenderName, Memory, ModelTimings, Modules, TimingPlan } from "./plan.ts";

/** Something that has a turn in every round. */
interface Turn {
  once(image: number): unknown;
  /** Takes the ms of one run, a turn's mean; absent where `once` takes its own times. */
  readonly keep?: (ms: number) => void;
  /** Forgets what `once` measured while warming up. */
  readonly forget?: () => void;
}

/** Steps of the bare loop in one run: as short as a layer, so that disturbances weigh alike on both. */
const PEAK_STEPS = 30_000;

/** A warm-up has at least so many runs. */
const WARM_RUNS = 3;

/** The bare instruction: how many GMAC/s there are to get. */
class Peak implements Turn {
  readonly build: CoreBuild;
  readonly rates: number[] = [];
  readonly #run: (steps: number) => number;
  readonly #macs: number;

  private constructor(build: CoreBuild, exports: WebAssembly.Exports) {
    this.build = build;
    this.#run = exports.run as (steps: number) => number;
    this.#macs = PEAK_STEPS * (exports.macsPerStep as WebAssembly.Global).value;
  }

  static async load(build: CoreBuild, peaks: Modules): Promise<Peak> {
    const { instance } = await WebAssembly.instantiate(readFileSync(peaks[build]));
    return new Peak(build, instance.exports);
  }

  once(): void {
    const begin = performance.now();
    this.#run(PEAK_STEPS);
    this.rates.push(this.#macs / (performance.now() - begin) / 1e6);
  }

  forget(): void {
    this.rates.length = 0;
  }
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

/** Processor time of all threads of this process, ms. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Gives every turn its time, round after round, so that what disturbs the machine hits all alike. */
async function playRounds(turns: readonly Turn[], plan: TimingPlan): Promise<void> {
  const { subject, rounds, turn: ms, warmUp } = plan;
  const now = plan.processor ? processorMs : () => performance.now();
  const repeats: number[] = [];
  for (const turn of turns) repeats.push(Math.max(1, Math.round(ms / (await warm(turn, subject.images, warmUp)))));
  for (const turn of turns) turn.forget?.();
  for (let round = 0; round < rounds; round++) {
    for (const [k, turn] of turns.entries()) {
      const begin = now();
      for (let n = 0; n < repeats[k]; n++) {
        const running = turn.once((round + n) % subject.images);
        if (running instanceof Promise) await running;
      }
      turn.keep?.((now() - begin) / repeats[k]);
    }
  }
}

/** The turn of a contender, and where its times go. */
function turnOf(contender: Contender, times: number[]): Turn {
  const { clocked } = contender;
  if (!clocked) return { once: (image) => contender.run(image), keep: (ms) => times.push(ms) };
  const own: number[] = [];
  return {
    once: async (image) => own.push(await clocked(image)),
    keep: () => {
      const ms = own.splice(0);
      times.push(ms.reduce((sum, one) => sum + one, 0) / ms.length);
    },
    forget: () => own.splice(0),
  };
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
  const { contenders, skipped } = await contendersOf(plan);
  const own = (name: ContenderName) => contenders.find((contender) => contender.name === name)?.network;
  const loaded = own("baseline")!.memory;
  const { agreeing, identical } = await compare(contenders, subject.images);
  const builds: CoreBuild[] = own("relaxed") ? ["baseline", "relaxed"] : ["baseline"];
  const inputs = sampleInputs(subject);
  const times = contenders.map((): number[] => []);
  const timers = await Promise.all(builds.map((build) => LayerTimer.load(build, cores[build], subject.model)));
  const bare = await Promise.all(builds.map((build) => Peak.load(build, peaks)));
  for (const timer of timers) for (const samples of inputs) timer.count(samples);
  const turns: Turn[] = [
    ...contenders.map((contender, k) => turnOf(contender, times[k])),
    ...bare,
    ...timers.map((timer) => ({
      once: (image: number) => timer.pass(inputs[image]),
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
    peaks: Object.fromEntries(bare.map(({ build, rates }) => [build, quartiles(rates)])),
    layers: timers.map((timer) => timer.result()),
    memory,
    images: subject.images,
    agreeing,
    identical,
  };
}

await answer(measure);
