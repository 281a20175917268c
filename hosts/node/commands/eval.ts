/** `bsnn eval`: a model on many inputs, and beside its original. */

import type { DecodedImage } from "../../../bindings/images/index.ts";
import type { Mode, Network, Output } from "../../../bindings/types.ts";
import type { PerInput } from "../../../convert/index.ts";
import manifest from "../../../package.json" with { type: "json" };
import { ImageChanges } from "../data/changes.ts";
import { checkClasses } from "../data/classes.ts";
import { type Data, type Item, inputOf } from "../data/inputs.ts";
import { withLabels } from "../data/labels.ts";
import { isRecords } from "../data/records/records.ts";
import { itemsOfSources, readSources, type Source, sourceWarnings } from "../data/sources.ts";
import { spread } from "../data/spread.ts";
import { type EarlyFigures, openEarlyRunner } from "../networks/early.ts";
import { loadModel } from "../networks/model.ts";
import type { Original } from "../networks/original.ts";
import { openRunner, type Runner, runAll } from "../networks/runner.ts";
import { type NeuroBench, NeuroBenchCounter } from "../neurobench/neurobench.ts";
import { looksLikeChance } from "../preprocessing/chance.ts";
import type { Judged } from "../preprocessing/trial.ts";
import { OutputDigest } from "../report/digest.ts";
import { InputError } from "../report/failure.ts";
import { printJson, runJson } from "../report/json.ts";
import { type OutputError, OutputErrors, outputTable } from "../report/output-errors.ts";
import { Progress } from "../report/progress.ts";
import { Accuracy, allFinite, argmax, median, RelativeError } from "../report/scores.ts";
import { count, listing, note, percent, print, significant, table } from "../report/terminal.ts";

interface Options {
  data: string[];
  dataLabels?: string;
  limit?: number;
  onnx?: string;
  inputShape?: PerInput<number[]>;
  outputs?: string[];
  mode: Mode;
  registers?: 1 | 2;
  delay?: string;
  workers: number;
  threads: number;
  neurobench?: true;
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
    /** Each output for itself. */
    readonly outputs: readonly OutputError[];
  };
  readonly spikesPerImage: number;
  readonly synapticOperationsPerImage: number;
  /** Multiply-accumulates of the original for one image. */
  readonly macs: number | null;
  /** Median time of a run, without reading and decoding the image. */
  readonly msPerImage: number;
  /** SHA-256 over the output potentials of all images in order, int32 little-endian. */
  readonly digest: string;
  readonly neurobench?: NeuroBench;
}

function noLabels(data: Data, path: string): string {
  if (isRecords(data)) return `${path} has no labels beside it`;
  return "shape" in data ? "no labels were given (--data-labels)" : `${path} has no class folders`;
}

/** The inputs to visit, with the labels that are known. */
async function readItems(
  sources: readonly Source[],
  modelPath: string,
  network: Network,
  options: Options,
  changes: ImageChanges,
): Promise<readonly Item[]> {
  const input = inputOf(network);
  // Of several inputs each would have changes of its own.
  const seen = input.inputs ? undefined : (image: DecodedImage) => changes.see(image);
  const items = () => itemsOfSources(sources, modelPath, input, "--data", seen);
  const [{ path, data }] = sources;
  return (await withLabels(data, items, { ...options, data: path })).slice(0, options.limit);
}

type Review = typeof import("../preprocessing/review.ts").review;

/** Compares the answers of both networks. */
class Comparison {
  readonly #original: Original;
  readonly #accuracy = new Accuracy();
  readonly #error = new RelativeError();
  readonly #outputs = new OutputErrors();
  readonly #given: Network["preprocessing"];
  readonly #some: ReadonlySet<Item>;
  readonly #review: Review;
  readonly #judged: Judged[] = [];
  readonly #samples: Uint8Array[] = [];
  readonly #answers = new Set<number>();
  readonly #labels = new Set<number>();
  #images = 0;
  #labelled = 0;
  #right = 0;
  #agreeing = 0;
  #notFinite = 0;

