/** Converts ONNX models: the public entry of bsnn/convert. */

import { isNumber, readArray, reading, refusal } from "./arguments.ts";
import { Activations, type AnnRunner, annInput } from "./calibrate/activations.ts";
import { largestActivations } from "./calibrate/maxima.ts";
import { realInput } from "./encode.ts";
import { ConversionError } from "./errors.ts";
import type { ExecutedWork, ThreadExecutor } from "./executor.ts";
import { type Model, readModel } from "./graph/model.ts";
import { buildNetwork } from "./network/build.ts";
import { describeInputs, type Inputs, requireSamples, samplesOf } from "./network/inputs.ts";
import type { QuantizedNetwork, UnquantizedNetwork } from "./network/network.ts";
import { type ConvertOptions, readOptions } from "./options.ts";
import { pause, unlessAborted } from "./pause.ts";
import { ofInput, requireNames } from "./per-input.ts";
import { checkedPreprocessing, NO_PREPROCESSING, type Preprocessing } from "./preprocessing.ts";
import { type Ablation, chooseIngredients } from "./quantize/ablation.ts";
import { poolingProblems } from "./quantize/bounds.ts";
import { quantize } from "./quantize/quantize.ts";
import { unsupported } from "./refusal.ts";
import { chooseSchedules } from "./schedule/choose.ts";
import type { Simulator } from "./simulator.ts";
import { Stages, type StageTimes } from "./stages.ts";
import { type Pair, tensorOrder } from "./wiring.ts";
import { writeModel } from "./write/model.ts";

export { annInput, readView } from "./calibrate/original.ts";
export { encodeValues, type RealInput } from "./encode.ts";
export { ConversionError, type ConversionFault } from "./errors.ts";
export type * from "./executor.ts";
export { openExecutor } from "./onnx/executor.ts";
export {
  type Calibration,
  type CalibrationValues,
  type ConvertOptions,
  FITS,
  type Fit,
  INGREDIENTS,
  type Ingredient,
  type ModelInput,
  type NamedInput,
} from "./options.ts";
export type { PerInput } from "./per-input.ts";
export type * from "./simulator.ts";

/** An original network, executed by onnxruntime-web in single precision, for a batch of one. */
export interface Original {
  /** Its input tensors, batch included. */
  readonly inputs: readonly { readonly name: string; readonly dims: readonly number[] }[];
  /** Name and shape of the input tensor, batch included; of several the name of the first and the number of all their values. */
  readonly input: string;
  readonly dims: readonly number[];
  /** Names of the graph's outputs. */
  readonly outputs: readonly string[];
  /**
   * Runs one input and returns float tensors of the graph, row-major.
   * @param input the input tensor's values, row-major; of several inputs one after the other
   * @param tensors names of tensors of the graph; default its outputs
   * @throws ConversionError (`bad-model`) where the model does not run
   */
  run(input: Float32Array, tensors?: readonly string[]): Promise<Map<string, Float32Array>>;
  /** Releases what executes it; a later run loads it again. */
  dispose(): Promise<void>;
}

/** What a conversion gives. */
export interface Conversion {
  /** The model file. */
  readonly file: Uint8Array;
  readonly network: QuantizedNetwork;
  /** The same network before quantisation. */
  readonly unquantized: UnquantizedNetwork;
  /** What was done that a user would want to know. */
  readonly notes: readonly string[];
  /** Which of the calibration inputs everything was fitted to; ranges are those of all. */
  readonly fitted: readonly number[];
  /** Seconds that the stages took, by the clock. */
  readonly stages: StageTimes;
  /** The original, ready to run. */
  readonly ann: Original;
}

/** Neuron values, over all calibration images, that one conversion works through: bounds its time and memory. */
const CALIBRATION_VALUES = 200e6;

/** With no more phases than this a second neuron per channel of the first layer pays. */
const PAIRED_PHASES = 4;

