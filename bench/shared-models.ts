/** Models and images to measure on, in the folder `shared` beside the project. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Preprocessing } from "../convert/preprocessing.ts";

/** The folder. */
export const SHARED = fileURLToPath(new URL("../../shared/", import.meta.url));

export interface SharedModel {
  readonly name: string;
  readonly onnx: string;
  /** Folder with the sub-folders `calibration` and `test`. */
  readonly data: string;
  readonly preprocessing: Preprocessing;
}

const rgb = (scale: number, mean: readonly number[], std: readonly number[]): Preprocessing => ({
  scale,
  mean,
  std,
  channelOrder: "rgb",
});
const cifar = rgb(1 / 255, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);

const ALL: readonly SharedModel[] = [
  { name: "resnet20", onnx: "models/resnet20-cifar10.onnx", data: "data/cifar10", preprocessing: cifar },
  { name: "resnet56", onnx: "models/resnet56-cifar10.onnx", data: "data/cifar10", preprocessing: cifar },
  {
    name: "resnet8",
    onnx: "models/resnet8-cifar10.onnx",
    data: "data/cifar10",
    preprocessing: rgb(1, [0, 0, 0], [1, 1, 1]),
  },
  {
    name: "squeezenet",
    onnx: "models/squeezenet1.0-imagenet.onnx",
    data: "data/imagenet",
    preprocessing: { scale: 1, mean: [104, 117, 123], std: [1, 1, 1], channelOrder: "bgr" },
  },
  { name: "mnist-8", onnx: "models/mnist-8/model.onnx", data: "data/mnist", preprocessing: rgb(1, [0], [1]) },
  {
    name: "vgg16",
    onnx: "own/vgg16-cifar10.onnx",
    data: "data/cifar10-jpeg",
    preprocessing: rgb(1 / 255, [0.4914, 0.4822, 0.4465], [0.247, 0.2435, 0.2616]),
  },
];

/**
 * The shared models of the given names, with absolute paths; those that are not there are named on stderr and left out.
 * @param names default: all
 */
export function sharedModels(names: readonly string[] = ALL.map((m) => m.name)): SharedModel[] {
  const unknown = names.filter((name) => !ALL.some((m) => m.name === name));
  if (unknown.length > 0)
    throw new Error(`no model named ${unknown.join(", ")}; there are ${ALL.map((m) => m.name).join(", ")}`);
  return ALL.filter((m) => names.includes(m.name))
    .map((m) => ({ ...m, onnx: join(SHARED, m.onnx), data: join(SHARED, m.data) }))
    .filter((m) => {
      if (existsSync(m.onnx)) return true;
      console.error(`skipped: ${m.name}, which is not at ../shared`);
      return false;
    });
}
