import { performance } from "node:perf_hooks";
import type { Command } from "commander";
import { Option } from "commander";
import type { Mode, Network } from "../../../bindings/types.ts";
import { type ImageFolder, readImageFolder } from "../dataset.ts";
import { OutputDigest } from "../digest.ts";
import { InputError } from "../failure.ts";
import { readSamples, requireImageInput } from "../images.ts";
import { classifies, loadModel } from "../model-file.ts";
import { integer, jsonOption, modeOption, sizes } from "../options.ts";
import { loadOriginal, type Original } from "../original.ts";
import { Accuracy, argmax, median, RelativeError } from "../scores.ts";
import { count, listing, note, Progress, percent, print, printJson, significant, table } from "../terminal.ts";

interface Options {
  data: string;
  limit?: number;
  onnx?: string;
  inputShape?: number[];
  mode: Mode;
  json?: true;
}

/** What `--json` prints. Shares are 0…1; null where it does not apply. */
interface Evaluation {
  readonly images: number;
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
  readonly phases: number;
  /** Time steps to the answer. */
  readonly steps: number;
  readonly spikesPerImage: number;
  readonly synapticOperationsPerImage: number;
  readonly macsPerImage: number | null;
  /** Median time of a run, without reading and decoding the image. */
  readonly msPerImage: number;
  readonly mode: Mode;
  readonly simd: string;
  /** SHA-256 over the output potentials of all images in order, int32 little-endian. */
  readonly digest: string;
}

const EXAMPLES = `
The folder has one sub-folder per class. The class index is the position of its
name in sorted order, or the number itself where every name is a number. Images
are visited in sorted path order.

In --json, top1, top5 and agreement are shares from 0 to 1; the digest is the
SHA-256 over the output potentials.

Examples:
  $ bsnn eval resnet20.bsnn.gguf --data cifar10/test --onnx resnet20.onnx
  $ bsnn eval resnet20.bsnn.gguf --data cifar10/test --limit 20 --mode step --json
`;

/** @throws InputError where a class of the folder is none of the model's */
function checkClasses(folder: ImageFolder, model: string, classes: number): void {
  const beyond = folder.classes.find(({ index }) => index >= classes);
  if (beyond === undefined) return;
  throw new InputError(
    `${folder.folder}: class folder '${beyond.name}' stands for class ${beyond.index}; ${model} has the classes 0…${classes - 1}`,
  );
}

/** @throws InputError where the original's outputs have other shapes than the model's */
function checkOriginal(path: string, original: Original, network: Network): void {
  const shapes = (populations: readonly { height: number; width: number; channels: number }[]): string =>
    populations.map(({ height, width, channels }) => `${height}×${width}×${channels}`).join(", ");
  const ours = shapes(network.populations.filter(({ kind }) => kind === "output"));
  const theirs = shapes(original.outputs);
  if (ours === theirs) return;
  throw new InputError(
    `${path}: has outputs ${theirs}, the spiking model ${ours}; it is not the one that was converted`,
  );
}

/** Compares the answers of both networks. */
class Comparison {
  readonly #original: Original;
  readonly #accuracy = new Accuracy();
  readonly #error = new RelativeError();
  #images = 0;
  #agreeing = 0;

  constructor(original: Original) {
    this.#original = original;
  }

  async add(samples: Uint8Array, label: number | null, found: readonly Float32Array[]): Promise<void> {
    const expected = await this.#original.run(samples, this.#original.outputs);
    expected.forEach((values, i) => {
      this.#error.add(found[i], values);
    });
    this.#accuracy.add(expected[0], label);
    this.#images++;
    if (argmax(found[0]) === argmax(expected[0])) this.#agreeing++;
  }