/** With no more phases than this second neurons pay in the first layers of depthwise convolutions. */
const SPLIT_PHASES = 7;

/** With no more phases than this what may harm is left out, where a trial says so. */
const FEW_PHASES = 4;

/** Calibration images used however large the network is, if there are as many and its largest map allows it. */
const FEWEST_IMAGES = 32;

/** Values of its largest population that this may take: bounds what is held whatever the map's size. */
const LARGEST_VALUES = 110e6;

/**
 * Converts an ONNX model into a bistable spiking network. Needs nothing of its host but the bytes: it runs on a workstation
 * or in a browser.
 * @throws ConversionError where the model, an option or the calibration set does not allow it; the signal's reason
 */
export async function convert(model: Uint8Array, given: ConvertOptions): Promise<Conversion> {
  const options = readOptions(given);
  const { onProgress } = options;
  let over = false;
  // What goes on until its next look at the signal says no more.
  const told: ConvertOptions["onProgress"] = (...progress) => {
    if (!over) onProgress?.(...progress);
  };
  try {
    return await unlessAborted(options.signal, () => convertStoppable(model, { ...options, onProgress: told }));
  } finally {
    over = true;
  }
}

async function convertStoppable(model: Uint8Array, options: ConvertOptions): Promise<Conversion> {
  const { onProgress } = options;
  const bytes = readArray("model", model, ["Uint8Array"], "the bytes of an ONNX file, a Uint8Array, are supported");
  const { range } = options;
  for (const one of rangesOf(range)) realInput(one, options.signed);
  // A range for all leaves no images.
  const stated = Array.isArray(range) ? null : checkedPreprocessing(options.preprocessing);
  onProgress?.("read", 0, 1);
  const stages = new Stages(options.signal);
  const parsed = await stages.time("read", () => readModel(bytes, options));
  const thread = new Beside(options);
  try {
    return await convertParsed(parsed, options, stages, stated, thread);
  } catch (error) {
    // The runtime's memory is not collected.
    await parsed.ann.dispose();
    throw error;
  } finally {
    await thread.close();
  }
}