  /**
   * @param given preprocessing that the model file states
   * @param some inputs to try others on
   * @param review is loaded with the converter alone
   */
  constructor(original: Original, given: Network["preprocessing"], some: readonly Item[], review: Review) {
    this.#original = original;
    this.#given = given;
    this.#some = new Set(some);
    this.#review = review;
  }

  async add(item: Item, samples: Uint8Array, label: number | null, found: readonly Output[]): Promise<void> {
    const expected = await this.#original.answer(samples);
    this.#outputs.add(found, expected);
    if (expected.every(allFinite)) {
      expected.forEach((values, i) => {
        this.#error.add(found[i].values, values);
      });
    } else this.#notFinite++;
    this.#accuracy.add(expected[0], label);
    this.#images++;
    const answer = argmax(expected[0]);
    if (argmax(found[0].values) === answer) this.#agreeing++;
    if (this.#some.has(item)) this.#samples.push(samples);
    if (label === null) return;
    this.#labelled++;
    this.#answers.add(answer);
    this.#labels.add(label);
    if (answer === label) this.#right++;
    if (this.#some.has(item)) this.#judged.push({ samples, label, right: answer === label });
  }

  /**
   * What to warn of.
   * @param onProgress told how far other preprocessing has been tried, where it is
   */
  async warnings(onProgress: (done: number, total: number) => void): Promise<string[]> {
    const answers = {
      judged: this.#judged,
      inputs: this.#labelled,
      right: this.#right,
      constant: this.#answers.size === 1 && this.#labels.size > 1,
    };
    const { classes } = this.#original;
    const reviewed = await this.#review(this.#original, this.#given, answers, this.#samples, classes ?? 0, onProgress);
    return [...reviewed, ...this.#odd];
  }

  get #odd(): string[] {
    if (this.#notFinite === 0) return [];
    const inputs = `${this.#notFinite} of ${this.#images} inputs`;
    return [
      `the original gives values that are not finite on ${inputs}; they are never right, and the error leaves these inputs out`,
    ];
  }

  result(classifier: boolean): NonNullable<Evaluation["ann"]> {
    const { top1, top5 } = this.#accuracy;
    const agreement = classifier ? this.#agreeing / this.#images : null;
    return { top1, top5, agreement, logitsRelativeError: this.#error.value, outputs: this.#outputs.results };
  }
}

async function evaluate(
  network: Network,
  items: readonly Item[],
  runner: Runner,
  comparison: Comparison | null,
  neurobench: NeuroBenchCounter | null,
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
    await comparison?.add(item, samples, known, outputs);
    neurobench?.add(samples);
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
    ...(neurobench && { neurobench: neurobench.result(accuracy.top1) }),
  };
}

function report(
  result: Evaluation,
  network: Network,
  seconds: number,
  { mode, workers, threads, delay }: Options,
  early: EarlyFigures | null,
): string {
  const { ann, macs } = result;
  const crew = workers === 1 ? `1 worker${threads === 1 ? "" : ` of ${threads} threads`}` : `${workers} workers`;
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
    ["images per second", `${significant(result.inputs / seconds)} (${crew}, all work included)`],
    ["digest of the outputs", result.digest],
  );
  const bench = result.neurobench ? `\n${listing(neurobenchFigures(result.neurobench))}\n` : "";
  const each = ann && ann.outputs.length > 1 ? `${outputTable(ann.outputs)}\n\n` : "";
  return `${table(["network", "top-1", "top-5"], rows)}\n\n${each}${listing(figures)}\n${bench}`;
}

function neurobenchFigures(found: NeuroBench): [string, string][] {
  const { Effective_MACs, Effective_ACs, Dense } = found.SynapticOperations;
  return [
    ["NeuroBench", "docs/neurobench.md says how it is counted"],
    ["Footprint", `${count(found.Footprint)} B`],
    ["ConnectionSparsity", String(found.ConnectionSparsity)],
    ["ClassificationAccuracy", found.ClassificationAccuracy === null ? "–" : String(found.ClassificationAccuracy)],
    ["ActivationSparsity", significant(found.ActivationSparsity, 4)],
    ["SynapticOperations", `Effective_MACs ${count(Effective_MACs)}`],
    ["", `Effective_ACs ${count(Effective_ACs)}`],
    ["", `Dense ${count(Dense)}`],
    ["MembraneUpdates", count(found.MembraneUpdates)],
  ];
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
  if (options.neurobench && (options.delay !== undefined || options.workers > 1)) {
    throw new InputError("--neurobench: needs one worker, and the network without --delay");
  }
  if (options.threads > 1 && (options.workers > 1 || options.delay !== undefined)) {
    throw new InputError("--threads: needs one worker, and the network without --delay");
  }
  const sources = await readSources(options.data, "test");
  const [{ path, data }] = sources;
  for (const warning of sourceWarnings(sources)) note(`warning: ${warning}`);
  const early =
    options.delay === undefined ? null : await openEarlyRunner(modelPath, options.delay, options.registers ?? 1);
  const { network, file } = early
    ? { network: early.network, file: null }
    : await loadModel(modelPath, options.threads);
  const changes = new ImageChanges(network.input);
  const items = await readItems(sources, modelPath, network, options, changes);
  if (!network.classifier) note(`note: ${modelPath} is no classifier, so there is no accuracy`);
  else if (items.every(({ label }) => label === null)) {
    const missing = noLabels(data, path);
    note(`note: ${missing}, so there is no accuracy`);
  } else checkClasses(data, items, { ...options, data: path }, modelPath, network);
  const comparison =
    options.onnx === undefined ? null : await startComparison(options.onnx, modelPath, network, options, items);
  const neurobench = options.neurobench ? new NeuroBenchCounter(network, file!) : null;
  const progress = new Progress();
  const runner = early ?? (await openRunner(file!, network, options));
  try {
    const begin = performance.now();
    const result = await evaluate(network, items, runner, comparison, neurobench, (done) =>
      progress.update("evaluate", done, items.length),
    );
    const seconds = (performance.now() - begin) / 1000;
    const warnings = await (comparison
      ? comparison.warnings((done, total) => progress.update("try", done, total))
      : chanceWarnings(network, items, result));
    progress.stop();
    for (const change of changes.notes) note(`note: ${change}`);
    for (const warning of warnings) note(`warning: ${warning}`);
    const { stepsPerAnswer, ...measured } = result;
    const figures = early?.figures() ?? null;
    const head = {
      model: modelPath,
      data: options.data.join(" "),
      version: manifest.version,
      ...runJson(modelPath, options.mode, network),
      ...(figures && { delay: options.delay, ...figures }),
      ...(stepwise && { stepsPerAnswer }),
    };
    await (options.json
      ? printJson({ ...head, ...measured, warnings })
      : print(report(result, network, seconds, options, figures)));
  } finally {
    progress.stop();
    await runner.close();
  }
}

/** Without the original, what the network's own answers say. */
function chanceWarnings(
  { preprocessing, populations }: Network,
  items: readonly Item[],
  { top1 }: Evaluation,
): string[] {
  const labelled = items.filter(({ label }) => label !== null).length;
  const classes = populations.find(({ kind }) => kind === "output")!.channels;
  if (top1 === null || !looksLikeChance(Math.round(top1 * labelled), labelled, classes)) return [];
  const stored = preprocessing
    ? `preprocessing that it was converted with (inspect shows it) may not be`
    : "input may not be";
  return [
    `top-1 looks like chance among ${classes} classes: the ${stored} what the original expects, or these classes not its own; ` +
      "--onnx tells",
  ];
}

async function startComparison(
  onnx: string,
  modelPath: string,
  network: Network,
  options: Options,
  items: readonly Item[],
): Promise<Comparison> {
  // Only this needs the converter.
  const { loadCompared } = await import("../networks/compared.ts");
  const { review, MOST_JUDGED } = await import("../preprocessing/review.ts");
  const some = spread(items, MOST_JUDGED);
  const original = await loadCompared(onnx, modelPath, network, options);
  // Of several inputs no other preprocessing is tried.
  const given = network.inputs.length > 1 ? null : network.preprocessing;
  return new Comparison(original, given, some, review);
}
