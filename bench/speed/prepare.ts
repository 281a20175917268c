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
import { type SharedModel, sharedModels } from "../shared-models.ts";
import type { Subject } from "./plan.ts";
import { randomVgg16 } from "./random-vgg16.ts";

/** Enough for scales, and so for densities, like those of a full calibration. */
const CALIBRATION_IMAGES = 100;

/** Evenly spread images of a data set's folder; noise where there is no data set. */
async function readImages(folder: string, count: number, shape: InputShape): Promise<Uint8Array[]> {
  if (!existsSync(folder)) {
    const random = new Random(count);
    const size = shape.height * shape.width * shape.channels;
    return Array.from({ length: count }, () =>
      Uint8Array.from({ length: size }, () => Math.floor(random.uniform(0, 256))),
    );
  }
  const { images } = await readImageFolder(folder);
  const taken = Math.min(count, images.length);
  const chosen = Array.from({ length: taken }, (_, k) => images[Math.floor((k * images.length) / taken)]);
  return Promise.all(chosen.map(({ path }) => readSamples(path, shape)));
}

/** The models asked for that are there. A VGG16 always is: where the trained one is missing, one of random weights. */
async function findModels(names: readonly string[], folder: string): Promise<(SharedModel & { remark: string })[]> {
  const found = sharedModels(names).map((model) => ({ ...model, remark: "" }));
  if (!names.includes("vgg16") || found.some(({ name }) => name === "vgg16")) return found;
  const onnx = join(folder, "vgg16-random.onnx");
  await writeFile(onnx, randomVgg16());
  const preprocessing = {
    scale: 1 / 255,
    mean: [0.5, 0.5, 0.5],
    std: [0.25, 0.25, 0.25],
    channelOrder: "rgb" as const,
  };
  return [
    ...found,
    { name: "vgg16", onnx, data: join(folder, "none"), preprocessing, remark: "seeded random weights" },
  ];
}

export interface PrepareOptions {
  /** Where files go, and where converted models of an earlier run are taken from. */
  readonly folder: string;
  /** Images measured on. */
  readonly images: number;
  readonly note: (text: string) => void;
}

/** Converts the models and writes their inputs. */
export async function prepare(names: readonly string[], { folder, images, note }: PrepareOptions): Promise<Subject[]> {
  const subjects: Subject[] = [];
  for (const { name, onnx, data, preprocessing, remark } of await findModels(names, folder)) {
    const bytes = await readFile(onnx);
    const model = join(folder, `${name}.bsnn.gguf`);
    if (existsSync(model)) note(`${name}: as converted before`);
    else {
      note(`${name}: converting`);
      const { file, ann } = await convert(bytes, {
        preprocessing,
        calibration: (shape) => readImages(join(data, "calibration"), CALIBRATION_IMAGES, shape),
      });
      await ann.dispose();
      await writeFile(model, file);
    }
    const parsed = await readModel(bytes);
    const { input } = buildNetwork(parsed, { preprocessing });
    const inputs = await readImages(join(data, "test"), images, parsed.inputs[0].shape);
    const samples = join(folder, `${name}.samples`);
    const floats = join(folder, `${name}.floats`);
    await writeFile(samples, Buffer.concat(inputs));
    await writeFile(floats, Buffer.concat(inputs.map((image) => Buffer.from(annInput(input, image).buffer))));
    await parsed.ann.dispose();
    subjects.push({
      ...{ name, remark, onnx, model, samples, floats },
      input: parsed.ann.input,
      dims: parsed.ann.dims,
      images: inputs.length,
    });
  }
  return subjects;
}
