/** `bsnn eval`: a model on many inputs, and beside its original. */

import type { Mode, Network } from "../../../bindings/types.ts";
import { type Data, folderWarnings, type Item, inputOf, itemsOf, readData, readLabelArray } from "../data/inputs.ts";
import { type EarlyFigures, openEarlyRunner } from "../networks/early.ts";
import { loadModel } from "../networks/model.ts";
import type { Original } from "../networks/original.ts";
import { openRunner, type Runner, runAll } from "../networks/runner.ts";
import { OutputDigest } from "../report/digest.ts";
import { InputError } from "../report/failure.ts";
import { printJson, runJson } from "../report/json.ts";
import { Progress } from "../report/progress.ts";
import { Accuracy, allFinite, argmax, median, RelativeError } from "../report/scores.ts";
import { count, listing, note, percent, print, significant, table } from "../report/terminal.ts";

interface Options {
  data: string;
  dataLabels?: string;
  limit?: number;
  onnx?: string;
  inputShape?: number[];
  outputs?: string[];
  mode: Mode;
  registers?: 1 | 2;
  delay?: string;
  workers: number;
  json?: true;
}

/** What was found. Shares are 0…1; null where it does not apply, as for networks that are no classifiers. */
interface Evaluation {
  /** Time steps from answer to answer, fed continuously. */
  readonly stepsPerAnswer: number;
  /** Number of inputs. */
  readonly inputs: number;
  readonly top1: number | null;
  readonly top5: number | null;
  readonly ann?: {
    readonly top1: number | null;
    readonly top5: number | null;
    /** Share of images for which both networks have the same best class. */
    readonly agreement: number | null;
    /** ‖BSNN − ANN‖ / ‖ANN‖ over all outputs of all images. */
    readonly logitsRelativeError: number;
  };
  readonly spikesPerImage: number;
  readonly synapticOperationsPerImage: number;
  /** Multiply-accumulates of the original for one image. */
  readonly macs: number | null;
  /** Median time of a run, without reading and decoding the image. */
  readonly msPerImage: number;
  /** SHA-256 over the output potentials of all images in order, int32 little-endian. */
  readonly digest: string;
}

/** @throws InputError where a class of the inputs is none of the model's */
function checkClasses(data: Data, items: readonly Item[], options: Options, model: string, classes: number): void {
  const fault = (what: string) => new InputError(`${what}; ${model} has the classes 0…${classes - 1}`);
  const folder = "classes" in data ? data.classes.find(({ index }) => index >= classes) : undefined;
  if (folder) throw fault(`${options.data}: class folder '${folder.name}' stands for class ${folder.index}`);
  const item = items.find(({ label }) => label !== null && label >= classes);
  if (item) throw fault(`${options.dataLabels}: holds class ${item.label}`);
}

/** The inputs to visit, with the labels that are known. */
async function readItems(data: Data, modelPath: string, network: Network, options: Options): Promise<Item[]> {
  const { dataLabels, limit } = options;
  if (dataLabels !== undefined && !("shape" in data)) {
    throw new InputError(`--data-labels: ${options.data} is a folder, whose class folders say what its images show`);
  }
  const items = itemsOf(data, modelPath, inputOf(network));
  if (dataLabels === undefined) return items.slice(0, limit);
  const labels = await readLabelArray(dataLabels, items.length);
  return items.map((item, k) => ({ ...item, label: labels[k] })).slice(0, limit);
}

/** @throws InputError where the original's input or outputs have other shapes than the model's */
function checkOriginal(path: string, original: Original, network: Network): void {
  const shapes = (populations: readonly { height: number; width: number; channels: number }[]): string =>
    populations.map(({ height, width, channels }) => `${height}×${width}×${channels}`).join(", ");
  const compare = (what: string, ours: string, theirs: string): void => {
    if (ours === theirs) return;
    throw new InputError(
      `${path}: has ${what} ${theirs}, the spiking model ${ours}; it is not the one that was converted`,
    );
  };
  compare("input", shapes([network.input]), shapes([original.input]));
  const outputs = network.populations.filter(({ kind }) => kind === "output");
  compare("outputs", shapes(outputs), shapes(original.outputs));
}

