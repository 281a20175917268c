/** What is measured: models and inputs. */

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { load } from "../../../bindings/node.ts";
import { readSamples } from "../../../hosts/node/data/images.ts";
import golden from "../../hosts/golden.json" with { type: "json" };
import { CACHE, PROJECT } from "./folders.ts";
import type { Work } from "./host.ts";
import { runProgram } from "./programs.ts";

export interface Subject extends Pick<Work, "model" | "inputs"> {
  /** What every host must answer, or null where the first host's answer is what the others are compared with. */
  readonly digest: string | null;
}

const SHARED = join(PROJECT, "../shared");

/** A model of `../shared`, converted here: equal on all hosts, but not the same for ever. */
interface SharedModel {
  readonly name: string;
  readonly onnx: string;
  readonly data: string;
  readonly options: readonly string[];
  readonly count: number;
}

const SHARED_MODELS: readonly SharedModel[] = [
  {
    name: "resnet20",
    onnx: "models/resnet20-cifar10.onnx",
    data: "data/cifar10",
    options: ["--mean", ".485,.456,.406", "--std", ".229,.224,.225"],
    count: 8,
  },
  {
    name: "squeezenet",
    onnx: "models/squeezenet1.0-imagenet.onnx",
    data: "data/imagenet",
    options: ["--scale", "1", "--mean", "104,117,123", "--std", "1,1,1", "--channel-order", "bgr"],
    count: 3,
  },
];

async function convert({ name, onnx, data, options }: SharedModel): Promise<string> {
  const hash = createHash("sha256").update(await readFile(join(PROJECT, "dist/convert.js")));
  const version = hash.update(await readFile(join(SHARED, onnx))).digest("hex");
  const path = join(CACHE, `${name}-${version.slice(0, 16)}.bsnn.gguf`);
  if (existsSync(path)) return path;
  await mkdir(CACHE, { recursive: true });
  const calibration = join(SHARED, data, "calibration");
  const args = ["convert", join(SHARED, onnx), "-o", `${path}.new`, "--calibration", calibration, ...options];
  await runProgram(process.execPath, [join(PROJECT, "dist/cli.js"), ...args], PROJECT);
  await rename(`${path}.new`, path);
  return path;
}

/** The first images of every few classes, as samples of the model. */
async function samples(model: string, { name, data, count }: SharedModel): Promise<string> {
  const network = await load(model);
  const folder = join(SHARED, data, "test");
  const classes = (await readdir(folder)).sort();
  const chosen = Array.from({ length: count }, (_, i) => classes[Math.floor((i * classes.length) / count)]);
  const images = await Promise.all(
    chosen.map(async (name) => {
      const [first] = (await readdir(join(folder, name))).sort();
      return readSamples(join(folder, name, first), network.input);
    }),
  );
  network.dispose();
  const path = join(CACHE, `${name}.raw`);
  await writeFile(path, Buffer.concat(images));
  return path;
}

/**
 * The digits model, and the larger ones where `../shared` is there to convert them from.
 * @param names of the models that are wanted; all where it is empty
 * @param note is told what is left out
 */
export async function subjects(names: readonly string[], note: (text: string) => void): Promise<Subject[]> {
  const wanted = ({ name }: { readonly name: string }): boolean => names.length === 0 || names.includes(name);
  const { count, digest } = golden.digits;
  const found: Subject[] = [
    {
      model: { name: "digits", path: join(PROJECT, "models/digits.bsnn.gguf") },
      inputs: { path: join(PROJECT, "test/hosts/digits.raw"), count },
      digest,
    },
  ];
  for (const shared of SHARED_MODELS.filter(wanted)) {
    if (!existsSync(join(SHARED, shared.onnx))) {
      note(`skipped ${shared.name}: no ../shared/${shared.onnx}`);
      continue;
    }
    const path = await convert(shared);
    found.push({
      model: { name: shared.name, path },
      inputs: { path: await samples(path, shared), count: shared.count },
      digest: null,
    });
  }
  return found.filter(({ model }) => wanted(model));
}
