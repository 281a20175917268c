/**
 * Quality of converted networks against the originals: top-1, agreement and logits error over the test images.
 *
 *   npm run quality -- [--models resnet20,squeezenet] [--phases 3,4,7] [--bits 8] [--limit 500]
 *     [--without bias] [--check] [--json]
 *
 * With --check it ends with exit code 1 where a result is below the project's floors.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { load } from "../bindings/node.ts";
import { annInput, type Conversion, convert, INGREDIENTS } from "../convert/index.ts";
import { type LabelledImage, readImageFolder } from "../hosts/node/data/dataset.ts";
import { type InputShape, readSamples } from "../hosts/node/data/images.ts";
import { argmax, RelativeError } from "../hosts/node/report/scores.ts";
import { type SharedModel, sharedModels } from "./shared-models.ts";

const { values: options } = parseArgs({
  options: {
    models: { type: "string", default: "resnet20,resnet56,resnet8,squeezenet,mnist-8" },
    phases: { type: "string", default: "7" },
    bits: { type: "string", default: "8" },
    without: { type: "string", default: "" },
    limit: { type: "string", default: "500" },
    check: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});

const list = (text: string) => text.split(",");

interface Sample {
  readonly samples: Uint8Array;
  readonly label: number | null;
}

async function readAll(images: readonly LabelledImage[], shape: InputShape): Promise<Sample[]> {
  return Promise.all(images.map(async ({ path, label }) => ({ samples: await readSamples(path, shape), label })));
}

async function originalLogits(conversion: Conversion, samples: readonly Sample[]): Promise<Float32Array[]> {
  const logits: Float32Array[] = [];
  const tensor = conversion.unquantized.populations.find((p) => p.kind === "output")!.view!.tensor;
  for (const image of samples) {
    logits.push(
      (await conversion.ann.run(annInput(conversion.unquantized.input, image.samples), [tensor])).get(tensor)!.slice(),
    );
  }
  return logits;
}

async function measure(model: SharedModel, settings: readonly { phases: number; weightBits: 8 | 16 }[]) {
  const bytes = await readFile(model.onnx);
  const { images } = await readImageFolder(join(model.data, "test"), Number(options.limit));
  let test: Sample[] = [];
  let logits: Float32Array[] = [];
  let calibration: readonly Uint8Array[] | null = null;
  for (const setting of settings) {
    const started = performance.now();
    const conversion = await convert(bytes, {
      ...setting,
      // Without a word about it, a conversion of few phases may leave some out by itself.
      ...(options.without && { without }),
      preprocessing: model.preprocessing,
      calibration: async (shape) => {
        const folder = await readImageFolder(join(model.data, "calibration"));
        calibration ??= (await readAll(folder.images, shape)).map((s) => s.samples);
        return calibration;
      },
    });
    const seconds = (performance.now() - started) / 1000;
    if (test.length === 0) {
      test = await readAll(images, conversion.unquantized.populations[0]);
      logits = await originalLogits(conversion, test);
    }
    const net = await load(conversion.file);
    const counts = { ann: 0, snn: 0, agree: 0 };
    const error = new RelativeError();
    test.forEach(({ samples, label }, n) => {
      const ours = net.run(samples).logits;
      const [a, s] = [argmax(logits[n]), argmax(ours)];
      counts.ann += a === label ? 1 : 0;
      counts.snn += s === label ? 1 : 0;
      counts.agree += a === s ? 1 : 0;
      error.add(ours, logits[n]);
    });
    const share = (n: number) => Number(((100 * n) / test.length).toFixed(2));
    const row = {
      model: model.name,
      ...setting,
      ...(options.without && { without: options.without }),
      images: test.length,
      annTop1: share(counts.ann),
      top1: share(counts.snn),
      agreement: share(counts.agree),
      logitsRelativeError: Number(error.value.toFixed(4)),
      steps: net.latency,
      bytes: conversion.file.length,
      seconds: Number(seconds.toFixed(1)),
    };
    rows.push(row);
    const floor = FLOORS[`${setting.phases}/${setting.weightBits}`]?.[model.name];
    if (options.check && floor && (row.agreement < floor.agreement || row.annTop1 - row.top1 > floor.loss)) {
      console.error(
        `below the floor of ${floor.agreement} % agreement and ${floor.loss} points of loss: ${JSON.stringify(row)}`,
      );
      process.exitCode = 1;
    }
    if (!options.json)
      console.log(
        Object.entries(row)
          .map(([key, value]) => `${key} ${value}`)
          .join("  "),
      );
    net.dispose();
    await conversion.ann.dispose();
  }
}

/** Least agreement and largest conversion loss (points), over all test images, by phases/bits. */
const FLOORS: Readonly<Record<string, Readonly<Record<string, { agreement: number; loss: number }>>>> = {
  "7/8": {
    resnet20: { agreement: 98.5, loss: 0.6 },
    resnet56: { agreement: 98.5, loss: 0.6 },
    resnet8: { agreement: 98.5, loss: 0.6 },
    squeezenet: { agreement: 91, loss: 2 },
    "mnist-8": { agreement: 99.5, loss: 0.6 },
  },
  "4/8": {
    resnet20: { agreement: 95, loss: 1 },
    resnet56: { agreement: 95, loss: 1.5 },
    resnet8: { agreement: 95, loss: 1 },
  },
  "8/16": {
    resnet20: { agreement: 99.2, loss: 1 },
    resnet56: { agreement: 99.2, loss: 1 },
    resnet8: { agreement: 99.2, loss: 1 },
    squeezenet: { agreement: 97, loss: 2 },
  },
};

const rows: object[] = [];
const without = INGREDIENTS.filter((ingredient) => list(options.without!).includes(ingredient));
if (options.without && without.join() !== options.without) {
  throw new Error(`--without ${options.without}: there are ${INGREDIENTS.join(", ")}, to be given in this order`);
}
const settings = list(options.bits!).flatMap((bits) =>
  list(options.phases!).map((phases) => ({ phases: Number(phases), weightBits: Number(bits) as 8 | 16 })),
);
for (const model of sharedModels(list(options.models!))) await measure(model, settings);
if (options.json) console.log(JSON.stringify(rows, null, 2));