/** Compares the answers of both networks. */
class Comparison {
  readonly #original: Original;
  readonly #accuracy = new Accuracy();
  readonly #error = new RelativeError();
  #images = 0;
  #agreeing = 0;
  #notFinite = 0;

  constructor(original: Original) {
    this.#original = original;
  }

  async add(samples: Uint8Array, label: number | null, found: readonly Float32Array[]): Promise<void> {
    const expected = await this.#original.answer(samples);
    if (expected.every(allFinite)) {
      expected.forEach((values, i) => {
        this.#error.add(found[i], values);
      });
    } else this.#notFinite++;
    this.#accuracy.add(expected[0], label);
    this.#images++;
    if (argmax(found[0]) === argmax(expected[0])) this.#agreeing++;
  }

  /** What to warn of. */
  get warnings(): string[] {
    if (this.#notFinite === 0) return [];
    const inputs = `${this.#notFinite} of ${this.#images} inputs`;
    return [
      `the original gives values that are not finite on ${inputs}; they are never right, and the error leaves these inputs out`,
    ];
  }

  result(classifier: boolean): NonNullable<Evaluation["ann"]> {
    const { top1, top5 } = this.#accuracy;
    const agreement = classifier ? this.#agreeing / this.#images : null;
    return { top1, top5, agreement, logitsRelativeError: this.#error.value };
  }
}

async function evaluate(
  network: Network,
  items: readonly Item[],
  runner: Runner,
  comparison: Comparison | null,
  onProgress: (done: number) => void,
): Promise<Evaluation> {
  const { classifier } = network;
  const accuracy = new Accuracy();
  const digest = new OutputDigest();
  const times: number[] = [];
  let spikes = 0;
  let operations = 0;
  let stepsPerAnswer = 0;
  for await (const { item, samples, answer } of runAll(runner, items)) {
    const { outputs, milliseconds, activity } = answer;
    stepsPerAnswer = answer.stepsPerAnswer;
    times.push(milliseconds);
    spikes += activity.spikes;
    operations += activity.synapticOperations;
    digest.add(outputs);
    const known = classifier ? item.label : null;
    accuracy.add(outputs[0].values, known);
    await comparison?.add(
      samples,
      known,
      outputs.map(({ values }) => values),
    );
    onProgress(times.length);
  }
  const inputs = times.length;
  return {
    stepsPerAnswer,
    inputs,
    top1: accuracy.top1,
    top5: accuracy.top5,
    ...(comparison && { ann: comparison.result(classifier) }),
    spikesPerImage: spikes / inputs,
    synapticOperationsPerImage: operations / inputs,
    macs: network.macs,
    msPerImage: Number(median(times).toFixed(4)),
    digest: digest.hex(),
  };
}

function report(
  result: Evaluation,
  network: Network,
  seconds: number,
  { mode, workers, delay }: Options,
  early: EarlyFigures | null,
): string {
  const { ann, macs } = result;
  const threads = workers === 1 ? "1 worker" : `${workers} workers`;
  const rows = [
    ["BSNN", percent(result.top1), percent(result.top5)],
    ...(ann ? [["ANN", percent(ann.top1), percent(ann.top5)]] : []),
  ];
  const figures: [string, string][] = [["images", count(result.inputs)]];
  if (ann) {
    figures.push(["same best class", percent(ann.agreement)]);
    figures.push(["relative error of the logits", significant(ann.logitsRelativeError)]);
  }
  if (early) {
    figures.push(
      ["time steps to the answer", `${early.steps} (${delay} delays, ${early.stepsPerLayer} steps per layer)`],
      ["neurons not settled", `${count(early.unsettled)} in all inputs`],
      ["negative spikes", percent(early.negativeSpikes)],
      ["silent neurons that spiked", percent(early.sin)],
    );
  } else figures.push(["time steps to the answer", `${network.latency} (periods of ${network.phases})`]);
  figures.push(
    ["time steps from answer to answer", String(result.stepsPerAnswer)],
    ["spikes per image", count(result.spikesPerImage)],
    ["synaptic operations per image", count(result.synapticOperationsPerImage)],
    ["multiply-accumulates of the ANN", macs === null ? "not stored" : count(macs)],
    ["time per image, median", `${significant(result.msPerImage)} ms (${mode} mode, ${network.build} SIMD)`],
    ["images per second", `${significant(result.inputs / seconds)} (${threads}, all work included)`],
    ["digest of the outputs", result.digest],
  );
  return `${table(["network", "top-1", "top-5"], rows)}\n\n${listing(figures)}\n`;
}

/** Does what `bsnn eval` was told. */
export async function run(modelPath: string, options: Options): Promise<void> {
  const stepwise = options.mode === "step";
  if (options.registers !== undefined && !stepwise) {
    throw new InputError("--registers: needs --mode step; a period at once is the same with one register or two");
  }
  if (options.delay !== undefined && (!stepwise || options.workers > 1)) {
    throw new InputError("--delay: needs --mode step and one worker");
  }
  const data = await readData(options.data);
  for (const warning of folderWarnings(options.data, data)) note(`warning: ${warning}`);
  const early =
    options.delay === undefined ? null : await openEarlyRunner(modelPath, options.delay, options.registers ?? 1);
  const { network, file } = early ? { network: early.network, file: null } : await loadModel(modelPath);
  const items = await readItems(data, modelPath, network, options);
  if (!network.classifier) note(`note: ${modelPath} is no classifier, so there is no accuracy`);
  else if (items.every(({ label }) => label === null)) {
    const missing = "shape" in data ? "no labels were given (--data-labels)" : `${options.data} has no class folders`;
    note(`note: ${missing}, so there is no accuracy`);
  } else {
    const { channels } = network.populations.find(({ kind }) => kind === "output")!;
    checkClasses(data, items, options, modelPath, channels);
  }
  const comparison =
    options.onnx === undefined ? null : await startComparison(options.onnx, modelPath, network, options);
  const progress = new Progress();
  const runner = early ?? (await openRunner(file!, network, options));
  try {
    const begin = performance.now();
    const result = await evaluate(network, items, runner, comparison, (done) =>
      progress.update("evaluate", done, items.length),
    );
    progress.stop();
    for (const warning of comparison?.warnings ?? []) note(`warning: ${warning}`);
    const seconds = (performance.now() - begin) / 1000;
    const { stepsPerAnswer, ...measured } = result;
    const figures = early?.figures() ?? null;
    const head = {
      ...runJson(modelPath, options.mode, network),
      ...(figures && { delay: options.delay, ...figures }),
      ...(stepwise && { stepsPerAnswer }),
    };
    await (options.json
      ? printJson({ ...head, ...measured })
      : print(report(result, network, seconds, options, figures)));
  } finally {
    progress.stop();
    await runner.close();
  }
}

async function startComparison(
  onnx: string,
  modelPath: string,
  network: Network,
  options: Options,
): Promise<Comparison> {
  const { preprocessing } = network;
  const { real } = inputOf(network);
  if (!real && !preprocessing) {
    throw new InputError(
      `${modelPath}: stores neither preprocessing nor a range, which --onnx needs to run the original on the same inputs`,
    );
  }
  // Only this needs the converter.
  const { loadOriginal } = await import("../networks/original.ts");
  const original = await loadOriginal(onnx, real ?? { preprocessing: preprocessing! }, options);
  checkOriginal(onnx, original, network);
  return new Comparison(original);
}
