/**
 * How true a conversion is to networks of depthwise convolutions, linear bottlenecks and ReLU6.
 *
 *   npm run mobilenet -- [--model trained] [--phases 7,8] [--bits 8,16] [--calibration 60] [--images 500] [--each]
 *     [--without halves --without halves,depthwise] [--write model.onnx]
 *
 * `trained` is the MobileNet of `models/mobilenet/`, on CIFAR-10. `drawn` is one of exactly the shapes of MobileNetV2, of random weights
 * and batch normalisations as spread as trained ones, normalised on images of `../shared`: its answers say nothing of the image, but
 * they differ from image to image, and what a conversion makes of these differences is what counts; so the error is told of the logits
 * and of what they differ from their mean over the images, too. Further models are given as a path; they are taken for CIFAR-10's.
 * Lines are everything, and without what `--without` leaves out; with --each, without each ingredient in turn.
 */

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { load } from "../bindings/node.ts";
import { annInput, type Conversion, convert, INGREDIENTS } from "../convert/index.ts";
import { onnx } from "../convert/onnx/schema/onnx.js";
import { readImageFolder } from "../hosts/node/data/dataset.ts";
import { readSamples } from "../hosts/node/data/images.ts";
import { argmax, DifferenceError, RelativeError } from "../hosts/node/report/scores.ts";
import { table } from "../hosts/node/report/terminal.ts";
import { mobileNetV2 } from "./paper-models.ts";
import { SHARED } from "./shared-models.ts";

const { values: options } = parseArgs({
  options: {
    model: { type: "string", default: "trained" },
    phases: { type: "string", default: "7" },
    bits: { type: "string", default: "8" },
    calibration: { type: "string", default: "60" },
    images: { type: "string", default: "500" },
    without: { type: "string", multiple: true, default: [] },
    each: { type: "boolean", default: false },
    /** Where to write the drawn original, to look at it further. */
    write: { type: "string" },
  },
});

const TRAINED = fileURLToPath(new URL("../models/mobilenet/mobilenet-cifar10.onnx", import.meta.url));
const IS_DRAWN = options.model === "drawn";
const [SIZE, DATA] = IS_DRAWN ? [224, "data/imagenet"] : [32, "data/cifar10"];
const SHAPE = { height: SIZE, width: SIZE, channels: 3 };
const PREPROCESSING = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

/** Images that the normalisations of the drawn network take their statistics of. */
const NORMALISED = 6;

interface Sample {
  readonly samples: Uint8Array;
  readonly label: number | null;
}

async function images(folder: string, count: number): Promise<Sample[]> {
  const found = await readImageFolder(join(SHARED, DATA, folder), count);
  return Promise.all(found.images.map(async ({ path, label }) => ({ samples: await readSamples(path, SHAPE), label })));
}

/** Input tensors of some images. */
const tensorsOf = (some: readonly Sample[]): Float32Array[] =>
  some.map(({ samples }) => {
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

async function model(calibration: readonly Sample[]): Promise<Uint8Array> {
  if (!IS_DRAWN) return readFile(options.model === "trained" ? TRAINED : options.model!);
  const drawn = mobileNetV2();
  await normalise(drawn, tensorsOf(calibration.slice(0, NORMALISED)));
  const bytes = drawn.encode();
  if (options.write !== undefined) await writeFile(options.write, bytes);
  return bytes;
}

/** What lines leave out. */
function leftOut(): string[] {
  const sets = ["", ...(options.each ? INGREDIENTS : []), ...options.without!];
  const unknown = sets
    .flatMap((set) => set.split(","))
    .filter((one) => one && !INGREDIENTS.some((name) => name === one));
  if (unknown.length > 0) throw new Error(`--without ${unknown}: there are ${INGREDIENTS.join(", ")}`);
  return [...new Set(sets)];
}

/** Of all bistable populations. */
const neuronsOf = ({ network }: Conversion) =>
  network.populations.reduce(
    (sum, { kind, height, width, channels }) => sum + (kind === "bistable" ? height * width * channels : 0),
    0,
  );

/** Padding included. */
const synapsesOf = ({ network }: Conversion) =>
  network.projections.reduce((sum, { region, weight }) => sum + region[2] * region[3] * weight.length, 0);

async function main(): Promise<void> {
  const calibration = await images("calibration", Number(options.calibration));
  const test = await images("test", Number(options.images));
  const bytes = await model(calibration);
  const rows: string[][] = [];
  const expected: Float32Array[] = [];
  for (const phases of options.phases!.split(",").map(Number)) {
    for (const bits of options.bits!.split(",").map(Number)) {
      for (const set of leftOut()) {
        const conversion = await convert(bytes, {
          phases,
          weightBits: bits === 16 ? 16 : 8,
          preprocessing: PREPROCESSING,
          calibration: async () => calibration.map(({ samples }) => samples),
          ...(set && { without: INGREDIENTS.filter((name) => set.split(",").includes(name)) }),
        });
        const { ann, file, unquantized, fitted } = conversion;
        if (expected.length === 0) {
          for (const { samples } of test) {
            const [logits] = (await ann.run(annInput(unquantized.input, samples))).values();
            expected.push(logits.slice());
          }
        }
        await ann.dispose();
        const network = await load(file);
        const found = test.map(({ samples }) => network.run(samples).outputs[0].values.slice());
        network.dispose();
        rows.push([
          `${phases}, ${bits}`,
          set ? `without ${set}` : "everything",
          `${fitted.length} of ${calibration.length}`,
          ...figures(found, expected, test),
          `${Math.round(neuronsOf(conversion) / 1e3)} k`,
          `${(synapsesOf(conversion) / 1e6).toFixed(2)} M`,
          `${Math.round(file.length / 1e3)} kB`,
        ]);
        console.error(rows.at(-1)!.join("  "));
      }
    }
  }
  const columns = ["phases, bits", "with", "fitted to", "agreement", "loss", "logits error", "of differences"];
  console.log(table([...columns, "neurons", "synapses", "file"], rows));
}

/** Agreement, points of accuracy lost, the error of the logits, and that of what they differ from their mean over the images. */
function figures(found: readonly Float32Array[], expected: readonly Float32Array[], test: readonly Sample[]): string[] {
  const [whole, differing] = [new RelativeError(), new DifferenceError()];
  found.forEach((logits, n) => {
    whole.add(logits, expected[n]);
    differing.add(logits, expected[n]);
  });
  const shareOf = (is: (n: number) => boolean) => test.filter((_, n) => is(n)).length / test.length;
  const right = (logits: readonly Float32Array[]) => shareOf((n) => argmax(logits[n]) === test[n].label);
  const agreement = shareOf((n) => argmax(found[n]) === argmax(expected[n]));
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const loss = IS_DRAWN ? "" : (100 * (right(expected) - right(found))).toFixed(1);
  return [percent(agreement), loss, percent(whole.value), percent(differing.value)];
}

await main();
// onnxruntime-web keeps the process alive.
process.exit(0);