  result(classifier: boolean): NonNullable<Evaluation["ann"]> {
    const { top1, top5 } = this.#accuracy;
    const agreement = classifier ? this.#agreeing / this.#images : null;
    return { top1, top5, agreement, logitsRelativeError: this.#error.value };
  }
}

async function evaluate(
  network: Network,
  folder: ImageFolder,
  mode: Mode,
  comparison: Comparison | null,
  onProgress: (done: number) => void,
): Promise<Evaluation> {
  const classifier = classifies(network);
  const accuracy = new Accuracy();
  const digest = new OutputDigest();
  const times: number[] = [];
  let spikes = 0;
  let operations = 0;
  for (const { path, label } of folder.images) {
    const samples = await readSamples(path, network.input);
    const begin = performance.now();
    const { outputs } = network.run(samples, { mode });
    times.push(performance.now() - begin);
    const activity = network.activity();
    spikes += activity.spikes;
    operations += activity.synapticOperations;
    digest.add(outputs);
    const known = classifier ? label : null;
    accuracy.add(outputs[0].values, known);
    await comparison?.add(
      samples,
      known,
      outputs.map(({ values }) => values),
    );
    onProgress(times.length);
  }
  const images = times.length;
  return {
    images,
    top1: accuracy.top1,
    top5: accuracy.top5,
    ...(comparison && { ann: comparison.result(classifier) }),
    phases: network.phases,
    steps: network.latency,
    spikesPerImage: spikes / images,
    synapticOperationsPerImage: operations / images,
    macsPerImage: network.macs,
    msPerImage: Number(median(times).toFixed(4)),
    mode,
    simd: network.build,
    digest: digest.hex(),
  };
}

function report(result: Evaluation): string {
  const { ann, macsPerImage } = result;
  const rows = [
    ["BSNN", percent(result.top1), percent(result.top5)],
    ...(ann ? [["ANN", percent(ann.top1), percent(ann.top5)]] : []),
  ];
  const figures: [string, string][] = [["images", count(result.images)]];
  if (ann) {
    figures.push(["same best class", percent(ann.agreement)]);
    figures.push(["relative error of the logits", significant(ann.logitsRelativeError)]);
  }
  figures.push(
    ["time steps to the answer", `${result.steps} (periods of ${result.phases})`],
    ["spikes per image", count(result.spikesPerImage)],
    ["synaptic operations per image", count(result.synapticOperationsPerImage)],
    ["multiply-accumulates of the ANN", macsPerImage === null ? "not stored" : count(macsPerImage)],
    ["time per image, median", `${significant(result.msPerImage)} ms (${result.mode} mode, ${result.simd} SIMD)`],
    ["digest of the outputs", result.digest],
  );
  return `${table(["network", "top-1", "top-5"], rows)}\n\n${listing(figures)}\n`;
}

async function run(modelPath: string, options: Options): Promise<void> {
  const folder = await readImageFolder(options.data, options.limit);
  const { network } = await loadModel(modelPath);
  requireImageInput(modelPath, network.input);
  if (!classifies(network)) note(`note: ${modelPath} is no classifier, so there is no accuracy`);
  else if (folder.classes.length === 0) note(`note: ${options.data} has no class folders, so there is no accuracy`);
  else checkClasses(folder, modelPath, network.populations.find(({ kind }) => kind === "output")!.channels);
  const comparison =
    options.onnx === undefined ? null : await startComparison(options.onnx, modelPath, network, options);
  const progress = new Progress();
  try {
    const result = await evaluate(network, folder, options.mode, comparison, (done) =>
      progress.update("evaluate", done, folder.images.length),
    );
    progress.stop();
    await (options.json ? printJson(result) : print(report(result)));
  } finally {
    progress.stop();
  }
}

async function startComparison(
  onnx: string,
  modelPath: string,
  network: Network,
  options: Options,
): Promise<Comparison> {
  if (network.preprocessing === null) {
    throw new InputError(
      `${modelPath}: stores no preprocessing, which --onnx needs to run the original on the same images`,
    );
  }
  const original = await loadOriginal(onnx, network.preprocessing, options.inputShape);
  checkOriginal(onnx, original, network);
  return new Comparison(original);
}

/** Adds `bsnn eval`. */
export function addEval(program: Command): void {
  program
    .command("eval")
    .usage("MODEL.bsnn.gguf --data FOLDER [options]")
    .summary("measure a model on a folder of images")
    .description(
      "Measures accuracy, spikes, operations and time of a model on labelled images, and compares it with the original.",
    )
    .argument("<MODEL.bsnn.gguf>", "a converted model")
    .requiredOption("--data <folder>", "images, one sub-folder per class")
    .option("--limit <n>", "visit the first n images only", integer(1))
    .option("--onnx <MODEL.onnx>", "run the original on the same images too, and compare")
    .addOption(new Option("--input-shape <n,c,h,w>", "with --onnx: as given to convert").argParser(sizes))
    .addOption(modeOption())
    .addOption(jsonOption())
    .addHelpText("after", EXAMPLES)
    .action(run);
}
