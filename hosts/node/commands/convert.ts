/** `bsnn convert`: from an ONNX model to a model file. */

import { basename } from "node:path";
import { type Command, Option } from "commander";
import { convert } from "../../../convert/index.ts";
import { readInput } from "../data/file.ts";
import { type Data, type Item, itemsOf, readData, shareOutside } from "../data/inputs.ts";
import { aboutModel, externalData, readOnnxFile } from "../networks/original.ts";
import { openSimulator } from "../networks/simulator.ts";
import { type Verification, verify } from "../networks/verify.ts";
import { InputError } from "../report/failure.ts";
import { printJson } from "../report/json.ts";
import { checkWritable, refuseInput, writeOutput } from "../report/output-file.ts";
import { plain } from "../report/plain.ts";
import { bytesText, count, note, Progress, percent, print, significant, table } from "../report/terminal.ts";
import { integer, jsonOption, names, range, real, reals, sizes } from "./options.ts";

interface Options {
  output: string;
  calibration: string;
  phases: number;
  weightBits: "8" | "16";
  mean: number[];
  std: number[];
  scale: number;
  channelOrder: "rgb" | "bgr";
  coding: "current" | "phase";
  labels?: string;
  name?: string;
  inputShape?: number[];
  inputRange?: [number, number];
  outputs?: string[];
  early?: true;
  checksum?: true;
  json?: true;
}

const EXAMPLES = `
Preprocessing is (sample × scale − mean) / std on samples 0…255, in the model's
channel order; it is folded into the first weights and stored in the file.
The calibration folder holds PNG or JPEG images, or sub-folders of them; a few
dozen to a few hundred like those the network will see are enough. An .npy file
of 8-bit samples (RGB or grey, before preprocessing) does as well.

Input that is no image: --input-range says between which values it lies, and the
calibration set is an .npy file of real values as the model takes them, N×C×H×W
or N×H×W×C (the first where both fit), with axes of size 1 put in or left out.
Values are told apart in 255 steps, or, where the range spans zero, in 255 steps
to either side.

Examples:
  $ bsnn convert resnet20.onnx -o resnet20.bsnn.gguf --calibration images/ \\
      --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225
  $ bsnn convert squeezenet.onnx -o squeezenet.bsnn.gguf --calibration images/ \\
      --scale 1 --mean 104,117,123 --channel-order bgr --labels classes.txt
  $ bsnn convert lenet.onnx -o lenet.bsnn.gguf --calibration digits/ \\
      --phases 8 --weight-bits 16 --json
  $ bsnn convert gestures.onnx -o gestures.bsnn.gguf --input-range -4,4 \\
      --calibration recordings.npy
  $ bsnn convert faces.onnx -o faces.bsnn.gguf --outputs scores,offsets \\
      --calibration images/
`;

/** Calibration inputs read at most; of more these are taken evenly. */
const CALIBRATION_INPUTS = 1024;

/** Inputs on which a converted model is compared with its original. */
const VERIFICATION_INPUTS = 32;

/** At most `count` of some items, evenly spread, order kept. */
function spread<T>(items: readonly T[], count: number): T[] {
  const taken = Math.min(items.length, count);
  return Array.from({ length: taken }, (_, k) => items[Math.floor((k * items.length) / taken)]);
}

async function readLabels(path: string): Promise<string[]> {
  const text = (await readInput(path)).toString("utf8");
  // A byte order mark is white space to `trim`.
  const labels = text.trimEnd().split(/\r?\n/);
  if (labels.length === 1 && labels[0] === "") throw new InputError(`${path}: is empty; expected one label per line`);
  return labels.map((label) => label.trim());
}

async function readAll(items: readonly Item[], onProgress: (done: number) => void): Promise<Uint8Array[]> {
  const samples: Uint8Array[] = [];
  for (const item of items) {
    samples.push(await item.read());
    onProgress(samples.length);
  }
  return samples;
}

/** What to warn of where values of an array are cut off. */
function cutOff(data: Data, limits: readonly [number, number] | undefined): string[] {
  if (!("shape" in data) || !limits) return [];
  const share = shareOutside(data, limits);
  if (share === 0) return [];
  return [`${data.path}: ${percent(share)} of its values lie outside ${limits.join("…")} and are cut off there`];
}

function report(options: Options, bytes: number, verification: Verification, notes: readonly string[]): string {
  const { populations, steps } = verification;
  const rows = populations.map(({ name, kind, shape, depth, relativeError }) => [
    name,
    kind,
    shape.join("×"),
    String(depth),
    relativeError === null ? "" : significant(relativeError, 3),
  ]);
  const neurons = populations.reduce((sum, { shape }) => sum + shape[0] * shape[1] * shape[2], 0);
  return [
    `${plain(options.output)}: ${bytesText(bytes)}, ${options.phases} phases, ${options.weightBits}-bit weights, ` +
      `${populations.length} populations, ${count(neurons)} neurons, ${steps} time steps to the answer`,
    "",
    table(["population", "kind", "shape", "depth", "relative error"], rows),
    ...(notes.length > 0 ? ["", ...notes.map((line) => `note: ${plain(line)}`)] : []),
    "",
  ].join("\n");
}

