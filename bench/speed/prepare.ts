/** Lays out everything that models are measured with. */
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { InputShape } from "../../convert/form/input.ts";
import { readModel } from "../../convert/graph/model.ts";
import { annInput, convert } from "../../convert/index.ts";
import { buildNetwork } from "../../convert/network/build.ts";
import { readImageFolder } from "../../hosts/node/data/dataset.ts";
import { readSamples } from "../../hosts/node/data/images.ts";
import { Random } from "../../models/drawn/random.ts";
import { INSTALL_QUANTISER, type Int8Kind, quantised } from "../int8/quantised.ts";
import { paperModel } from "../paper-models.ts";
import { type SharedModel, sharedModels } from "../shared-models.ts";
import { type Accuracy, accuraciesOf } from "./accuracy.ts";
import type { Subject } from "./plan.ts";
import { randomVgg16 } from "./random-vgg16.ts";

/** Enough for scales, and so for densities, like those of a full calibration. */
const CALIBRATION_IMAGES = 100;

/** Of noise, which is all alike. */
const CALIBRATION_NOISE = 8;

/** An image, and its class where that is known. */
interface Image {
  readonly samples: Uint8Array;
  readonly label: number | null;
}

/** Evenly spread images of a data set's folder; noise where there is no data set. */
async function readImages(folder: string, count: number, shape: InputShape): Promise<Image[]> {
  if (!existsSync(folder)) {
    const random = new Random(count);
    const size = shape.height * shape.width * shape.channels;
    return Array.from({ length: count }, () => ({
      samples: Uint8Array.from({ length: size }, () => Math.floor(random.uniform(0, 256))),
      label: null,
    }));
  }
  const { images } = await readImageFolder(folder);
  const chosen = spread(images, count);
  return Promise.all(chosen.map(async ({ path, label }) => ({ samples: await readSamples(path, shape), label })));
}

/** So many of a list, evenly spread. */
function spread<T>(list: readonly T[], count: number): T[] {
  const taken = Math.min(count, list.length);
  return Array.from({ length: taken }, (_, k) => list[Math.floor((k * list.length) / taken)]);
}

interface Model extends SharedModel {
  readonly remark: string;
}

/** What networks of the paper's size are asked for by. */
const PAPER = "imagenet-";

/**
 * The models asked for that are there. Those of random weights always are: networks of the paper's size, and a VGG16 for small images
 * where the trained one is missing.
 */
async function findModels(names: readonly string[], folder: string): Promise<Model[]> {
  const random = async (name: string, onnx: Uint8Array): Promise<Model> => {
    const path = join(folder, `${name}-random.onnx`);
    await writeFile(path, onnx);
    const [mean, std] = [
      [0.5, 0.5, 0.5],
      [0.25, 0.25, 0.25],
    ];
    const preprocessing = { scale: 1 / 255, mean, std, channelOrder: "rgb" } as const;
    return { name, onnx: path, data: join(folder, "none"), preprocessing, remark: "seeded random weights" };
  };
  const [paper, shared] = [true, false].map((is) => names.filter((name) => name.startsWith(PAPER) === is));
  const found: Model[] = sharedModels(shared).map((model) => ({ ...model, remark: "" }));
  if (shared.includes("vgg16") && !found.some(({ name }) => name === "vgg16")) {
    found.push(await random("vgg16", randomVgg16()));
  }
  for (const name of paper) found.push(await random(name, paperModel(name.slice(PAPER.length))));
  return found;
}

/** Images at most that answers are compared on. */
const MOST_TESTED = 500;

export interface PrepareOptions {
  /** Where files go, and where converted models of an earlier run are taken from. */
  readonly folder: string;
  /** Images measured on. */
  readonly images: number;
  /** How onnxruntime's quantised models are made. */
  readonly int8: Int8Kind;
  readonly note: (text: string) => void;
}

/** What is measured with, and how right it is. */
export interface Prepared {
  readonly subject: Subject;
  /** On all test images; none where there are no labels, or none were asked for. */
  readonly accuracies: readonly Accuracy[];
  /** Images of the accuracies. */
  readonly tested: number;
}

/** Converts and quantises the models, and writes their inputs. */
export async function prepare(names: readonly string[], options: PrepareOptions): Promise<Prepared[]> {
  const prepared: Prepared[] = [];
  for (const model of await findModels(names, options.folder)) prepared.push(await prepareOne(model, options));
  return prepared;
}

async function prepareOne(
  { name, onnx, data, preprocessing, remark }: Model,
  { folder, images, int8: kind, note }: PrepareOptions,
): Promise<Prepared> {
  const bytes = await readFile(onnx);
  const parsed = await readModel(bytes);
  const { input } = buildNetwork(parsed, { preprocessing });
  const { input: tensor, dims } = parsed.ann;
  await parsed.ann.dispose();
  const isNoise = !existsSync(data);
  const calibrated = isNoise ? CALIBRATION_NOISE : CALIBRATION_IMAGES;
  const calibration = await readImages(join(data, "calibration"), calibrated, parsed.inputs[0].shape);
  const model = join(folder, `${name}.bsnn.gguf`);
  if (existsSync(model)) note(`${name}: as converted before`);
  else {
    note(`${name}: converting`);
    const { file, ann } = await convert(bytes, {
      preprocessing,
      calibration: async () => calibration.map((i) => i.samples),
    });
    await ann.dispose();
    await writeFile(model, file);
  }
  const floatsOf = ({ samples }: Image): Float32Array => annInput(input, samples);
  note(`${name}: quantising`);
  const int8 = await quantised(onnx, calibration.map(floatsOf), kind);
  if (int8 === null) note(`${name}: not quantised (${INSTALL_QUANTISER})`);

  const tested = isNoise ? images : Math.max(images, MOST_TESTED);
  const all = await readImages(join(data, "test"), tested, parsed.inputs[0].shape);
  const timed = spread(all, images);
  const samples = join(folder, `${name}.samples`);
  const floats = join(folder, `${name}.floats`);
  await writeFile(samples, Buffer.concat(timed.map((image) => image.samples)));
  await writeFile(floats, Buffer.concat(timed.map((image) => Buffer.from(floatsOf(image).buffer))));
  const subject: Subject = {
    ...{ name, remark, onnx, int8, model, samples, floats, dims },
    input: tensor,
    images: timed.length,
  };
  note(`${name}: answers on ${all.length} images`);
  const tests = all.map((image) => ({ ...image, values: floatsOf(image) }));
  return { subject, accuracies: await accuraciesOf(subject, tests), tested: all.length };
}