async function convertParsed(
  parsed: Model,
  options: ConvertOptions,
  stages: Stages,
  stated: Preprocessing | null,
  beside: Beside,
): Promise<Conversion> {
  const { phases = 7, weightBits = 8, coding = "current", onProgress } = options;
  const seconds = {
    paired: phases <= PAIRED_PHASES && !options.without?.includes("pairs"),
    split: phases <= SPLIT_PHASES && !options.without?.includes("halves"),
  };
  const inputs = inputsOf(parsed, options, stated);
  const unquantized = await stages.time("build", () => buildNetwork(parsed, inputs.options, seconds));
  const excess = poolingProblems(unquantized, { phases, coding });
  if (excess.length > 0) throw unsupported(excess);
  const labels = options.labels && orderedLabels(options.labels, unquantized);
  onProgress?.("read", 1, 1);

  const all = samplesOf(await options.calibration(inputs.given), inputs.given);
  requireSamples(all, inputs.given);
  const fitted = calibrationSubset(unquantized, all, options.fittedValues ?? CALIBRATION_VALUES);
  const images = fitted.map((k) => all[k]);
  const isFitted = new Set(fitted);
  const left = all.filter((_, k) => !isFitted.has(k));
  const weights = unquantized.projections.reduce((sum, { weight }) => sum + weight.length, 0);
  const executor = await beside.open({ weights, macs: unquantized.macs * all.length });
  const ann: AnnRunner = executor ? Object.assign(parsed.ann.by(executor), { apart: true }) : parsed.ann;
  const activationsOf = (chosen: readonly Uint8Array[]) =>
    new Activations(
      ann,
      unquantized,
      chosen.map((samples) => annInput(unquantized.input, samples)),
    );
  const whole = activationsOf(images);
  const chooses = phases <= FEW_PHASES && !options.without;
  // Otherwise it begins with the trials.
  if (!chooses) whole.begin();
  // Asked for two at a time, the thread has one to go on with.
  const runners = executor ? [parsed.ann, ann, ann] : [ann];
  const largest = await stages.time("ranges", () =>
    largestActivations(runners, unquantized, left, (done) => onProgress?.("range", done, left.length)),
  );
  if (executor) await parsed.ann.dispose();
  const fitTo = (
    chosen: readonly Uint8Array[],
    activations: Activations,
    own: Pick<Parameters<typeof quantize>[3], "without" | "judged" | "stages" | "onProgress">,
  ) => quantize(unquantized, chosen, activations, { phases, weightBits, coding, largest, ...own });
  const ablation = chooses
    ? await stages.time("ingredients", () =>
        chooseIngredients(
          images.length,
          async (without, chosen, judged) => {
            const few = chosen.map((k) => images[k]);
            return (await fitTo(few, activationsOf(few), { without, judged, stages: new Stages(options.signal) }))
              .error;
          },
          (done, total) => onProgress?.("ingredients", done, total),
        ),
      )
    : null;
  const integers = await fitTo(images, whole, {
    without: options.without ?? ablation?.without,
    stages,
    onProgress: (done, total) => onProgress?.("quantise", done, total),
  });
  await beside.close();
  const { real } = inputs.given;
  const { fit = "stretch" } = options;
  const stored = inputs.stored(unquantized.input);
  const preprocessing = inputs.preprocessing(unquantized.input);
  const network: QuantizedNetwork = {
    name: options.name ?? "",
    phases,
    coding,
    zeroPoint: unquantized.input.zeroPoint,
    populations: integers.populations,
    projections: integers.projections,
    macs: unquantized.macs,
    ...(stored ? { inputs: stored } : real && { range: real.range, signed: real.signed }),
    ...(preprocessing && { preprocessing }),
    ...(preprocessing && fit !== "stretch" && { fit }),
    ...(labels && { labels }),
  };
  const used =
    left.length > 0 ? [`fitted to ${images.length} of ${all.length} calibration inputs; ranges are those of all`] : [];
  const notes = [...unquantized.notes, ...used, ...leftOut(ablation, phases)];
  const file = await stages.time("write", () => writeModel(network));
  if (options.simulator) {
    const simulator = checkedSimulator(await options.simulator(file));
    const onChosen = (done: number) => onProgress?.("schedule", Math.round(done * 100), 100);
    const between = async () => {
      await pause();
      options.signal?.throwIfAborted();
    };
    try {
      const schedules = await stages.time("schedules", () => chooseSchedules(simulator, images, onChosen, between));
      const scheduled = { ...network, schedules };
      return {
        file: writeModel(scheduled),
        network: scheduled,
        unquantized,
        notes,
        fitted,
        stages: stages.times,
        ann: parsed.ann,
      };
    } finally {
      simulator.dispose();
    }
  }
  return { file, network, unquantized, notes, fitted, stages: stages.times, ann: parsed.ann };
}

/** The thread beside this one, where there is one. */
class Beside {
  readonly #options: ConvertOptions;
  #executor: ThreadExecutor | null = null;
  /** What ends the thread at once when the conversion is aborted. */
  readonly #abort = (): void => void this.close();

  constructor(options: ConvertOptions) {
    this.#options = options;
  }