async function run(modelPath: string, options: Options): Promise<void> {
  const model = await readOnnxFile(modelPath);
  const labels = options.labels === undefined ? undefined : await readLabels(options.labels);
  const data = await readData(options.calibration);
  await checkWritable(options.output, [
    modelPath,
    options.calibration,
    ...(options.labels === undefined ? [] : [options.labels]),
    ...("images" in data ? data.images.map(({ path }) => path) : []),
  ]);
  const { phases, coding, inputShape, inputRange, outputs, scale, mean, std, channelOrder } = options;
  const progress = new Progress();
  let samples: Uint8Array[] = [];
  try {
    const conversion = await convert(model, {
      name: options.name ?? basename(modelPath).replace(/\.onnx$/i, ""),
      phases,
      weightBits: options.weightBits === "16" ? 16 : 8,
      coding,
      ...(inputRange ? { range: inputRange } : { preprocessing: { scale, mean, std, channelOrder } }),
      ...(outputs && { outputs }),
      ...(labels && { labels }),
      ...(options.checksum && { checksum: true }),
      ...(inputShape && { inputShape }),
      external: externalData(modelPath, (path) => refuseInput(options.output, path)),
      ...(options.early && { simulator: openSimulator }),
      onProgress: (stage, done, total) => progress.update(stage, done, total),
      calibration: async (input) => {
        const items = spread(itemsOf(data, modelPath, input), CALIBRATION_INPUTS);
        samples = await readAll(items, (done) => progress.update("read", done, items.length));
        return samples;
      },
    }).catch((error) => {
      throw aboutModel(modelPath, error);
    });
    const verification = await verify(conversion, spread(samples, VERIFICATION_INPUTS), (done, total) =>
      progress.update("compare", done, total),
    );
    await writeOutput(options.output, conversion.file);
    progress.stop();
    const { populations, steps } = verification;
    const warnings = [...cutOff(data, inputRange), ...alike(samples), ...verification.warnings];
    const { file, notes } = conversion;
    if (options.json) {
      const weightBits = Number(options.weightBits);
      await printJson({
        model: options.output,
        bytes: file.length,
        phases,
        weightBits,
        steps,
        populations,
        notes,
        warnings,
      });
    } else {
      await print(report(options, file.length, verification, notes));
    }
    for (const warning of warnings) note(`warning: ${warning}`);
  } finally {
    progress.stop();
  }
}

/** A warning where calibration inputs show nothing: all of one sample value, or all the same. */
function alike(inputs: readonly Uint8Array[]): string[] {
  const [first] = inputs;
  const blank = inputs.every((samples) => samples.every((sample) => sample === samples[0]));
  const same = inputs.length > 1 && inputs.every((samples) => samples.every((sample, k) => sample === first[k]));
  if (!blank && !same) return [];
  const found = blank ? "hold one value each" : "are all the same";
  return [
    `the ${inputs.length} calibration inputs ${found}, so that ranges of activations were seen of nothing else; give typical ones`,
  ];
}

/** Adds `bsnn convert`. */
export function addConvert(program: Command): void {
  program
    .command("convert")
    .summary("turn an ONNX model into a spiking network")
    .usage("MODEL.onnx -o OUT.bsnn.gguf --calibration FOLDER|FILE.npy [options]")
    .description(
      "Converts a trained ReLU network (ONNX) into a bistable spiking network and writes it as one file. Compares both on " +
        "calibration inputs, population by population, and warns where one stands out.",
    )
    .argument("<MODEL.onnx>", "the trained model")
    .requiredOption("-o, --output <file>", "model file to write, OUT.bsnn.gguf")
    .requiredOption("--calibration <folder or file.npy>", "inputs from which scales are chosen")
    .addOption(
      new Option("--phases <K>", "time steps in a period, 1 to 8: bits of a level").argParser(integer(1, 8)).default(7),
    )
    .addOption(new Option("--weight-bits <bits>", "width of the weights").choices(["8", "16"]).default("8"))
    .addOption(new Option("--mean <a,b,c>", "one value, or one per channel").argParser(reals).default([0], "0"))
    .addOption(new Option("--std <a,b,c>", "one value, or one per channel").argParser(reals).default([1], "1"))
    .addOption(
      new Option("--scale <factor>", "what samples are multiplied with")
        .argParser(real)
        .default(0.00392156862745098, "0.00392156862745098, which is 1/255"),
    )
    .addOption(
      new Option("--channel-order <order>", "order of colours the model was trained with")
        .choices(["rgb", "bgr"])
        .default("rgb"),
    )
    .addOption(
      new Option("--coding <coding>", "input as graded current, exact for any K, or as spikes of its K highest bits")
        .choices(["current", "phase"])
        .default("current"),
    )
    .option("--labels <file>", "names of the classes, one per line, stored in the file")
    .option("--checksum", "store a checksum in the file, so that damage is found on load")
    .option("--name <name>", "name stored in the file (default: the model's file name)")
    .addOption(
      new Option(
        "--input-shape <n,c,h,w>",
        "shape of the model's input where the model leaves it open, batch included",
      ).argParser(sizes),
    )
    .addOption(
      new Option("--input-range <lo,hi>", "for input that is no image: the values it takes")
        .argParser(range)
        .conflicts(["mean", "std", "scale", "channelOrder"]),
    )
    .addOption(
      new Option("--outputs <names>", "tensors to end at, separated by commas, and leave out what follows").argParser(
        names,
      ),
    )
    .option("--early", "choose schedules of early firing too, and store them; takes a while")
    .addOption(jsonOption())
    .addHelpText("after", EXAMPLES)
    .action(run);
}
