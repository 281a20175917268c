/**
 * How true a conversion is to a network of depthwise convolutions, linear bottlenecks and ReLU6: one of exactly the shapes of MobileNetV2,
 * of random weights and batch normalisations as spread as trained ones, normalised on images of `../shared`.
 *
 *   npm run mobilenet -- [--phases 6,7,8] [--bits 8] [--calibration 60] [--images 100] [--without bias] [--write model.onnx]
 *
 * Answers of random weights say nothing of the image, but they differ from image to image; what a conversion makes of these differences
 * is what counts, so the error is told of the logits and of what they differ from their mean over the images, too.
 */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { load } from "../bindings/node.ts";
import { annInput, convert, INGREDIENTS } from "../convert/index.ts";
import { onnx } from "../convert/onnx/schema/onnx.js";
import { readImageFolder } from "../hosts/node/data/dataset.ts";
import { readSamples } from "../hosts/node/data/images.ts";
import { argmax, DifferenceError, RelativeError } from "../hosts/node/report/scores.ts";
import { table } from "../hosts/node/report/terminal.ts";
import { mobileNetV2 } from "./paper-models.ts";
import { SHARED } from "./shared-models.ts";

const { values: options } = parseArgs({
  options: {
    phases: { type: "string", default: "6,7,8" },
    bits: { type: "string", default: "8" },
    calibration: { type: "string", default: "60" },
    images: { type: "string", default: "100" },
    without: { type: "string", default: "" },
    /** Where to write the original, to look at it further. */
    write: { type: "string" },
  },
});

const SHAPE = { height: 224, width: 224, channels: 3 };
const PREPROCESSING = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

/** Images that the normalisations take their statistics of. */
const NORMALISED = 6;

async function images(folder: string, count: number): Promise<Uint8Array[]> {
  const found = await readImageFolder(join(SHARED, "data/imagenet", folder), count);
  return Promise.all(found.images.map(({ path }) => readSamples(path, SHAPE)));
}

/** Input tensors of some images. */
const tensorsOf = (some: readonly Uint8Array[]): Float32Array[] =>
  some.map((samples) => {
    const pixels = SHAPE.height * SHAPE.width;
    return Float32Array.from({ length: 3 * pixels }, (_, at) => {
      const c = Math.floor(at / pixels);
      return (samples[(at % pixels) * 3 + c] / 255 - PREPROCESSING.mean[c]) / PREPROCESSING.std[c];
    });
  });

/** Gives every normalisation the statistics of its input, the first first. */
async function normalise({ normalisations, encode }: ReturnType<typeof mobileNetV2>, inputs: readonly Float32Array[]) {
  const ort = await import("onnxruntime-web/wasm");
  ort.env.wasm.numThreads = 1;
  for (const { input, mean, variance } of normalisations) {
    const session = await ort.InferenceSession.create(ending(encode(), input), { executionProviders: ["wasm"] });
    const [sums, squares] = [new Float64Array(mean.length), new Float64Array(mean.length)];
    let count = 0;
    for (const values of inputs) {
      const { [input]: found } = await session.run({ input: new ort.Tensor("float32", values, [1, 3, 224, 224]) });
      const data = found.data as Float32Array;
      const plane = data.length / mean.length;
      count += plane;
      data.forEach((value, at) => {
        const c = Math.floor(at / plane);
        sums[c] += value;
        squares[c] += value * value;
      });
    }
    await session.release();
    for (let c = 0; c < mean.length; c++) {
      mean[c] = sums[c] / count;
      variance[c] = Math.max(squares[c] / count - mean[c] ** 2, 1e-6);
    }
  }
}

/** A model that ends at a tensor, with nothing but what leads to it. */
function ending(model: Uint8Array, tensor: string): Uint8Array {
  const proto = onnx.ModelProto.decode(model);
  const graph = proto.graph!;
  const needed = new Set([tensor]);
  const node = graph.node!.toReversed().filter(({ input, output }) => {
    if (!needed.has(output![0])) return false;
    for (const name of input!) needed.add(name);
    return true;
  });
  const initializer = graph.initializer!.filter(({ name }) => needed.has(name!));
  const output = [{ name: tensor, type: { tensorType: { elemType: onnx.TensorProto.DataType.FLOAT } } }];
  return onnx.ModelProto.encode({ ...proto, graph: { ...graph, node: node.reverse(), initializer, output } }).finish();
}

async function main(): Promise<void> {
  const calibration = await images("calibration", Number(options.calibration));
  const test = await images("test", Number(options.images));
  const drawn = mobileNetV2();
  await normalise(drawn, tensorsOf(calibration.slice(0, NORMALISED)));
  const model = drawn.encode();
  if (options.write !== undefined) await writeFile(options.write, model);
  const list = options.without.split(",");
  const without = INGREDIENTS.filter((name) => list.includes(name));
  const rows: string[][] = [];
  const expected: Float32Array[] = [];
  for (const phases of options.phases.split(",").map(Number)) {
    for (const bits of options.bits.split(",").map(Number)) {
      const conversion = await convert(model, {
        phases,
        weightBits: bits === 16 ? 16 : 8,
        preprocessing: PREPROCESSING,
        calibration: async () => calibration,
        ...(options.without && { without }),
      });
      const { ann, file, unquantized, fitted } = conversion;
      if (expected.length === 0) {
        for (const samples of test) {
          const [logits] = (await ann.run(annInput(unquantized.input, samples))).values();
          expected.push(logits.slice());
        }
      }
      await ann.dispose();
      const network = await load(file);
      const found = test.map((samples) => network.run(samples).outputs[0].values.slice());
      network.dispose();
      rows.push([
        String(phases),
        String(bits),
        `${fitted.length} of ${calibration.length}`,
        ...figures(found, expected),
      ]);
      console.error(rows.at(-1)!.join("  "));
    }
  }
  console.log(table(["phases", "bits", "fitted to", "agreement", "logits error", "of differences"], rows));
}

/** Agreement, the error of the logits, and that of what they differ from their mean over the images. */
function figures(found: readonly Float32Array[], expected: readonly Float32Array[]): string[] {
  const [whole, differing] = [new RelativeError(), new DifferenceError()];
  found.forEach((logits, n) => {
    whole.add(logits, expected[n]);
    differing.add(logits, expected[n]);
  });
  const agreeing = found.filter((logits, n) => argmax(logits) === argmax(expected[n])).length;
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  return [agreeing / found.length, whole.value, differing.value].map(percent);
}

await main();
// onnxruntime-web keeps the process alive.
process.exit(0);