  /** @throws ConversionError (`bad-input`) where what was made is no executor */
  async open(work: ExecutedWork): Promise<ThreadExecutor | null> {
    const { executor, signal } = this.#options;
    if (!executor) return null;
    const made = await executor(work);
    if (made === null) return null;
    this.#executor = checkedExecutor(made);
    signal?.addEventListener("abort", this.#abort);
    signal?.throwIfAborted();
    return this.#executor;
  }

  async close(): Promise<void> {
    this.#options.signal?.removeEventListener("abort", this.#abort);
    const open = this.#executor;
    this.#executor = null;
    await open?.close();
  }
}

/** @throws ConversionError (`bad-input`) where what was made is no executor */
function checkedExecutor(made: ThreadExecutor): ThreadExecutor {
  const methods = ["open", "run", "release", "close"] as const;
  if (reading("executor", () => methods.every((name) => typeof made[name] === "function"))) return made;
  throw refusal("executor", made, "an object with open, run, release, close is supported");
}

const rangesOf = (range: ConvertOptions["range"]): readonly Pair[] => {
  if (!range) return [];
  return Array.isArray(range) ? [range as unknown as Pair] : Object.values(range as Record<string, Pair>);
};

/** What was said of a model's inputs. @throws ConversionError first for all that the model itself is refused for */
function inputsOf(parsed: Model, options: ConvertOptions, stated: Preprocessing | null): Inputs {
  const names = parsed.inputs.map(({ name }) => name);
  requireNames("input range", options.range, names);
  try {
    return describeInputs(parsed.inputs, options, stated);
  } catch (misfit) {
    const read = parsed.inputs.map(({ name }) => {
      const range = ofInput(options.range, name);
      return range ? { range } : { preprocessing: NO_PREPROCESSING };
    });
    buildNetwork(parsed, read);
    throw misfit;
  }
}

/** What a user is told of ingredients that were left out. */
function leftOut(ablation: Ablation | null, phases: number): string[] {
  if (!ablation || ablation.without.length === 0) return [];
  const names = { bias: "corrected biases", fit: "fitted scales" } as Readonly<Record<string, string>>;
  const what = ablation.without.map((ingredient) => names[ingredient]).join(" and ");
  const [everything, without] = ablation.errors.map((error) => error.toPrecision(2));
  return [
    `of ${phases} phases ${what} left out: on ${ablation.judged} inputs that nothing was fitted to the outputs' error is ${without} without, ${everything} with`,
  ];
}

/** @throws ConversionError (`bad-input`) where what was made is no simulator */
function checkedSimulator(made: Simulator): Simulator {
  const methods = ["gated", "early", "dispose"] as const;
  const numbers = ["phases", "deepest", "neurons"] as const;
  const sound = reading("simulator", () => {
    return methods.every((name) => typeof made[name] === "function") && numbers.every((name) => isNumber(made[name]));
  });
  if (!sound)
    throw refusal("simulator", made, "an object with gated, early, dispose, phases, deepest, neurons is supported");
  return made;
}

/** Labels in the order of the first output's neurons, from that of the model's own tensor. */
function orderedLabels(labels: readonly string[], network: UnquantizedNetwork): readonly string[] {
  const { name, height, width, channels, tensor } = network.populations.find((p) => p.kind === "output")!;
  const values = height * width * channels;
  if (tensor && tensor.shape.reduce((product, n) => product * n, 1) !== values) {
    throw new ConversionError("bad-input", `labels: the model's output '${name}' joins maps, whose values have none`);
  }
  if (labels.length !== values) {
    throw new ConversionError(
      "bad-input",
      `labels: found ${labels.length}; the model's output '${name}' has ${values} values`,
    );
  }
  return tensor ? Array.from(tensorOrder(tensor), (at) => labels[at]) : labels;
}

/** Indices of as many images as the budget allows, evenly spread over those given. */
function calibrationSubset(network: UnquantizedNetwork, given: readonly Uint8Array[], most: number): number[] {
  const sizes = network.populations.map((p) => p.height * p.width * p.channels);
  const neurons = sizes.reduce((sum, size) => sum + size, 0);
  const largest = sizes.reduce((most, size) => Math.max(most, size), 0);
  const fewest = Math.max(1, Math.min(FEWEST_IMAGES, Math.floor(LARGEST_VALUES / largest)));
  const count = Math.min(given.length, Math.max(fewest, Math.floor(most / neurons)));
  return Array.from({ length: count }, (_, k) => Math.floor((k * given.length) / count));
}
